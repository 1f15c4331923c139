//! What became of the files of one path, and how far all of them are.

use super::listing::Found;
use super::names::listed;
use crate::event::Uncopied;

/// Lines kept of what became of a tree's files.
const MAX_LINES: usize = 1000;

/// Progress is told after so many bytes.
const PROGRESS: u64 = 1 << 20;

/// What became of the files of one path.
#[derive(Default)]
pub(super) struct Tally {
    lines: Vec<String>,
    more: usize,
    pub(super) changed: bool,
    pub(super) failed: Option<Uncopied>,
}

impl Tally {
    pub(super) fn add(&mut self, found: &Found, word: &str) {
        if self.lines.len() >= MAX_LINES {
            self.more += 1;
            return;
        }
        let name = listed(&found.below);
        self.lines.push(if name.is_empty() {
            word.to_owned()
        } else {
            format!("{name}: {word}")
        });
    }

    pub(super) fn fail(&mut self, found: &Found, why: Uncopied) {
        self.add(found, &format!("not copied, {why:?}").to_lowercase());
        self.failed.get_or_insert(why);
    }

    pub(super) fn output(mut self, left: u64) -> Vec<u8> {
        if self.more > 0 {
            self.lines.push(format!("{} more", self.more));
        }
        if left > 0 {
            self.lines
                .push(format!("left out, links and special files: {left}"));
        }
        let mut text = self.lines.join("\n").into_bytes();
        if !text.is_empty() {
            text.push(b'\n');
        }
        text
    }
}

/// Bytes that have come, of all that will.
pub(super) struct Progress {
    pub(super) done: u64,
    pub(super) told: u64,
    pub(super) of: u64,
}

impl Progress {
    /// How far it is now, where that is worth telling.
    pub(super) fn add(&mut self, bytes: u64) -> Option<u64> {
        self.done += bytes;
        if self.done - self.told < PROGRESS {
            return None;
        }
        self.told = self.done;
        Some(self.done.min(self.of))
    }
}
