//! Certificates of hosts: whether one says, to somebody who believes its authority, that this key is this host's.
//!
//! Everything but the belief itself, which is `known_hosts`' to give: kind, time, names, options, signature. The rules
//! are those of `ssh-keygen(1)` and OpenSSH's PROTOCOL.certkeys; none is left to the library.

use russh::keys::{Certificate, HashAlg, PublicKey};

use super::accepted::{SIGNATURES, allowed};
use super::key::Key;
use crate::event::CertificateProblem;
use crate::inventory::AlgorithmList;

/// A certificate as a host presented it, with what is asked of `known_hosts`.
pub(super) struct Presented<'a> {
    certificate: &'a Certificate,
    /// The key it is about.
    pub(super) subject: Key,
    /// The key that signed it.
    pub(super) authority: Key,
}

impl<'a> Presented<'a> {
    /// Reads it; `None` when a key in it cannot be written down.
    pub(super) fn new(certificate: &'a Certificate) -> Option<Self> {
        let key = |data: &russh::keys::ssh_key::public::KeyData| {
            PublicKey::from(data.clone())
                .to_bytes()
                .ok()
                .and_then(Key::from_blob)
        };
        Some(Self {
            certificate,
            subject: key(certificate.public_key())?,
            authority: key(certificate.signature_key())?,
        })
    }

    /// What its authority calls it.
    pub(super) fn key_id(&self) -> &str {
        self.certificate.key_id()
    }

    /// The names it is good for; none means any.
    pub(super) fn principals(&self) -> &[String] {
        self.certificate.valid_principals()
    }

    /// Whether it is good for the host `name`, in lower case and without a port, at `now`, in seconds since 1970.
    /// It may be signed by the algorithms `wanted`.
    pub(super) fn check(
        &self,
        name: &str,
        now: u64,
        wanted: Option<&AlgorithmList>,
    ) -> Result<(), CertificateProblem> {
        let certificate = self.certificate;
        if !certificate.cert_type().is_host() {
            return Err(CertificateProblem::NotAHosts);
        }
        if now < certificate.valid_after() {
            return Err(CertificateProblem::NotYetValid);
        }
        if now >= certificate.valid_before() {
            return Err(CertificateProblem::Expired);
        }
        if !self.principals().is_empty() && !self.principals().iter().any(|principal| principal == name) {
            return Err(CertificateProblem::OtherName);
        }
        if certificate.critical_options().iter().next().is_some() {
            return Err(CertificateProblem::UnknownOption);
        }
        if !allowed(SIGNATURES, wanted).contains(&certificate.signature().algorithm().as_str()) {
            return Err(CertificateProblem::UnwantedAlgorithm);
        }
        let authority = certificate.signature_key().fingerprint(HashAlg::Sha256);
        // The time was checked; any time within its own bounds leaves the signature to be judged.
        let signed = certificate.validate_at(certificate.valid_after(), [&authority]);
        if signed.is_err() {
            return Err(CertificateProblem::BadSignature);
        }
        Ok(())
    }
}
