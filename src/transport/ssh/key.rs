//! Public keys as bytes: enough to compare, record and name them.

use data_encoding::{BASE64, BASE64_NOPAD};
use sha2::{Digest, Sha256};

/// A public key as the wire has it (RFC 4253, section 6.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its type, such as `ssh-ed25519`; `ssh-rsa` for every RSA key.
    pub key_type: String,
    /// The whole blob, the type included.
    pub blob: Vec<u8>,
}

impl Key {
    /// Reads a key blob; `None` when it does not begin with a type.
    pub fn from_blob(blob: Vec<u8>) -> Option<Self> {
        let length = u32::from_be_bytes(*blob.first_chunk()?);
        let name = blob.get(4..4_usize.checked_add(usize::try_from(length).ok()?)?)?;
        let key_type = std::str::from_utf8(name).ok()?.to_owned();
        Some(Self { key_type, blob })
    }

    /// The SHA-256 fingerprint, as `ssh-keygen -l` prints it.
    pub fn fingerprint(&self) -> String {
        format!("SHA256:{}", BASE64_NOPAD.encode(&Sha256::digest(&self.blob)))
    }

    /// How long an RSA key is, in bits; no other key has a choice.
    pub(super) fn rsa_bits(&self) -> Option<u64> {
        if self.key_type != "ssh-rsa" {
            return None;
        }
        let string = |rest: &mut &[u8]| -> Option<Vec<u8>> {
            let (length, behind) = rest.split_first_chunk()?;
            let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
            let (string, behind) = behind.split_at_checked(length)?;
            *rest = behind;
            Some(string.to_vec())
        };
        // Type, exponent, modulus (RFC 4253, section 6.6).
        let mut rest = self.blob.as_slice();
        let (_, _, modulus) = (string(&mut rest)?, string(&mut rest)?, string(&mut rest)?);
        let start = modulus.iter().position(|byte| *byte != 0)?;
        let bytes = u64::try_from(modulus.len() - start).ok()?;
        Some(bytes * 8 - u64::from(modulus[start].leading_zeros()))
    }

    /// The line that records this key for `name`, without its end.
    pub fn line(&self, name: &str) -> String {
        format!("{name} {} {}", self.key_type, BASE64.encode(&self.blob))
    }

    /// Reads `type base64 comment`.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut words = text.split([' ', '\t']).filter(|word| !word.is_empty());
        let key_type = words.next().ok_or("the key is missing")?;
        let base64 = words.next().ok_or("the key is missing")?;
        let blob = BASE64
            .decode(base64.as_bytes())
            .map_err(|_| "the key is not base64")?;
        let key = Self::from_blob(blob).ok_or("the key is cut short")?;
        if key.key_type != key_type {
            return Err("the key is not of the type written before it");
        }
        Ok(key)
    }
}
