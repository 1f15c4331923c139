//! Which signatures count: what `CASignatureAlgorithms`, `PubkeyAcceptedAlgorithms` and `RequiredRSASize` leave of our
//! keys. SHA-1 (`ssh-rsa`) is in no list, so nobody gets it by asking.

use russh::keys::HashAlg;

use super::identity::Candidate;
use super::key::Key;
use super::trust::SHORTEST_RSA;
use crate::inventory::{AlgorithmList, Connection};

/// By keys alone, best first.
pub(super) const SIGNATURES: &[&str] = &[
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "rsa-sha2-512",
    "rsa-sha2-256",
];

/// By keys with a certificate.
const CERTIFIED: &[&str] = &[
    "ssh-ed25519-cert-v01@openssh.com",
    "ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "ecdsa-sha2-nistp384-cert-v01@openssh.com",
    "ecdsa-sha2-nistp521-cert-v01@openssh.com",
    "sk-ssh-ed25519-cert-v01@openssh.com",
    "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "rsa-sha2-512-cert-v01@openssh.com",
    "rsa-sha2-256-cert-v01@openssh.com",
];

/// Those of `all` that are `wanted`, best first.
pub(super) fn allowed(all: &[&'static str], wanted: Option<&AlgorithmList>) -> Vec<&'static str> {
    wanted.map_or_else(|| all.to_vec(), |wanted| wanted.of(all, all))
}

/// The algorithms a key may sign by, best first.
fn algorithms(candidate: &Candidate, wanted: Option<&AlgorithmList>) -> Vec<&'static str> {
    let own = candidate.key.algorithm();
    let fits = |name: &&str| {
        let signature = match name.strip_suffix("-cert-v01@openssh.com") {
            Some(signature) => signature,
            None => name.strip_suffix("@openssh.com").unwrap_or(name),
        };
        if candidate.is_rsa() {
            signature.starts_with("rsa-")
        } else {
            own.as_str().strip_suffix("@openssh.com").unwrap_or(own.as_str()) == signature
        }
    };
    let all = [CERTIFIED, SIGNATURES].concat();
    let kind = if candidate.certificate.is_some() {
        CERTIFIED
    } else {
        SIGNATURES
    };
    let mut names = allowed(&all, wanted);
    names.retain(|name| kind.contains(name) && fits(name));
    names
}

/// Why a key may not be shown, if it may not.
pub(super) fn refusal(candidate: &Candidate, connection: &Connection) -> Option<String> {
    let required = connection.required_rsa_size.max(SHORTEST_RSA);
    let key = candidate.key.to_bytes().ok().and_then(Key::from_blob);
    match key.and_then(|key| key.rsa_bits()) {
        Some(bits) if bits < u64::from(required) => {
            return Some(format!(
                "it has {bits} bits, and RequiredRSASize wants {required}"
            ));
        }
        _ => {}
    }
    algorithms(candidate, connection.algorithms.public_keys.as_ref())
        .is_empty()
        .then(|| "PubkeyAcceptedAlgorithms leaves it out".to_owned())
}

/// The hashes an RSA key may sign with, best first.
pub(super) fn rsa_hashes(candidate: &Candidate, connection: &Connection) -> Vec<HashAlg> {
    let names = algorithms(candidate, connection.algorithms.public_keys.as_ref());
    let hash = |name: &&str| {
        if name.starts_with("rsa-sha2-512") {
            HashAlg::Sha512
        } else {
            HashAlg::Sha256
        }
    };
    names.iter().map(hash).collect()
}
