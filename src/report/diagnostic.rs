//! Draws diagnostics for people: what, file, line, caret, what to do.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, normalize_untrusted_str};

use crate::diagnostic::{Diagnostic, Diagnostics, Origin};

/// How many mistakes are drawn before the rest is only counted.
const SHOWN: usize = 50;

/// All of `mistakes`, a blank line between them, with ANSI colours when `colour` says so.
///
/// Control characters come out as pictures (`␛`): what a file holds never reaches the terminal as a command.
pub fn render(mistakes: &Diagnostics, colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut text = String::new();
    for (index, mistake) in mistakes.0.iter().take(SHOWN).enumerate() {
        if index > 0 {
            text.push('\n');
        }
        for group in groups(mistake) {
            text.push_str(renderer.render(&[group]).trim_end());
            text.push('\n');
        }
    }
    if mistakes.0.len() > SHOWN {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n… and {} more mistakes\n", mistakes.0.len() - SHOWN);
    }
    text
}

/// The drawing of one mistake; without a place there is nothing to draw lines to.
fn groups(mistake: &Diagnostic) -> Vec<Group<'_>> {
    let group = Group::with_title(Level::ERROR.primary_title(harmless(&mistake.message)));
    let help = mistake.help.as_deref().map(harmless);
    if let Some(origin) = &mistake.origin {
        let group = group.element(snippet(origin, mistake.label.as_deref()));
        return vec![group.elements(help.map(|help| Level::HELP.message(help)))];
    }
    let help = help.map(|help| Group::with_title(Level::HELP.primary_title(help)));
    std::iter::once(group).chain(help).collect()
}

/// The line an origin starts in, with its caret.
fn snippet<'a>(origin: &'a Origin, label: Option<&str>) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let text = &origin.source.text;
    let start = floor_char_boundary(text, origin.span.start);
    let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or("");
    let start = (start - line_start).min(line.len());
    // What spans several lines is marked in its first.
    let end = floor_char_boundary(line, origin.span.end.saturating_sub(line_start)).max(start);
    let caret = AnnotationKind::Primary.span(start..end);
    Snippet::source(without_c1(line))
        .line_start(origin.line_column().0)
        .path(harmless(&origin.source.name.to_string_lossy()))
        .annotation(caret.label(label.map(harmless)))
}

/// A text of one line without control characters.
fn harmless(text: &str) -> String {
    normalize_untrusted_str(&without_c1(text).replace('\n', "␊"))
}

/// Replaces the control characters that the snippet crate lets through, byte for byte so that spans stay true.
fn without_c1(text: &str) -> String {
    text.replace(|c| matches!(c, '\u{80}'..='\u{9f}'), "·")
}

/// The last place at or before `at` where a character of `text` starts or ends.
fn floor_char_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use proptest::prelude::*;

    fn one(text: &str, span: std::ops::Range<usize>) -> String {
        let source = Source::new("x.toml", text);
        render(
            &Diagnostic::new("wrong")
                .at(&Origin::new(&source, span))
                .help("do better")
                .into(),
            false,
        )
    }

    #[test]
    fn a_mistake_without_a_place_is_a_line_and_its_help() {
        let mistake = Diagnostic::new("there is no file x").help("name another");
        assert_eq!(
            render(&mistake.into(), false),
            "error: there is no file x\nhelp: name another\n"
        );
    }

    #[test]
    fn the_caret_stands_under_the_mistake() {
        assert_eq!(
            one("a = 1\nport = 'x'\n", 13..16),
            "error: wrong
 --> x.toml:2:8
  |
2 | port = 'x'
  |        ^^^
  |
  = help: do better
"
        );
    }

    #[test]
    fn nothing_of_a_file_reaches_the_terminal_as_a_command() {
        let source = Source::new("x\u{1b}[2J.toml", "a = '\u{1b}]0;x\u{7}\u{202e}'\n");
        let mistake = Diagnostic::new("bad\u{1b}[1m")
            .label("\u{9b}31m")
            .help("\u{8}\r\n");
        let text = render(&mistake.at(&Origin::new(&source, 4..9)).into(), false);
        let hostile = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!text.contains(hostile), "{text:?}");
    }

    #[test]
    fn many_mistakes_are_counted() {
        let mistakes = Diagnostics(vec![Diagnostic::new("x"); 60]);
        assert!(render(&mistakes, false).ends_with("\n… and 10 more mistakes\n"));
    }

    #[test]
    fn colour_is_only_used_when_asked_for() {
        let mistakes = Diagnostics::from(Diagnostic::new("x"));
        assert!(render(&mistakes, true).contains('\u{1b}'));
        assert!(!render(&mistakes, false).contains('\u{1b}'));
    }

    proptest! {
        #[test]
        fn any_place_of_any_text_is_drawn(text in r"(\PC|[\n\r\t\x00-\x1f]|é|漢|👩‍👩‍👧){0,40}", a in 0..90_usize, b in 0..90_usize) {
            one(&text, a.min(b)..a.max(b));
        }
    }
}
