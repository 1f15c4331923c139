//! The arguments of one directive, checked and brought into one form.

use std::ops::Range;

use super::jump;
use super::keyword::{Keyword, Shape};
use super::lex::{self, Word};

/// What is wrong, and where in the line.
pub(super) struct Wrong {
    pub(super) message: String,
    pub(super) help: Option<&'static str>,
    pub(super) span: Range<usize>,
}

fn wrong(message: impl Into<String>, span: Range<usize>) -> Wrong {
    Wrong {
        message: message.into(),
        help: None,
        span,
    }
}

/// The arguments in `line` from byte `from` on.
pub(super) fn read(keyword: &Keyword, line: &str, from: usize) -> Result<Vec<String>, Wrong> {
    let words = lex::words(line, from).map_err(|span| wrong("this quote is not closed", span))?;
    let rest = || {
        line[from..]
            .trim_start_matches([' ', '\t', '\r', '\n', '='])
            .to_owned()
    };
    match keyword.shape {
        Shape::Rest => return Ok(vec![rest()]),
        Shape::Opaque => return Ok(words.into_iter().map(|word| word.text).collect()),
        Shape::Jump => {
            let text = rest();
            let text = text.split('#').next().unwrap_or_default().trim_end().to_owned();
            jump::parse(&text).map_err(|message| wrong(message, from..line.len()))?;
            return Ok(vec![text]);
        }
        _ => {}
    }
    if let Some(empty) = words.iter().find(|word| word.text.is_empty()) {
        return Err(wrong("an argument is empty", empty.span.clone()));
    }
    let several = matches!(keyword.shape, Shape::Words | Shape::SendEnv | Shape::SetEnv);
    match words.as_slice() {
        [] => return Err(wrong("an argument is missing", from..line.len())),
        [_, second, ..] if !several => {
            return Err(Wrong {
                help: Some("put quotes around a value with blanks"),
                ..wrong("this is one argument too many", second.span.start..line.len())
            });
        }
        _ => {}
    }
    let none = words.iter().find(|word| word.text.eq_ignore_ascii_case("none"));
    if let (Shape::Words, 2.., Some(none)) = (keyword.shape, words.len(), none) {
        return Err(wrong("`none` stands alone", none.span.clone()));
    }
    words.iter().map(|word| one(keyword.shape, word)).collect()
}

fn one(shape: Shape, word: &Word) -> Result<String, Wrong> {
    let text = word.text.as_str();
    let expected = |what: &str| Err(wrong(format!("this is not {what}"), word.span.clone()));
    let choice = |choices: &[(&str, &'static str)]| {
        let found = choices.iter().find(|(name, _)| text.eq_ignore_ascii_case(name));
        found.map(|(_, meaning)| (*meaning).to_owned())
    };
    match shape {
        Shape::Flag => {
            let flag = choice(&[("yes", "yes"), ("true", "yes"), ("no", "no"), ("false", "no")]);
            flag.map_or_else(|| expected("`yes` or `no`"), Ok)
        }
        Shape::Choice(choices) => choice(choices).map_or_else(
            || {
                let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
                expected(&format!("one of {}", names.join(", ")))
            },
            Ok,
        ),
        Shape::Time if text == "none" => Ok(text.to_owned()),
        Shape::Time => seconds(text).map_or_else(
            || expected("a time, such as `90` or `1h30m`"),
            |seconds| Ok(seconds.to_string()),
        ),
        Shape::Number => match text.parse::<i32>() {
            Ok(number) if number >= 0 => Ok(number.to_string()),
            _ => expected("a whole number"),
        },
        Shape::Port => {
            port(text).map_or_else(|| expected("a port from 1 to 65535"), |port| Ok(port.to_string()))
        }
        Shape::SendEnv if text.contains('=') => expected("a variable's name"),
        Shape::SetEnv if !text.contains('=') => expected("`NAME=value`"),
        Shape::Agent => agent(text).map_or_else(|| expected("a socket, `none`, or a variable"), Ok),
        Shape::Algorithms if text.trim_start_matches(['+', '^', '-']).is_empty() => {
            expected("a list of algorithms")
        }
        _ => Ok(text.to_owned()),
    }
}

/// A port by number, or the one service everybody means.
pub(super) fn port(text: &str) -> Option<u16> {
    match text {
        "ssh" => Some(22),
        _ if text.bytes().all(|c| c.is_ascii_digit()) => text.parse().ok().filter(|port| *port > 0),
        _ => None,
    }
}

/// `$NAME` names a variable, as `${NAME}` within a path does.
fn agent(text: &str) -> Option<String> {
    let plain = |name: &str| {
        !name.starts_with(|c: char| c.is_ascii_digit())
            && !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    match text.strip_prefix('$') {
        Some(name) if !name.starts_with('{') && !plain(name) => None,
        _ => Some(text.to_owned()),
    }
}

/// `sshd_config(5)`, TIME FORMATS: numbers with units, added up.
fn seconds(text: &str) -> Option<u32> {
    let mut total: u32 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number: u32 = rest[..digits].parse().ok()?;
        let mut behind = rest[digits..].chars();
        let unit = match behind.next() {
            None | Some('s' | 'S') => 1,
            Some('m' | 'M') => 60,
            Some('h' | 'H') => 3_600,
            Some('d' | 'D') => 86_400,
            Some('w' | 'W') => 604_800,
            Some(_) => return None,
        };
        total = total.checked_add(number.checked_mul(unit)?)?;
        rest = behind.as_str();
    }
    (total <= i32::MAX.unsigned_abs() && !text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_add_up() {
        assert_eq!(seconds("90"), Some(90));
        assert_eq!(seconds("1h30m5"), Some(5_405));
        assert_eq!(seconds("1W2D"), Some(777_600));
        for bad in ["", "x", "1y", "-1", "h", "9999999999", "4000w"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
