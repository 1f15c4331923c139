//! Text, lines and data in forms that are harmless within a page.

use std::io::{self, Write};

use serde::Serialize;

use crate::report::escape;

/// One line of text, harmless between tags and in quoted attributes.
pub(super) fn text(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    push(&mut out, &escape::line(words));
    out
}

fn push(out: &mut String, words: &str) {
    for c in words.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
}

/// Lines as they are painted for terminals, with elements instead of sequences.
///
/// Only [`crate::report::paint`] writes sequences: what hosts say was escaped before it came into a line.
pub(super) fn lines_to_html(lines: &[String]) -> String {
    let mut out = String::new();
    let end = lines
        .iter()
        .rposition(|line| !line.is_empty())
        .map_or(0, |last| last + 1);
    let shown = lines[..end].iter().skip_while(|line| line.is_empty());
    for (number, line) in shown.enumerate() {
        if number > 0 {
            out.push('\n');
        }
        let mut pieces = line.split("\u{1b}[");
        push(&mut out, pieces.next().unwrap_or_default());
        let mut style = Sgr::default();
        for piece in pieces {
            let (codes, words) = piece.split_once('m').unwrap_or(("0", piece));
            codes.split(';').for_each(|code| style.take(code));
            match style.class() {
                Some(class) if !words.is_empty() => {
                    out.push_str(&format!("<span class=\"tone-{class}\">"));
                    push(&mut out, words);
                    out.push_str("</span>");
                }
                _ => push(&mut out, words),
            }
        }
    }
    out
}

/// What the sequences so far ask for.
#[derive(Default)]
struct Sgr {
    bold: bool,
    faint: bool,
    colour: Option<&'static str>,
}

impl Sgr {
    fn take(&mut self, code: &str) {
        match code {
            "1" => self.bold = true,
            "2" => self.faint = true,
            "31" => self.colour = Some("removed"),
            "32" => self.colour = Some("ok"),
            "33" => self.colour = Some("changed"),
            "36" => self.colour = Some("place"),
            _ => *self = Self::default(),
        }
    }

    fn class(&self) -> Option<&'static str> {
        match (self.colour, self.bold, self.faint) {
            (Some("removed"), true, _) => Some("failed"),
            (Some(colour), ..) => Some(colour),
            (None, true, _) => Some("strong"),
            (None, false, true) => Some("faint"),
            (None, false, false) => None,
        }
    }
}

/// JSON that can stand in a `script` element: nothing in it ends the element or begins a comment.
struct WithinScript;

impl serde_json::ser::Formatter for WithinScript {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        let special = |c: char| matches!(c, '<' | '>' | '&') || escape::is_hostile(c);
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| special(*c)) {
            writer.write_all(&rest.as_bytes()[..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

pub(super) fn json(data: &impl Serialize) -> io::Result<String> {
    let mut bytes = Vec::new();
    data.serialize(&mut serde_json::Serializer::with_formatter(
        &mut bytes,
        WithinScript,
    ))?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tones_become_elements() {
        let lines = [
            String::new(),
            "\u{1b}[1mdb1\u{1b}[0m: \u{1b}[1m\u{1b}[31mfailed\u{1b}[0m <b>".to_owned(),
        ];
        assert_eq!(
            lines_to_html(&lines),
            "<span class=\"tone-strong\">db1</span>: <span class=\"tone-failed\">failed</span> &lt;b&gt;"
        );
    }

    proptest! {
        #[test]
        fn nothing_leaves_its_place(words: String, pieces in prop::collection::vec(
            prop::sample::select(vec!["</script>", "<!--", "<script", "]]>", "\"", "'", "&lt;", "\u{2028}", "\\", "</"]), 0..8)) {
            let words = words + &pieces.concat();
            let escaped = text(&words);
            prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
            let data = json(&[&words]).unwrap();
            prop_assert!(!data.contains(['<', '>', '&']));
            let read: Vec<String> = serde_json::from_str(&data).unwrap();
            prop_assert_eq!(&read[0], &words);
        }
    }
}
