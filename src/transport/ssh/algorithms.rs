//! The algorithms offered to a host: an explicit list, so that nothing weak comes back with a library's default.
//!
//! No SHA-1, no CBC, no encrypt-and-MAC: ciphers authenticate themselves or come with an encrypt-then-MAC. What is
//! here is what OpenSSH offers since 7.4 (2016), less the costly: group 16 takes a client 51 ms, group 14 takes 7.5.

use std::borrow::Cow;

use russh::keys::{Algorithm, EcdsaCurve, HashAlg};
use russh::{Preferred, cipher, compression, kex, mac};

const KEX: &[kex::Name] = &[
    kex::MLKEM768X25519_SHA256,
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    // For hosts in FIPS mode, which have neither of the above.
    kex::ECDH_SHA2_NISTP256,
    kex::ECDH_SHA2_NISTP384,
    kex::ECDH_SHA2_NISTP521,
    kex::DH_G14_SHA256,
    kex::DH_G16_SHA512,
    kex::DH_G18_SHA512,
    // Not algorithms: the client can hear which signatures the host takes (RFC 8308), and wants strict key
    // exchange, which is what keeps Terrapin (CVE-2023-48795) out.
    kex::EXTENSION_SUPPORT_AS_CLIENT,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT,
];

const CIPHERS: &[cipher::Name] = &[
    // First, for hosts too old for strict key exchange: GCM is not open to Terrapin even there.
    cipher::AES_256_GCM,
    cipher::AES_128_GCM,
    cipher::CHACHA20_POLY1305,
    cipher::AES_256_CTR,
    cipher::AES_192_CTR,
    cipher::AES_128_CTR,
];

const MACS: &[mac::Name] = &[mac::HMAC_SHA256_ETM, mac::HMAC_SHA512_ETM];

/// Host key algorithms, best first.
const HOST_KEYS: &[Algorithm] = &[
    Algorithm::Ed25519,
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP256,
    },
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP384,
    },
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP521,
    },
    Algorithm::Rsa {
        hash: Some(HashAlg::Sha512),
    },
    Algorithm::Rsa {
        hash: Some(HashAlg::Sha256),
    },
];

/// What to offer to a host of which keys of the types `recorded` are known: those first, or a host that also has a
/// better key would offer one nobody wrote down.
pub(super) fn preferred(recorded: &[&str]) -> Preferred {
    let mut host_keys = HOST_KEYS.to_vec();
    host_keys.sort_by_key(|algorithm| !recorded.contains(&key_type(algorithm)));
    Preferred {
        kex: Cow::Borrowed(KEX),
        key: Cow::Owned(host_keys),
        // Certificates of hosts: none is asked for until authorities can be trusted.
        host_key_certificates: Cow::Borrowed(&[]),
        cipher: Cow::Borrowed(CIPHERS),
        mac: Cow::Borrowed(MACS),
        compression: Cow::Borrowed(&[compression::NONE]),
    }
}

/// The type a key of this algorithm is recorded under.
fn key_type(algorithm: &Algorithm) -> &str {
    match algorithm {
        Algorithm::Rsa { .. } => "ssh-rsa",
        other => other.as_str(),
    }
}
