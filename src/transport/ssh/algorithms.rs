//! The algorithms offered to a host: an explicit list, so that nothing weak comes back with a library's default.
//!
//! No SHA-1, no CBC, no encrypt-and-MAC: ciphers authenticate themselves or come with an encrypt-then-MAC. What is
//! here is what OpenSSH offers since 7.4 (2016), less the costly: group 16 takes a client 51 ms, group 14 takes 7.5.
//! Whatever else there is can be asked for by name. `docs/ssh.md` gives a reason for each that a scan complains about.

use std::borrow::Cow;

use russh::keys::{Algorithm, EcdsaCurve, HashAlg};
use russh::{Preferred, cipher, compression, kex, mac};

use crate::inventory::{AlgorithmList, Algorithms};

const KEX: &[kex::Name] = &[
    kex::MLKEM768X25519_SHA256,
    kex::CURVE25519,
    // For hosts in FIPS mode, which have neither of the above; and for those that trust no curve. No such host has
    // only the larger curves or groups.
    kex::ECDH_SHA2_NISTP256,
    kex::DH_G14_SHA256,
    kex::DH_G16_SHA512,
];

/// Not algorithms: the client can hear which signatures the host takes (RFC 8308), and wants strict key exchange, which
/// is what keeps Terrapin (CVE-2023-48795) out.
const EXTENSIONS: [kex::Name; 2] = [
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

/// Which host certificates are asked for, always before plain keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Certificates {
    /// None: they could decide nothing.
    None,
    /// Those of all types.
    All,
    /// Those of the types recorded.
    OfRecorded,
}

/// What to offer to a host of which keys of the types `recorded` are known: those first, or a host that also has a
/// better key would offer one nobody wrote down. An error says which list of `wanted` leaves nothing.
/// Certificates are asked for only where they may decide.
pub(super) fn preferred(
    recorded: &[&str],
    wanted: &Algorithms,
    certificates: Certificates,
) -> Result<Preferred, String> {
    let all: Vec<kex::Name> = kex::ALL_KEX_ALGORITHMS.iter().map(|name| **name).collect();
    let mut kex = chosen("KexAlgorithms", wanted.kex.as_ref(), KEX, &all, |name| {
        name.as_ref()
    })?;
    kex.extend(EXTENSIONS);
    let all: Vec<cipher::Name> = cipher::ALL_CIPHERS.iter().map(|name| **name).collect();
    let ciphers = chosen("Ciphers", wanted.ciphers.as_ref(), CIPHERS, &all, |name| {
        name.as_ref()
    })?;
    let all: Vec<mac::Name> = mac::ALL_MAC_ALGORITHMS.iter().map(|name| **name).collect();
    let macs = chosen("MACs", wanted.macs.as_ref(), MACS, &all, |name| name.as_ref())?;
    let all = [HOST_KEYS, &[Algorithm::Rsa { hash: None }]].concat();
    let host_keys = wanted.host_keys.as_ref();
    let mut keys = chosen("HostKeyAlgorithms", host_keys, HOST_KEYS, &all, |algorithm| {
        algorithm.as_str()
    })?;
    // As in OpenSSH: somebody who gives an order wants that one.
    if !matches!(
        host_keys,
        Some(AlgorithmList::Only(_) | AlgorithmList::Prepend(_))
    ) {
        keys.sort_by_key(|algorithm| !recorded.contains(&key_type(algorithm)));
    }
    let certificates = match certificates {
        Certificates::None => Vec::new(),
        Certificates::All => HOST_KEYS.to_vec(),
        Certificates::OfRecorded => {
            let recorded = |algorithm: &&Algorithm| recorded.contains(&key_type(algorithm));
            HOST_KEYS.iter().filter(recorded).cloned().collect()
        }
    };
    Ok(Preferred {
        kex: kex.into(),
        key: keys.into(),
        host_key_certificates: certificates.into(),
        cipher: ciphers.into(),
        mac: macs.into(),
        compression: Cow::Borrowed(&[compression::NONE]),
    })
}

