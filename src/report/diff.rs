//! What would change in a file, as a unified diff.

use std::borrow::Cow;
use std::time::Duration;

use similar::{ChangeTag, TextDiff};

use super::escape;
use super::paint::{Paint, Tone};
use super::words;
use crate::event::FileDiff;

/// Lines shown of one diff.
const MAX_LINES: usize = 200;

/// Larger files are not compared line by line.
const MAX_BYTES: usize = 4 << 20;

/// Equal lines shown around a change.
const CONTEXT: usize = 3;

/// How long finding the shortest diff may take; a longer one does as well.
const PATIENCE: Duration = Duration::from_millis(200);

/// Lines of `diff`, without indent.
pub(super) fn lines(diff: &FileDiff, verbose: bool, paint: Paint) -> Vec<String> {
    let (before, after) = (diff.before.as_deref(), diff.after.as_deref());
    let path = escape::line(&diff.path);
    let all = match (before, after) {
        _ if diff.secret => vec![format!("{path}: content hidden, it is secret")],
        _ if diff.large => vec![format!("{path}: too large to compare here")],
        (None, None) => vec![],
        _ if before == after => vec![format!("{path}: differs only in secret values")],
        _ => match (text(before, diff.part), text(after, diff.part)) {
            (Some(old), Some(new)) if old.len() + new.len() <= MAX_BYTES => {
                let side = |sign: &str, content: Option<&[u8]>, word: &str| match content {
                    Some(_) => format!("{sign} {path} ({word})"),
                    None => format!("{sign} {path} (no such file)"),
                };
                let mut lines = vec![
                    paint.tone(Tone::Removed, &side("---", before, "now")),
                    paint.tone(Tone::Added, &side("+++", after, "wanted")),
                ];
                let alone = diff.part && !verbose;
                unified(&old, &new, alone, paint, &mut lines);
                lines
            }
            (Some(_), Some(_)) => vec![format!(
                "{path}: too large to compare here ({})",
                sizes(before, after)
            )],
            _ => vec![format!("{path}: binary files differ ({})", sizes(before, after))],
        },
    };
    bounded(all, if verbose { 10 * MAX_LINES } else { MAX_LINES }, paint)
}

/// Shorter outputs are shown as they are.
const WORTH_COMPARING: usize = 6;

/// What sets `after` apart from `before`: the lines that are gone and that have come. None where showing all of
/// `after` says it as briefly, or both are the same.
pub(super) fn apart(before: &[u8], after: &[u8], paint: Paint) -> Option<Vec<String>> {
    let (old, new) = (text(Some(before), false)?, text(Some(after), false)?);
    let length = new.lines().count();
    if old == new || length < WORTH_COMPARING || old.len() + new.len() > MAX_BYTES {
        return None;
    }
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(&*old, &*new);
    let signed = diff.iter_all_changes().filter_map(|change| {
        let (sign, tone) = match change.tag() {
            ChangeTag::Equal => return None,
            ChangeTag::Delete => ('-', Tone::Removed),
            ChangeTag::Insert => ('+', Tone::Added),
        };
        let value: &str = change.value();
        let line = escape::line(value.strip_suffix('\n').unwrap_or(value));
        Some(paint.tone(tone, &format!("{sign}{line}")))
    });
    let lines: Vec<String> = signed.collect();
    (lines.len() * 2 <= length).then_some(lines)
}

/// A content as text, if it is one; what an edit leaves alone may be in any encoding, and need not be readable.
fn text(content: Option<&[u8]>, any: bool) -> Option<Cow<'_, str>> {
    let content = content.unwrap_or_default();
    let text: Cow<'_, str> = match std::str::from_utf8(content) {
        Ok(text) => text.into(),
        Err(_) if any => visible(content).into(),
        Err(_) => return None,
    };
    (!text.contains('\0')).then_some(text)
}

/// `content` with its bytes that are no UTF-8 written out, so that different ones stay different.
fn visible(content: &[u8]) -> String {
    let mut text = String::new();
    for chunk in content.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    text
}

fn sizes(before: Option<&[u8]>, after: Option<&[u8]>) -> String {
    let size = |content: Option<&[u8]>| match content {
        Some(content) => words::count(content.len(), "byte"),
        None => "no file".to_owned(),
    };
    format!("{} now, {} wanted", size(before), size(after))
}

