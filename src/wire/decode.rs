//! Bytes in, frames and output out. Sans-I/O: it is fed, and asked.

use super::frame::{Frame, FrameError, Nonce};

/// The longest frame taken. A plan of 10,000 changes has about 60,000 bytes.
const MAX_FRAME: usize = 1 << 20;

/// What the decoder heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// Bytes that are no frame, exactly as they came.
    Output(Vec<u8>),
    /// A frame.
    Frame(Frame),
    /// Our own nonce with words that make no sense: nothing after it can be believed.
    Broken(FrameError),
}

/// Finds the frames of one run in a stream of bytes.
#[derive(Debug)]
pub struct Decoder {
    marker: Vec<u8>,
    held: Vec<u8>,
}

impl Decoder {
    /// A decoder for the frames that carry `nonce`.
    pub fn new(nonce: &Nonce) -> Self {
        Self {
            marker: format!("\n\x1e{} ", nonce.as_str()).into_bytes(),
            held: Vec::new(),
        }
    }

    /// Takes the next bytes; `sink` gets what they make, in order. Holds back at most one unfinished frame.
    pub fn feed(&mut self, bytes: &[u8], sink: &mut impl FnMut(Item)) {
        self.held.extend_from_slice(bytes);
        let mut at = 0;
        loop {
            let rest = &self.held[at..];
            let Some(start) = find(rest, &self.marker) else {
                let safe = rest.len() - overlap(rest, &self.marker);
                emit(&rest[..safe], sink);
                at += safe;
                break;
            };
            emit(&rest[..start], sink);
            at += start;
            let words = &self.held[at + self.marker.len()..];
            match words.iter().position(|&byte| byte == b'\n') {
                Some(end) => {
                    sink(read(&words[..end]));
                    at += self.marker.len() + end + 1;
                }
                None if words.len() > MAX_FRAME => {
                    sink(Item::Broken(FrameError("a frame without an end".to_owned())));
                    at = self.held.len();
                    break;
                }
                None => break,
            }
        }
        self.held.drain(..at);
    }

    /// The stream ended; what was held back was output after all.
    pub fn finish(mut self, sink: &mut impl FnMut(Item)) {
        emit(&std::mem::take(&mut self.held), sink);
    }
}

fn emit(bytes: &[u8], sink: &mut impl FnMut(Item)) {
    if !bytes.is_empty() {
        sink(Item::Output(bytes.to_vec()));
    }
}

fn read(words: &[u8]) -> Item {
    match std::str::from_utf8(words)
        .map_err(|_| FrameError("not text".to_owned()))
        .and_then(Frame::parse)
    {
        Ok(frame) => Item::Frame(frame),
        Err(error) => Item::Broken(error),
    }
}

/// Where `marker` begins in `bytes`.
fn find(bytes: &[u8], marker: &[u8]) -> Option<usize> {
    // RS hardly ever occurs in output, so looking for it alone is nearly the whole search.
    let mut from = 1;
    while let Some(found) = bytes.get(from..)?.iter().position(|&byte| byte == marker[1]) {
        let start = from + found - 1;
        if bytes[start..].starts_with(marker) {
            return Some(start);
        }
        from += found + 1;
    }
    None
}

/// How many bytes at the end of `bytes` could be the beginning of `marker`.
fn overlap(bytes: &[u8], marker: &[u8]) -> usize {
    (1..marker.len().min(bytes.len() + 1))
        .rev()
        .find(|&length| bytes.ends_with(&marker[..length]))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::frame::{Failure, Skip};

    fn nonce() -> Nonce {
        Nonce::new([7; 16])
    }

    fn frame(words: &str) -> String {
        format!("\n\x1e{} {words}\n", nonce().as_str())
    }

    /// Feeds `stream` in pieces of `size` bytes and joins neighbouring outputs.
    fn decode(stream: &[u8], size: usize) -> Vec<Item> {
        let mut items: Vec<Item> = Vec::new();
        let mut sink = |item: Item| match (items.last_mut(), item) {
            (Some(Item::Output(before)), Item::Output(bytes)) => before.extend(bytes),
            (_, item) => items.push(item),
        };
        let mut decoder = Decoder::new(&nonce());
        for piece in stream.chunks(size) {
            decoder.feed(piece, &mut sink);
        }
        decoder.finish(&mut sink);
        items
    }

    #[test]
    fn frames_and_output_come_apart_at_every_cut() {
        let stream = format!(
            "noise{}out\nput{}\n\x1e{}",
            frame("hello 1"),
            frame("end"),
            "0".repeat(32)
        );
        let whole = vec![
            Item::Output(b"noise".to_vec()),
            Item::Frame(Frame::Hello { version: 1 }),
            Item::Output(b"out\nput".to_vec()),
            Item::Frame(Frame::End),
            Item::Output(format!("\n\x1e{}", "0".repeat(32)).into_bytes()),
        ];
        for size in 1..=stream.len() {
            assert_eq!(decode(stream.as_bytes(), size), whole, "in pieces of {size}");
        }
    }

    #[test]
    fn an_imitation_without_the_nonce_is_output() {
        for fake in [
            "\n\x1eend\n",
            "\n\x1e end\n",
            "\x1e0000 end\n",
            "\n\x1e07070707 end\n",
        ] {
            assert_eq!(
                decode(fake.as_bytes(), 3),
                vec![Item::Output(fake.as_bytes().to_vec())]
            );
        }
    }

    #[test]
    fn senseless_words_are_broken_not_ignored() {
        for words in [
            "",
            "end now",
            "ok",
            "ok x",
            "ok -1",
            "plan 3 2 1",
            "plan 3 3",
            "failed 1 luck 0",
            "skip 1 2 after",
            "check 99999999999999999999",
        ] {
            assert!(
                matches!(decode(frame(words).as_bytes(), 64)[0], Item::Broken(_)),
                "{words:?}"
            );
        }
    }

    #[test]
    fn every_kind_of_frame_is_read() {
        let read = |words: &str| Frame::parse(words).unwrap();
        assert_eq!(
            read("plan 4 0 3"),
            Frame::Plan {
                steps: 4,
                wanted: vec![0, 3]
            }
        );
        assert_eq!(
            read("plan 4"),
            Frame::Plan {
                steps: 4,
                wanted: vec![]
            }
        );
        assert_eq!(
            read("changed 2 earlier"),
            Frame::Changed {
                step: 2,
                earlier: true
            }
        );
        assert_eq!(
            read("failed 2 apply 100"),
            Frame::Failed {
                step: 2,
                why: Failure::Apply(100)
            }
        );
        assert_eq!(
            read("skip 3 9 after 2"),
            Frame::Skip {
                from: 3,
                to: 9,
                why: Skip::After(2)
            }
        );
        assert_eq!(
            read("content 1 none"),
            Frame::Content {
                step: 1,
                exists: false
            }
        );
        assert_eq!(read("becomes 1"), Frame::Becomes(1));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_come_out_as_they_went_in(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200), size in 1_usize..20) {
            let items = decode(&bytes, size);
            let out: Vec<u8> = items.into_iter().flat_map(|item| match item { Item::Output(bytes) => bytes, other => panic!("{other:?}") }).collect();
            proptest::prop_assert_eq!(out, bytes);
        }
    }
}