/// Those of `all` that are `wanted`, best first. What is only there by name, such as no encryption, is never chosen.
fn chosen<T: Clone>(
    directive: &str,
    wanted: Option<&AlgorithmList>,
    defaults: &[T],
    all: &[T],
    name: impl Fn(&T) -> &str,
) -> Result<Vec<T>, String> {
    let Some(wanted) = wanted else {
        return Ok(defaults.to_vec());
    };
    let some = |names: &[T]| -> Vec<String> {
        let names = names.iter().map(|one| name(one).to_owned());
        names.filter(|name| name != "none" && name != "clear").collect()
    };
    let (usual, known) = (some(defaults), some(all));
    let usual: Vec<&str> = usual.iter().map(String::as_str).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let names = wanted.of(&usual, &known);
    let chosen: Vec<T> = names
        .iter()
        .filter_map(|wanted| all.iter().find(|one| name(one) == *wanted).cloned())
        .collect();
    if chosen.is_empty() {
        return Err(format!(
            "`{directive}` leaves none of those there are: {}",
            known.join(", ")
        ));
    }
    Ok(chosen)
}

/// The type a key of this algorithm is recorded under.
fn key_type(algorithm: &Algorithm) -> &str {
    match algorithm {
        Algorithm::Rsa { .. } => "ssh-rsa",
        other => other.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_weak_is_offered_unless_somebody_asks_for_it_by_name() {
        let names = |wanted: &Algorithms| {
            let preferred = preferred(&[], wanted, Certificates::None).unwrap();
            let ciphers = preferred.cipher.iter().map(|name| name.as_ref().to_owned());
            ciphers
                .chain(preferred.mac.iter().map(|name| name.as_ref().to_owned()))
                .collect::<Vec<_>>()
        };
        assert!(
            names(&Algorithms::default())
                .iter()
                .all(|name| !name.contains("cbc") && !name.contains("sha1"))
        );
        let wanted = Algorithms {
            ciphers: Some(AlgorithmList::parse("+aes256-cbc,*")),
            macs: Some(AlgorithmList::parse("hmac-sha1,none,nobody-knows")),
            ..Algorithms::default()
        };
        let told = names(&wanted);
        assert!(
            told.contains(&"aes256-cbc".to_owned()) && told.contains(&"hmac-sha1".to_owned()),
            "{told:?}"
        );
        assert!(
            !told.contains(&"none".to_owned()) && !told.contains(&"clear".to_owned()),
            "{told:?}"
        );
    }

    #[test]
    fn a_list_that_leaves_nothing_is_told() {
        let wanted = Algorithms {
            kex: Some(AlgorithmList::parse("-*")),
            ..Algorithms::default()
        };
        assert!(
            preferred(&[], &wanted, Certificates::None)
                .unwrap_err()
                .contains("KexAlgorithms")
        );
        let wanted = Algorithms {
            kex: Some(AlgorithmList::parse("^ecdh-sha2-nistp384")),
            ..Algorithms::default()
        };
        let preferred = preferred(&[], &wanted, Certificates::None).unwrap();
        assert_eq!(preferred.kex[0], kex::ECDH_SHA2_NISTP384);
        assert!(
            preferred.kex.ends_with(&EXTENSIONS),
            "strict key exchange is always wanted"
        );
    }

    #[test]
    fn recorded_types_come_first_unless_somebody_orders() {
        let first = |wanted: Option<&str>| {
            let wanted = Algorithms {
                host_keys: wanted.map(AlgorithmList::parse),
                ..Algorithms::default()
            };
            preferred(&["ssh-rsa"], &wanted, Certificates::None).unwrap().key[0].clone()
        };
        assert_eq!(
            first(None),
            Algorithm::Rsa {
                hash: Some(HashAlg::Sha512)
            }
        );
        assert_eq!(first(Some("ssh-ed25519,rsa-sha2-512")), Algorithm::Ed25519);
    }
}
