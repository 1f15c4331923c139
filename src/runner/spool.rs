//! Input that many hosts are fed: read once, and not kept in memory when it is large.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// More than this goes into a file.
const IN_MEMORY: usize = 1 << 20;

/// What is fed at once.
const PIECE: usize = 64 << 10;

/// Bytes that can be read again and again.
#[derive(Clone, Debug)]
pub struct Spool(Kept);

#[derive(Clone, Debug)]
enum Kept {
    Memory(Arc<[u8]>),
    /// A file without a name: nobody else can open it, and it is gone with us.
    File(Arc<File>),
}

impl Spool {
    /// Reads `from` to its end.
    pub fn read(mut from: impl Read) -> io::Result<Self> {
        let mut bytes = Vec::new();
        from.by_ref().take(IN_MEMORY as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.len() <= IN_MEMORY {
            return Ok(Self(Kept::Memory(bytes.into())));
        }
        let mut file = tempfile::tempfile()?;
        file.write_all(&bytes)?;
        io::copy(&mut from, &mut file)?;
        Ok(Self(Kept::File(Arc::new(file))))
    }

    /// Some bytes from `at` on; none at the end.
    pub async fn piece(&self, at: u64) -> io::Result<Arc<[u8]>> {
        match &self.0 {
            Kept::Memory(bytes) => {
                let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..));
                let rest = rest.unwrap_or_default();
                Ok(rest[..rest.len().min(PIECE)].into())
            }
            Kept::File(file) => piece(file, at, PIECE).await,
        }
    }
}

/// At most `most` bytes of `file` from `at` on; none at its end.
pub async fn piece(file: &Arc<File>, at: u64, most: usize) -> io::Result<Arc<[u8]>> {
    let file = Arc::clone(file);
    let read = move || {
        let mut bytes = vec![0; most];
        let mut length = 0;
        while length < most {
            match file.read_at(&mut bytes[length..], at + length as u64) {
                Ok(0) => break,
                Ok(more) => length += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        bytes.truncate(length);
        Ok(bytes.into())
    };
    let read = tokio::task::spawn_blocking(read).await;
    read.unwrap_or_else(|error| Err(io::Error::other(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn little_and_much_come_back_as_they_were() {
        for length in [
            0,
            1,
            PIECE,
            PIECE + 1,
            IN_MEMORY,
            IN_MEMORY + 1,
            3 * IN_MEMORY + 7,
        ] {
            let all: Vec<u8> = (0..=250).cycle().take(length).collect();
            let spool = Spool::read(all.as_slice()).unwrap();
            assert_eq!(matches!(spool.0, Kept::File(_)), length > IN_MEMORY);
            let mut back: Vec<u8> = Vec::new();
            loop {
                let piece = spool.piece(back.len() as u64).await.unwrap();
                if piece.is_empty() {
                    break;
                }
                back.extend_from_slice(&piece);
            }
            assert!(back == all, "{length} bytes");
        }
    }
}
