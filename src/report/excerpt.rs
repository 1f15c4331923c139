//! A host's output as lines that fit under something: escaped, indented, the middle of long ones left out.

use super::escape;
use super::paint::{Paint, Tone};
use super::words;

/// A longer line is cut; nobody reads on, and a terminal would scroll for pages.
const MAX_LINE: usize = 1000;

/// The lines of `output`, at most about `limit` of them: a few from the start, most from the end, where errors stand.
pub(super) fn excerpt(output: &[u8], limit: usize, paint: Paint) -> Vec<String> {
    let text = escape::block(output);
    let lines: Vec<&str> = text.trim_matches('\n').lines().collect();
    let cut = |line: &&str| match line.char_indices().nth(MAX_LINE) {
        Some((at, _)) => format!("{}{}", &line[..at], paint.ellipsis()),
        None => (*line).to_owned(),
    };
    if lines.len() <= limit {
        return lines.iter().map(cut).collect();
    }
    let head = limit / 4;
    let tail = lines.len() - (limit - head);
    let gap = format!(
        "{} {} left out",
        paint.ellipsis(),
        words::count(tail - head, "line")
    );
    let shown = lines[..head]
        .iter()
        .map(cut)
        .chain([paint.tone(Tone::Faint, &gap)]);
    shown.chain(lines[tail..].iter().map(cut)).collect()
}

/// `lines` behind a bar, under the line they belong to.
pub(super) fn quoted(lines: Vec<String>, paint: Paint) -> impl Iterator<Item = String> {
    let bar = format!("    {} ", paint.tone(Tone::Faint, "|"));
    lines
        .into_iter()
        .map(move |line| format!("{bar}{line}").trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Options;

    #[test]
    fn the_middle_is_left_out_and_long_lines_are_cut() {
        let paint = Paint::new(Options {
            colour: false,
            unicode: true,
            verbose: false,
        });
        let output = (1..=50)
            .map(|n| format!("line {n}\n"))
            .collect::<Vec<_>>()
            .concat();
        let lines = excerpt(output.as_bytes(), 8, paint);
        assert_eq!(lines[..3], ["line 1", "line 2", "… 42 lines left out"]);
        assert_eq!(
            lines[3..],
            ["line 45", "line 46", "line 47", "line 48", "line 49", "line 50"]
        );
        assert_eq!(
            excerpt("é".repeat(5000).as_bytes(), 8, paint)[0].chars().count(),
            MAX_LINE + 1
        );
        assert!(excerpt(b"\n\n", 8, paint).is_empty());
    }
}
