//! The shapes a secret may come back in: as it is, and as common encoders write it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Shorter values are not looked for.
const MIN_LEN: usize = 4;

/// Lines of a secret, and encodings that begin in mid-word, are only looked for from this length on.
const MIN_PART: usize = 8;

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Everything to look for, each once.
pub(super) fn of(secrets: impl IntoIterator<Item = String>) -> Vec<Vec<u8>> {
    let mut all = BTreeSet::new();
    for secret in secrets {
        let secret = secret.trim_end_matches(['\r', '\n']);
        if secret.len() < MIN_LEN {
            continue;
        }
        // A key of many lines is shown line by line, with something before each.
        let lines = secret.lines().filter(|line| line.len() >= MIN_PART);
        all.extend(lines.map(|line| line.as_bytes().to_vec()));
        all.insert(secret.as_bytes().to_vec());
        all.insert(json(secret).into_bytes());
        all.insert(url(secret).into_bytes());
        all.insert(hex(secret).into_bytes());
        let encoded = (0..3).map(|offset| base64_core(secret.as_bytes(), offset));
        all.extend(encoded.filter(|core| core.len() >= MIN_PART - 1));
    }
    all.into_iter().collect()
}

fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn url(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Those characters of the base64 of anything that holds `secret` at `offset` modulo 3, which follow from `secret` alone.
fn base64_core(secret: &[u8], offset: usize) -> Vec<u8> {
    let bits = secret
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    // Of the first character some bits belong to what stands before: leave it out.
    let skip = (6 - offset * 8 % 6) % 6;
    let bits: Vec<u8> = bits.skip(skip).collect();
    let sextets = bits.chunks_exact(6);
    sextets
        .map(|sextet| BASE64[sextet.iter().fold(0, |value, bit| value << 1 | usize::from(*bit))])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_stands_in_every_base64_that_holds_the_secret() {
        // echo -n PREFIXcorrect horse | base64, with prefixes of 0, 1 and 2 bytes.
        let cases = [
            (0, "Y29ycmVjdCBob3JzZQ=="),
            (1, "eGNvcnJlY3QgaG9yc2U="),
            (2, "eHhjb3JyZWN0IGhvcnNl"),
        ];
        for (offset, encoded) in cases {
            let core = String::from_utf8(base64_core(b"correct horse", offset)).unwrap();
            assert!(encoded.contains(&core), "{encoded} does not hold {core}");
            assert!(core.len() >= 15);
        }
    }

    #[test]
    fn other_forms_are_those_of_their_encoders() {
        assert_eq!(json("a\"b\\c\n"), r#"a\"b\\c\n"#);
        assert_eq!(url("p@ss w/ü"), "p%40ss%20w%2F%C3%BC");
        assert_eq!(hex("k9\n"), "6b390a");
    }
}
