//! Colours and signs: what a text means, and how that looks here.

use anstyle::{AnsiColor, Style};

use super::Options;

/// What a piece of text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Tone {
    /// It is well.
    Ok,
    /// It changed, or would.
    Changed,
    /// It failed.
    Failed,
    /// It is there for completeness.
    Faint,
    /// It is a heading.
    Strong,
    /// A line that is added.
    Added,
    /// A line that goes.
    Removed,
    /// The place of a hunk in a diff.
    Place,
}

/// Colours text, or leaves it alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    colour: bool,
    unicode: bool,
}

impl Paint {
    pub(super) fn new(options: Options) -> Self {
        Self {
            colour: options.colour,
            unicode: options.unicode,
        }
    }

    /// `text` in the colour of `tone`; empty text stays empty.
    pub(super) fn tone(self, tone: Tone, text: &str) -> String {
        if !self.colour || text.is_empty() {
            return text.to_owned();
        }
        let style = match tone {
            Tone::Ok | Tone::Added => AnsiColor::Green.on_default(),
            Tone::Changed => AnsiColor::Yellow.on_default(),
            Tone::Failed => AnsiColor::Red.on_default().bold(),
            Tone::Removed => AnsiColor::Red.on_default(),
            Tone::Place => AnsiColor::Cyan.on_default(),
            Tone::Faint => Style::new().dimmed(),
            Tone::Strong => Style::new().bold(),
        };
        format!("{style}{text}{style:#}")
    }

    /// Between parts of a sentence of numbers.
    pub(super) fn dot(self) -> &'static str {
        if self.unicode { "·" } else { "-" }
    }

    /// Where something was cut.
    pub(super) fn ellipsis(self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }

    /// Before a host that ended well.
    pub(super) fn tick(self) -> &'static str {
        if self.unicode { "✓" } else { "+" }
    }

    /// Before a host that did not.
    pub(super) fn cross(self) -> &'static str {
        if self.unicode { "✗" } else { "x" }
    }

    /// The done and the open part of a bar.
    pub(super) fn bar(self) -> (&'static str, &'static str) {
        if self.unicode { ("━", "─") } else { ("#", "-") }
    }
}