/// The hunks of a diff. `alone`, the lines that go and come are told without their place and what is around them, which
/// may be another on each host: so hosts with equal changes stay one.
fn unified(old: &str, new: &str, alone: bool, paint: Paint, lines: &mut Vec<String>) {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(old, new);
    let mut unified = diff.unified_diff();
    unified.context_radius(if alone { 0 } else { CONTEXT });
    for (nth, hunk) in unified.iter_hunks().enumerate() {
        if !alone {
            lines.push(paint.tone(Tone::Place, &hunk.header().to_string()));
        } else if nth > 0 {
            lines.push(paint.tone(Tone::Faint, paint.ellipsis()));
        }
        for change in hunk.iter_changes() {
            let (sign, tone) = match change.tag() {
                ChangeTag::Equal => (' ', None),
                ChangeTag::Delete => ('-', Some(Tone::Removed)),
                ChangeTag::Insert => ('+', Some(Tone::Added)),
            };
            // A carriage return is a difference too, so it is shown.
            let value: &str = change.value();
            let line = format!(
                "{sign}{}",
                escape::line(value.strip_suffix('\n').unwrap_or(value))
            );
            lines.push(tone.map_or_else(|| line.clone(), |tone| paint.tone(tone, &line)));
            if change.missing_newline() {
                lines.push(paint.tone(Tone::Faint, "\\ no newline at the end"));
            }
        }
    }
}

fn bounded(mut lines: Vec<String>, limit: usize, paint: Paint) -> Vec<String> {
    if lines.len() > limit {
        let more = words::count(lines.len() - limit, "more line");
        lines.truncate(limit);
        lines.push(paint.tone(Tone::Faint, &format!("{} {more}", paint.ellipsis())));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Options;

    fn of(before: Option<&[u8]>, after: Option<&[u8]>) -> FileDiff {
        FileDiff {
            path: "/etc/x".into(),
            before: before.map(<[u8]>::to_vec),
            after: after.map(<[u8]>::to_vec),
            ..FileDiff::default()
        }
    }

    fn told(diff: &FileDiff, verbose: bool) -> Vec<String> {
        let options = Options {
            colour: false,
            unicode: true,
            verbose,
        };
        lines(diff, verbose, Paint::new(options))
    }

    fn shown(before: Option<&[u8]>, after: Option<&[u8]>, secret: bool) -> Vec<String> {
        let diff = FileDiff {
            secret,
            ..of(before, after)
        };
        told(&diff, false)
    }

    #[test]
    fn of_an_edit_the_lines_alone_are_told_whatever_stands_around_them() {
        let edit = |before: &[u8], after: &[u8]| FileDiff {
            part: true,
            ..of(Some(before), Some(after))
        };
        let here = edit(b"\xe9\na=1\nb\nc\nd", b"\xe9\na=2\nb\nc\nd\ne");
        let there = edit(
            b"many\nmore\n\xff\na=1\nx\xff\nd",
            b"many\nmore\n\xff\na=2\nx\xff\nd\ne",
        );
        let wanted = [
            "--- /etc/x (now)",
            "+++ /etc/x (wanted)",
            "-a=1",
            "+a=2",
            "…",
            "-d",
            "\\ no newline at the end",
            "+d",
            "+e",
            "\\ no newline at the end",
        ];
        assert_eq!(told(&here, false), wanted);
        assert_eq!(told(&there, false), wanted);
        let with_place = told(&here, true);
        assert_eq!(with_place[2..5], ["@@ -1,5 +1,6 @@", r" \xe9", "-a=1"]);
        // Bytes that no encoding makes a text of are told apart all the same.
        let bytes = told(&edit(b"\xe8\n", b"\xe9\n"), false);
        assert_eq!(bytes[2..], [r"-\xe8", r"+\xe9"]);
    }

    #[test]
    fn text_is_compared_by_lines() {
        let lines = shown(Some(b"a\nb\nc\n"), Some(b"a\nB\x1b[2J\nc"), false);
        let wanted = [
            "--- /etc/x (now)",
            "+++ /etc/x (wanted)",
            "@@ -1,3 +1,3 @@",
            " a",
            "-b",
            "-c",
            r"+B\x1b[2J",
            "+c",
            "\\ no newline at the end",
        ];
        assert_eq!(lines, wanted);
        assert_eq!(shown(Some(b"a\n"), Some(b"a\r\n"), false)[3..], ["-a", r"+a\r"]);
        assert_eq!(shown(None, Some(b"a\n"), false)[0], "--- /etc/x (no such file)");
    }

    #[test]
    fn what_is_not_text_is_described() {
        assert_eq!(
            shown(Some(b"\xff"), None, false),
            ["/etc/x: binary files differ (1 byte now, no file wanted)"]
        );
        assert_eq!(
            shown(None, Some(b""), true),
            ["/etc/x: content hidden, it is secret"]
        );
        assert_eq!(
            shown(Some(b"**"), Some(b"**"), false),
            ["/etc/x: differs only in secret values"]
        );
        let large = FileDiff {
            large: true,
            ..of(Some(b""), Some(b""))
        };
        assert_eq!(told(&large, false), ["/etc/x: too large to compare here"]);
    }

    #[test]
    fn a_long_diff_is_cut() {
        let after = "x\n".repeat(900);
        let lines = shown(None, Some(after.as_bytes()), false);
        assert_eq!(lines.len(), MAX_LINES + 1);
        assert_eq!(lines[MAX_LINES], "… 703 more lines");
    }
}
