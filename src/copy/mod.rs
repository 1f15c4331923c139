//! Files to hosts and from them, over the same `sh` as all else: no sftp, no rsync.
//!
//! A host is asked first what it has, by a program that changes nothing and is the whole of a dry-run; then it is sent a
//! second half that carries out what is needed. What it says stands behind its own nonce, in lines of a few words and
//! in bytes that were counted beforehand ([`reader`]), so no content can be taken for anything else. On both sides a
//! file is built where nobody else can look, and renamed when its digest is right; what a cut leaves is gone on with.
//!
//! A host is trusted with what was asked of it and no more: names stay below what was asked for ([`names`]), nothing
//! follows or makes a link here ([`place`]), and sizes are what was announced.

mod download;
mod listing;
mod local;
mod names;
mod place;
mod program;
mod reader;
mod talk;
mod tally;
mod upload;

pub use download::{Download, Fetch, Options};
pub use local::{Batch, Entry, Kind, Refused, gather};
pub use names::{base_name, is_remote};
pub use upload::{Access, Target, Upload};

use std::io::Read;

use sha2::{Digest, Sha256};

/// A SHA-256 in hex.
pub(crate) fn hex(digest: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(digest)
}

/// Whether `text` is a SHA-256 in hex, as `sha256sum` prints it.
fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The digest of the first `length` bytes of `from`, and how many there were.
fn digest(from: impl Read, length: u64) -> std::io::Result<(String, u64, Sha256)> {
    let mut sha = Sha256::new();
    let mut from = from.take(length);
    let mut piece = vec![0; 64 << 10];
    let mut all = 0;
    loop {
        match from.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => {
                sha.update(&piece[..read]);
                all += read as u64;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok((hex(&sha.clone().finalize()), all, sha))
}
