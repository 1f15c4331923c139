//! Quoting by the rules of POSIX.1-2017, XCU 2.2.2: inside single quotes every byte is itself, except the quote.

/// A word held a NUL byte, which no shell can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a shell word cannot hold a NUL byte")]
pub struct NulError;

/// Whether the shell reads `byte` as itself without quotes, wherever it stands.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'/' | b'.' | b'_' | b'-' | b'+' | b'@' | b'%' | b',' | b':')
}

/// Writes `word` to `out` so that the shell reads it back byte for byte as one word.
pub fn quote(word: &[u8], out: &mut Vec<u8>) -> Result<(), NulError> {
    if word.contains(&0) {
        return Err(NulError);
    }
    if !word.is_empty() && word.iter().copied().all(is_plain) {
        out.extend_from_slice(word);
        return Ok(());
    }
    out.push(b'\'');
    for &byte in word {
        match byte {
            b'\'' => out.extend_from_slice(br"'\''"),
            _ => out.push(byte),
        }
    }
    out.push(b'\'');
    Ok(())
}

/// Writes a path of the host as one word. `~/` is the home of the user the program runs as; without one the shell
/// stops rather than take the path for one of the root directory.
pub(super) fn quote_path(path: &str, out: &mut Vec<u8>) -> Result<(), NulError> {
    let Some(rest) = path.strip_prefix("~/") else {
        return quote(path.as_bytes(), out);
    };
    out.extend_from_slice(b"\"${HOME:?}\"/");
    quote(rest.as_bytes(), out)
}

/// Writes a command to `out` whose stdout is `bytes`, exactly.
///
/// `printf %s` does for every byte but NUL; with a NUL the bytes go through `%b`, whose escapes are POSIX's
/// (XCU, printf: `\0ddd`).
pub(super) fn produce(bytes: &[u8], out: &mut Vec<u8>) {
    if !bytes.contains(&0) {
        out.extend_from_slice(b"printf %s ");
        // The guard above is the only error there is.
        let _ = quote(bytes, out);
        return;
    }
    let mut escaped = Vec::with_capacity(bytes.len() + 64);
    for &byte in bytes {
        match byte {
            0 => escaped.extend_from_slice(br"\0000"),
            b'\\' => escaped.extend_from_slice(br"\\"),
            _ => escaped.push(byte),
        }
    }
    out.extend_from_slice(b"printf %b ");
    let _ = quote(&escaped, out);
}
