//! Lines and words as OpenSSH 9.2 takes them apart: two ways, one for keywords and `Match`, one for everything else.

use std::ops::Range;

/// What separates words between a keyword and its arguments.
const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];

/// A word, quotes and escapes taken off, and the bytes of the file it was written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) span: Range<usize>,
}

/// A keyword in lower case, and the byte its arguments begin at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) keyword: Word,
    pub(super) rest: usize,
}

/// A line without what it may end with.
pub(super) fn trimmed(line: &str) -> &str {
    line.trim_end_matches(|c| BLANK.contains(&c) || c == '\u{c}')
}

/// The keyword of `line`; nothing when the line is empty or a comment. An error is an open quote's place.
pub(super) fn head(line: &str) -> Result<Option<Head>, Range<usize>> {
    let mut at = Some(0);
    let mut word = delimited(line, &mut at)?;
    if word.as_ref().is_some_and(|word| word.text.is_empty()) {
        word = delimited(line, &mut at)?;
    }
    let Some(mut keyword) = word.filter(|word| !word.text.is_empty() && !word.text.starts_with('#')) else {
        return Ok(None);
    };
    keyword.text.make_ascii_lowercase();
    let rest = at.unwrap_or(line.len());
    let rest = line.len() - line[rest..].trim_start_matches(BLANK).len();
    Ok(Some(Head { keyword, rest }))
}

/// The next word from `at` on, which ends with a blank, or one `=` with blanks around it. Double quotes hold blanks;
/// there are no escapes. `at` moves behind it, and is nothing behind the last.
pub(super) fn delimited(line: &str, at: &mut Option<usize>) -> Result<Option<Word>, Range<usize>> {
    let Some(from) = *at else {
        return Ok(None);
    };
    let text = &line[from..];
    let Some(end) = text.find(|c| BLANK.contains(&c) || c == '"' || c == '=') else {
        *at = None;
        let span = from..line.len();
        return Ok(Some(Word {
            text: text.to_owned(),
            span,
        }));
    };
    let skip = |from: usize| line.len() - line[from..].trim_start_matches(BLANK).len();
    if text[end..].starts_with('"') {
        let open = from + end;
        let Some(length) = line[open + 1..].find('"') else {
            return Err(open..line.len());
        };
        let close = open + 1 + length;
        *at = Some(skip(close + 1));
        let text = format!("{}{}", &line[from..open], &line[open + 1..close]);
        return Ok(Some(Word {
            text,
            span: from..close + 1,
        }));
    }
    let equals = text[end..].starts_with('=');
    let mut next = skip(from + end + 1);
    if !equals && line[next..].starts_with('=') {
        next = skip(next + 1);
    }
    *at = Some(next);
    let span = from..from + end;
    Ok(Some(Word {
        text: text[..end].to_owned(),
        span,
    }))
}

/// All words from byte `from` on, to the end or a comment. Single and double quotes hold blanks, a backslash takes
/// the meaning of a quote, of itself and, outside quotes, of a space. An error is an open quote's place.
pub(super) fn words(line: &str, from: usize) -> Result<Vec<Word>, Range<usize>> {
    let mut words = Vec::new();
    let mut rest = line[from..]
        .char_indices()
        .map(|(at, c)| (from + at, c))
        .peekable();
    while let Some(&(start, c)) = rest.peek() {
        if c == ' ' || c == '\t' {
            rest.next();
            continue;
        }
        if c == '#' {
            break;
        }
        let mut text = String::new();
        let mut quote = None;
        let mut end = line.len();
        while let Some((at, c)) = rest.next() {
            let next = rest.peek().map(|(_, c)| *c);
            match (c, quote) {
                ('\\', _) => match next {
                    Some(escaped @ ('\'' | '"' | '\\')) => {
                        text.push(escaped);
                        rest.next();
                    }
                    Some(' ') if quote.is_none() => {
                        text.push(' ');
                        rest.next();
                    }
                    _ => text.push('\\'),
                },
                (' ' | '\t', None) => {
                    end = at;
                    break;
                }
                ('"' | '\'', None) => quote = Some((c, at)),
                (c, Some((open, _))) if c == open => quote = None,
                (c, _) => text.push(c),
            }
        }
        if let Some((_, open)) = quote {
            return Err(open..line.len());
        }
        words.push(Word {
            text,
            span: start..end,
        });
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<String> {
        words(line, 0)
            .unwrap()
            .into_iter()
            .map(|word| word.text)
            .collect()
    }

    #[test]
    fn a_keyword_ends_with_a_blank_an_equals_sign_or_both() {
        for line in [
            "Port 22",
            "port=22",
            " PORT = 22",
            "\tpOrt\t=22",
            "\"Port\" 22",
            "Po\"rt\" 22",
            "=port 22",
        ] {
            let head = head(line).unwrap().unwrap();
            assert_eq!(
                (head.keyword.text.as_str(), &line[head.rest..]),
                ("port", "22"),
                "{line}"
            );
        }
        for line in ["", " ", "# Port 22", "  # x", "\r"] {
            assert_eq!(head(line), Ok(None), "{line:?}");
        }
        assert_eq!(head("port == 22").unwrap().unwrap().rest, 6);
        assert_eq!(head("\"port 22"), Err(0..8));
        assert_eq!(trimmed("port 22 \r\n"), "port 22");
    }

    #[test]
    fn quotes_hold_blanks_and_backslashes_take_meaning_away() {
        assert_eq!(texts(r#"a "b c" 'd "e'"#), ["a", "b c", "d \"e"]);
        assert_eq!(
            texts(r#"a\ b "c\ d" e\\f g\x \"h"#),
            ["a b", r"c\ d", r"e\f", r"g\x", "\"h"]
        );
        assert_eq!(texts("a#b #c d"), ["a#b"]);
        assert_eq!(texts(r#""" x"y"z"#), ["", "xyz"]);
        assert_eq!(words("a 'b", 0), Err(2..4));
        assert_eq!(words("x ab", 2).unwrap()[0].span, 2..4);
    }

    #[test]
    fn words_of_a_match_know_double_quotes_only() {
        let mut at = Some(0);
        let line = "host=a,b  exec \"x 'y\" user c";
        let mut found = Vec::new();
        while let Some(word) = delimited(line, &mut at).unwrap() {
            found.push(word.text);
        }
        assert_eq!(found, ["host", "a,b", "exec", "x 'y", "user", "c"]);
    }
}
