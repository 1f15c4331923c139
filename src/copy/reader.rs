//! What a host says in a copy: noise, its nonce, then lines, and bytes that were counted beforehand. Sans-I/O.

use crate::wire::Nonce;

/// The longest line: a number and a few words.
const MAX_LINE: usize = 256;

/// Takes bytes, gives lines and counted bytes.
#[derive(Debug)]
pub(super) struct Reader {
    /// What everything stands behind; gone when it has come.
    mark: Option<Vec<u8>>,
    held: Vec<u8>,
    /// Bytes to come before the next line.
    counted: u64,
}

/// One thing said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// The nonce: the program runs.
    Hello,
    /// A line, without its end.
    Line(String),
    /// Some of the bytes that were counted.
    Bytes(Vec<u8>),
}

/// It is not the program's language; nothing behind it can be believed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken;

/// What a program says first, behind which everything is its own.
pub(super) fn hello(nonce: &Nonce) -> Vec<u8> {
    format!("\n\x1e{} copy\n", nonce.as_str()).into_bytes()
}

impl Reader {
    pub(super) fn new(nonce: &Nonce) -> Self {
        Self {
            mark: Some(hello(nonce)),
            held: Vec::new(),
            counted: 0,
        }
    }

    /// Takes what came.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    /// The next `bytes` are content, and a line comes behind them.
    pub(super) fn count(&mut self, bytes: u64) {
        self.counted = bytes;
    }

    /// The next thing said, if it is here. What is held is never more than a piece that was fed, and a line.
    pub(super) fn next(&mut self) -> Result<Option<Said>, Broken> {
        if let Some(mark) = &self.mark {
            let at = self.held.windows(mark.len()).position(|window| window == mark);
            let Some(at) = at else {
                let old = self.held.len().saturating_sub(mark.len());
                self.held.drain(..old);
                return Ok(None);
            };
            self.held.drain(..at + mark.len());
            self.mark = None;
            return Ok(Some(Said::Hello));
        }
        if self.counted > 0 {
            if self.held.is_empty() {
                return Ok(None);
            }
            let here = usize::try_from(self.counted)
                .unwrap_or(usize::MAX)
                .min(self.held.len());
            let rest = self.held.split_off(here);
            self.counted -= here as u64;
            return Ok(Some(Said::Bytes(std::mem::replace(&mut self.held, rest))));
        }
        let Some(end) = self.held.iter().take(MAX_LINE).position(|&byte| byte == b'\n') else {
            return if self.held.len() < MAX_LINE {
                Ok(None)
            } else {
                Err(Broken)
            };
        };
        let line: Vec<u8> = self.held.drain(..=end).take(end).collect();
        if !line.iter().all(|byte| matches!(byte, b' '..=b'~')) {
            return Err(Broken);
        }
        String::from_utf8(line)
            .map(|line| Some(Said::Line(line)))
            .map_err(|_| Broken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nonce() -> Nonce {
        Nonce::new([9; 16])
    }

    /// All that is said of `stream` when it comes in pieces of `size`; after a line `bytes N`, N are counted.
    fn read(stream: &[u8], size: usize) -> Result<(Vec<String>, Vec<u8>), Broken> {
        let mut reader = Reader::new(&nonce());
        let (mut lines, mut content) = (Vec::new(), Vec::new());
        for piece in stream.chunks(size) {
            reader.feed(piece);
            while let Some(said) = reader.next()? {
                match said {
                    Said::Hello => lines.push("hello".to_owned()),
                    Said::Line(line) => {
                        if let Some(count) = line.strip_prefix("bytes ") {
                            reader.count(count.parse().unwrap());
                        }
                        lines.push(line);
                    }
                    Said::Bytes(bytes) => content.extend(bytes),
                }
            }
        }
        Ok((lines, content))
    }

    #[test]
    fn content_is_taken_for_nothing_else_wherever_a_packet_ends() {
        let content = [&b"end\n"[..], &hello(&nonce()), b"\0\xff\nbytes 3\n"].concat();
        let mut stream = b"noise \x1e\nbytes 5\n".to_vec();
        stream.extend(hello(&nonce()));
        stream.extend(format!("bytes {}\n", content.len()).into_bytes());
        stream.extend(&content);
        stream.extend(b"end\n");
        for size in 1..stream.len() {
            let (lines, taken) = read(&stream, size).unwrap();
            assert_eq!(lines[0], "hello", "in pieces of {size}");
            assert_eq!(lines[2..], ["end"]);
            assert_eq!(taken, content);
        }
    }

    #[test]
    fn without_the_nonce_nothing_is_heard_and_what_is_no_line_breaks() {
        assert_eq!(read(b"\n\x1e0909 copy\nend\n", 3), Ok((vec![], vec![])));
        for bad in [&b"e\x1bnd\n"[..], b"\xff\n", &[b'x'; MAX_LINE + 1]] {
            let stream = [&hello(&nonce()), bad].concat();
            assert_eq!(read(&stream, 7), Err(Broken), "{bad:?}");
        }
    }
}
