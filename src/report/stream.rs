//! Outputs as they come, in whole lines, of all hosts or of one.

use std::collections::HashMap;

use super::escape;
use super::fleet::Fleet;
use super::paint::{Paint, Tone};
use crate::event::Channel;
use crate::name::Name;

/// A line is told in parts when it gets longer than this.
const LONGEST: usize = 4096;

/// What hosts are in the middle of saying.
pub(super) struct Streams {
    all: bool,
    tailed: Option<Name>,
    open: HashMap<Name, Open>,
}

struct Open {
    step: usize,
    /// The beginning of a line.
    line: Vec<u8>,
}

impl Streams {
    /// Of all hosts, or of `tailed` alone, or of none.
    pub(super) fn new(all: bool, tailed: Option<Name>) -> Self {
        Self {
            all,
            tailed,
            open: HashMap::new(),
        }
    }

    /// Whether `host` is the one that is followed.
    pub(super) fn is_tailed(&self, host: &Name) -> bool {
        self.tailed.as_ref() == Some(host)
    }

    /// Takes what a step wrote; gives the lines that are whole, harmless to terminals.
    pub(super) fn take(&mut self, host: &Name, step: usize, output: &[u8]) -> Vec<String> {
        if !self.all && !self.is_tailed(host) {
            return Vec::new();
        }
        let open = self.open.entry(host.clone()).or_insert(Open {
            step,
            line: Vec::new(),
        });
        open.step = step;
        open.line.extend_from_slice(output);
        let end = open
            .line
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |at| at + 1);
        let mut lines = lines(&open.line[..end]);
        open.line.drain(..end);
        if open.line.len() > LONGEST {
            lines.extend(self::lines(&std::mem::take(&mut open.line)));
        }
        lines
    }

    /// The step has ended: the last line, which had no end, and whether any of it was told.
    pub(super) fn end(&mut self, host: &Name, step: usize) -> (Vec<String>, bool) {
        match self.open.get_mut(host) {
            Some(open) if open.step == step => (lines(&std::mem::take(&mut open.line)), true),
            _ => (Vec::new(), false),
        }
    }

    /// The host has ended.
    pub(super) fn forget(&mut self, host: &Name) {
        self.open.remove(host);
    }
}

/// What a command wrote, each line behind its host; a `!` stands before complaints.
pub(super) fn told(
    host: &Name,
    channel: Channel,
    output: &[u8],
    fleet: &Fleet,
    paint: Paint,
) -> impl Iterator<Item = String> {
    let width = fleet.host_width;
    let bar = match channel {
        Channel::Stdout => paint.tone(Tone::Faint, "|"),
        Channel::Stderr => paint.tone(Tone::Failed, "!"),
    };
    let head = format!("{host:width$} {bar} ");
    lines(output)
        .into_iter()
        .map(move |line| format!("{head}{line}").trim_end().to_owned())
}

fn lines(bytes: &[u8]) -> Vec<String> {
    let text = escape::block(bytes);
    // A block's last line end ends it; it begins no other line.
    let text = text.strip_suffix('\n').unwrap_or(&text);
    if bytes.is_empty() {
        return Vec::new();
    }
    text.split('\n').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_harmless_and_bounded() {
        let (host, other) = (Name::parse("a").unwrap(), Name::parse("b").unwrap());
        let mut streams = Streams::new(false, Some(host.clone()));
        assert!(streams.take(&host, 1, b"one\ntw").eq(&["one"]));
        assert!(streams.take(&other, 1, b"not followed\n").is_empty());
        assert!(streams.take(&host, 1, b"o\x1b[2J\n\nth").eq(&["two\\x1b[2J", ""]));
        assert_eq!(streams.end(&host, 1), (vec!["th".to_owned()], true));
        assert_eq!(streams.end(&host, 2), (vec![], false));
        assert_eq!(streams.take(&host, 3, &[b'x'; LONGEST + 1]).len(), 1);
        assert_eq!(streams.end(&host, 3), (vec![], true));
        streams.forget(&host);
        assert!(streams.open.is_empty());
    }
}
