//! Makes bytes from hosts harmless to a terminal.
//!
//! The one promise: what comes out holds no control character but `\n`, and nothing that reorders or hides text.
//! Colours are dropped, everything else is made visible, so a person sees what a host tried.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar;

/// How far tab stops are apart.
const TAB: usize = 8;

/// Text that is to stand within one line: line ends are made visible too.
pub fn line(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut out = Escaped::default();
    for (index, piece) in text.split('\n').enumerate() {
        if index > 0 {
            out.visible('\n');
        }
        out.text(piece);
    }
    Cow::Owned(out.done)
}

/// Output of a command, or a file: line ends are kept, a lone carriage return becomes one.
pub fn block(bytes: &[u8]) -> String {
    let mut out = Escaped::default();
    for chunk in bytes.utf8_chunks() {
        for (index, piece) in chunk.valid().split('\n').enumerate() {
            if index > 0 {
                out.line_end();
            }
            // Progress meters rewrite their line; to hide what stood there would let a host hide anything.
            let piece = piece.strip_suffix('\r').unwrap_or(piece);
            for (index, part) in piece.split('\r').enumerate() {
                if index > 0 {
                    out.line_end();
                }
                out.text(part);
            }
        }
        for byte in chunk.invalid() {
            out.code(format_args!("\\x{byte:02x}"));
        }
    }
    out.done
}

#[derive(Default)]
struct Escaped {
    done: String,
    column: usize,
}

impl Escaped {
    fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some(after) = after_colour(rest) {
                rest = after;
                continue;
            }
            rest = &rest[c.len_utf8()..];
            match c {
                '\t' => {
                    let gap = TAB - self.column % TAB;
                    self.done.extend(std::iter::repeat_n(' ', gap));
                    self.column += gap;
                }
                _ if is_hostile(c) => self.visible(c),
                _ => {
                    self.done.push(c);
                    self.column += c.width().unwrap_or(0);
                }
            }
        }
    }

    fn visible(&mut self, c: char) {
        match c {
            '\n' => self.code(format_args!("\\n")),
            '\r' => self.code(format_args!("\\r")),
            _ if c.is_ascii() => self.code(format_args!("\\x{:02x}", u32::from(c))),
            _ => self.code(format_args!("\\u{{{:x}}}", u32::from(c))),
        }
    }

    fn code(&mut self, code: std::fmt::Arguments<'_>) {
        let before = self.done.len();
        // Writing to a String cannot fail.
        let _ = self.done.write_fmt(code);
        self.column += self.done.len() - before;
    }

    fn line_end(&mut self) {
        self.done.push('\n');
        self.column = 0;
    }
}

/// What follows a colour sequence (`ESC [ … m`) at the start of `text`.
fn after_colour(text: &str) -> Option<&str> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    parameters
        .trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ';' | ':'))
        .strip_prefix('m')
}

/// Characters that control the terminal, reorder text, or are there without being seen.
pub(super) fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' // marks of direction, zero-width space
            | '\u{2028}'..='\u{202e}' // line and paragraph separators, embeddings and overrides
            | '\u{2060}'..='\u{206f}' // isolates, invisible operators
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_host_cannot_reach_the_clipboard_or_the_title() {
        assert_eq!(block(b"\x1b]52;c;cm0gLXJm\x07ok"), r"\x1b]52;c;cm0gLXJm\x07ok");
        assert_eq!(block(b"\x1b]0;title\x1b\\"), r"\x1b]0;title\x1b\");
        assert_eq!(
            block("\u{9b}2J\u{9d}0;t\u{9c}".as_bytes()),
            r"\u{9b}2J\u{9d}0;t\u{9c}"
        );
        assert_eq!(block(b"\x1b[2J\x1b[1A"), r"\x1b[2J\x1b[1A");
    }

    #[test]
    fn colours_are_dropped_and_text_stays() {
        assert_eq!(
            block(b"\x1b[1;31mE:\x1b[0m no \x1b[38:5:9mway\x1b[m"),
            "E: no way"
        );
        assert_eq!(block("Größe 国 ✓".as_bytes()), "Größe 国 ✓");
    }

    #[test]
    fn invalid_bytes_bidi_tabs_and_returns_are_visible() {
        assert_eq!(block(b"a\xff\xfeb\0"), r"a\xff\xfeb\x00");
        assert_eq!(block("x\u{202e}txt.exe".as_bytes()), r"x\u{202e}txt.exe");
        assert_eq!(block(b"ab\tc\td\n\te"), "ab      c       d\n        e");
        assert_eq!(block(b"10%\r50%\rdone\r\nnext\n"), "10%\n50%\ndone\nnext\n");
        assert_eq!(line("two\nlines\r"), r"two\nlines\r");
    }

    proptest! {
        #[test]
        fn no_control_character_but_the_line_end_comes_out(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let out = block(&bytes);
            prop_assert!(out.chars().all(|c| c == '\n' || !is_hostile(c)), "{out:?}");
            let text = String::from_utf8_lossy(&bytes);
            prop_assert!(line(&text).chars().all(|c| !is_hostile(c)));
        }

        #[test]
        fn not_even_from_hostile_pieces(pieces in prop::collection::vec(
            prop::sample::select(vec!["\x1b", "[", "]", "m", "\x07", "1;", "\u{9b}", "\u{202e}", "\r", "\n", "\t", "é"]), 0..40)) {
            let text = pieces.concat();
            prop_assert!(block(text.as_bytes()).chars().all(|c| c == '\n' || !is_hostile(c)));
            prop_assert!(line(&text).chars().all(|c| !is_hostile(c)));
        }
    }
}
