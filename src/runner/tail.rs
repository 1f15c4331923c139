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

    /// Takes what was kept and begins anew. Only whole lines are left out: a secret cut in two would not be
    /// recognised by whoever takes secrets out.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let Self {
            mut head,
            mut tail,
            mut left_out,
        } = std::mem::take(self);
        if left_out > 0 {
            let end = head
                .iter()
                .rposition(|&byte| byte == b'\n')
                .map_or(0, |at| at + 1);
            let begin = tail
                .iter()
                .position(|&byte| byte == b'\n')
                .map_or(tail.len(), |at| at + 1);
            left_out += (head.len() - end + begin) as u64;
            head.truncate(end);
            tail.drain(..begin);
            head.extend_from_slice(format!("… {left_out} bytes left out …\n").as_bytes());
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
        bounded.push(b"first\n");
        for _ in 0..1000 {
            bounded.push(&[b'x'; 999]);
            bounded.push(b"\n");
        }
        bounded.push(b"last");
        let kept = bounded.take();
        assert!(
            kept.split(|&byte| byte == b'\n')
                .all(|line| [0, 4, 5, 999].contains(&line.len()) || line.starts_with("…".as_bytes()))
        );
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
