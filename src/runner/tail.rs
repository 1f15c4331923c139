//! Output, bounded: the beginning and the end are kept.

use std::collections::VecDeque;

/// Bytes kept of the beginning.
const HEAD: usize = 16 * 1024;
/// Bytes kept of the end.
const TAIL: usize = 48 * 1024;

/// What a command wrote, its middle left out when it wrote much.
#[derive(Debug, Default)]
pub(super) struct Bounded {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    left_out: u64,
}

impl Bounded {
    /// Adds bytes at the end.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let (head, mut rest) = bytes.split_at(bytes.len().min(HEAD - self.head.len()));
        self.head.extend_from_slice(head);
        if rest.len() > TAIL {
            self.left_out += (rest.len() - TAIL) as u64;
            rest = &rest[rest.len() - TAIL..];
        }
        self.tail.extend(rest);
        let over = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..over);
        self.left_out += over as u64;
    }

    /// Takes what was kept and begins anew.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let Self {
            mut head,
            tail,
            left_out,
        } = std::mem::take(self);
        if left_out > 0 {
            head.extend_from_slice(format!("\n… {left_out} bytes left out …\n").as_bytes());
        }
        head.extend(tail);
        head
    }

    /// The same as text for a message, trimmed.
    pub(super) fn text(&mut self) -> String {
        String::from_utf8_lossy(&self.take()).trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_keeps_its_beginning_and_its_end() {
        let mut bounded = Bounded::default();
        bounded.push(b"first");
        for _ in 0..1000 {
            bounded.push(&[b'x'; 1000]);
        }
        bounded.push(b"last");
        let kept = bounded.take();
        assert!(kept.starts_with(b"first") && kept.ends_with(b"last"));
        assert!(kept.len() < HEAD + TAIL + 100);
        assert!(String::from_utf8_lossy(&kept).contains("bytes left out"));
    }

    #[test]
    fn a_trickle_is_kept_whole() {
        let mut bounded = Bounded::default();
        let all: Vec<u8> = (0..=255).cycle().take(HEAD + TAIL).collect();
        all.chunks(7).for_each(|chunk| bounded.push(chunk));
        assert_eq!(bounded.take(), all);
    }
}
