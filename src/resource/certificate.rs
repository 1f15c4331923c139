//! `certificate`: a key made on the host, and a certificate or a request for one.

use core::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fields::{Access, check_path};
use super::{Invalid, Mode, Presence, State};
use crate::script::{Read, Script};
use crate::sh;

/// A certificate for TLS that the host signs itself, or a request that an authority may sign, and the key of both.
///
/// The key is made on the host and never leaves it; its mode is `0600`. A certificate is renewed, with the same key, by
/// the first push in the last `renew_before` days of its life. One that an authority has signed for the same key and
/// names is left in place. The host needs the package `openssl`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// The certificate's or request's path (PEM); its directory must be there already.
    #[serde(rename = "certificate")]
    pub path: String,
    /// The key's path (PEM). A key that is there is used, if it is one of `key_type`.
    pub key: String,
    /// The names and addresses it is for; the first is also its common name.
    pub names: Vec<String>,
    /// Which kind of key.
    #[serde(default)]
    pub key_type: KeyType,
    /// The user who owns the key; when not said, that is left alone.
    pub owner: Option<String>,
    /// Whether it is a request to be signed elsewhere, and not a certificate.
    #[serde(default)]
    pub request: bool,
    /// How many days a certificate lives.
    #[serde(default = "a_year")]
    pub days: u32,
    /// How many days before its end it is renewed.
    #[serde(default = "a_month")]
    pub renew_before: u32,
}

fn a_year() -> u32 {
    365
}

fn a_month() -> u32 {
    30
}

impl Certificate {
    /// A certificate at `path` for `names`, signed by the host with the key at `key`.
    pub fn new(
        path: impl Into<String>,
        key: impl Into<String>,
        names: impl IntoIterator<Item = String>,
    ) -> Self {
        Self {
            path: path.into(),
            key: key.into(),
            names: names.into_iter().collect(),
            key_type: KeyType::default(),
            owner: None,
            request: false,
            days: a_year(),
            renew_before: a_month(),
        }
    }
}

/// A kind of key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeyType {
    /// ECDSA on NIST's P-256: small, and known everywhere.
    #[default]
    EcdsaP256,
    /// ECDSA on NIST's P-384.
    EcdsaP384,
    /// Ed25519, which browsers do not take.
    Ed25519,
    /// RSA with 2048 bits.
    #[serde(rename = "rsa-2048")]
    Rsa2048,
    /// RSA with 3072 bits.
    #[serde(rename = "rsa-3072")]
    Rsa3072,
    /// RSA with 4096 bits.
    #[serde(rename = "rsa-4096")]
    Rsa4096,
}

impl KeyType {
    fn word(self) -> &'static str {
        match self {
            Self::EcdsaP256 => "ecdsa-p256",
            Self::EcdsaP384 => "ecdsa-p384",
            Self::Ed25519 => "ed25519",
            Self::Rsa2048 => "rsa-2048",
            Self::Rsa3072 => "rsa-3072",
            Self::Rsa4096 => "rsa-4096",
        }
    }
}

/// A name as openssl's settings want it, and as openssl shows it without its spaces.
fn both_forms(name: &str) -> (String, String) {
    match name.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => (format!("IP:{address}"), format!("IPAddress:{address}")),
        Ok(IpAddr::V6(address)) => {
            let parts = address.segments().map(|part| format!("{part:X}"));
            (format!("IP:{address}"), format!("IPAddress:{}", parts.join(":")))
        }
        Err(_) => (format!("DNS:{name}"), format!("DNS:{name}")),
    }
}

/// Refuses what is neither a host's name (RFC 1123, with a `*` as its first part, RFC 6125) nor an address.
fn check_host(name: &str) -> Result<(), String> {
    if name.parse::<IpAddr>().is_ok() {
        return Ok(());
    }
    let part = |part: &str| {
        !part.is_empty()
            && part.len() <= 63
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let rest = name.strip_prefix("*.").unwrap_or(name);
    if name.len() > 253 || !rest.split('.').all(part) {
        return Err(format!("{name:?} is neither a host's name nor an address"));
    }
    Ok(())
}

impl Certificate {
    fn settings(&self) -> String {
        let names: Vec<String> = self.names.iter().map(|name| both_forms(name).0).collect();
        format!(
            "[req]\nprompt = no\ndistinguished_name = name\nx509_extensions = wanted\nreq_extensions = wanted\n\
             [name]\nCN = {}\n[wanted]\nbasicConstraints = critical, CA:FALSE\n\
             keyUsage = critical, digitalSignature, keyEncipherment\nextendedKeyUsage = serverAuth, clientAuth\n\
             subjectAltName = {}\n",
            self.names.first().map(String::as_str).unwrap_or_default(),
            names.join(", ")
        )
    }

    fn access(&self) -> Access<'_> {
        Access {
            mode: Some(Mode::new(0o600)),
            owner: self.owner.as_deref(),
            group: None,
        }
    }
}

impl State for Certificate {
    fn title(&self) -> String {
        format!("certificate {}", self.path)
    }

    fn check(&self) -> Script {
        let shown: Vec<String> = self.names.iter().map(|name| both_forms(name).1).collect();
        let mut script = sh!(
            "{}; [ \"$path_type\" = 8 ]{} && certificate_holds {} {} {} {} {}",
            Read::Path(self.key.clone()),
            self.access().conditions(),
            Script::raw(if self.request { "req" } else { "x509" }),
            Script::path(&self.path),
            Script::path(&self.key),
            self.key_type.word(),
            shown.join(",")
        );
        if !self.request {
            let seconds = u64::from(self.renew_before) * 86_400;
            script.append(sh!(
                " && certificate_lasts {} {}",
                Script::path(&self.path),
                seconds.to_string()
            ));
        }
        script
    }

    fn apply(&self) -> Script {
        let days = if self.request {
            String::new()
        } else {
            self.days.to_string()
        };
        sh!(
            "make_certificate {} {} {} {} {} {}",
            Script::path(&self.path),
            Script::path(&self.key),
            self.key_type.word(),
            self.owner.clone().unwrap_or_default(),
            days,
            self.settings()
        )
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_path("certificate", &self.path)?;
        check_path("key", &self.key)?;
        if self.path == self.key {
            return Err(Invalid::of("key")(
                "the key and the certificate cannot be one file".to_owned(),
            ));
        }
        match self.names.first() {
            None => return Err(Invalid::of("names")("a certificate needs a name".to_owned())),
            // ub-common-name, RFC 5280, appendix A.1.
            Some(first) if first.len() > 64 => {
                return Err(Invalid::of("names")(format!(
                    "{first:?} is longer than the 64 characters of a common name; let a shorter one be the first"
                )));
            }
            Some(_) => {}
        }
        self.names
            .iter()
            .try_for_each(|name| check_host(name))
            .map_err(Invalid::of("names"))?;
        if self.renew_before >= self.days && !self.request {
            return Err(Invalid::of("renew_before")(format!(
                "a certificate of {} days that is renewed {} days before its end is renewed by every push",
                self.days, self.renew_before
            )));
        }
        self.access().validate(Presence::Present)
    }

    fn asks_itself(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_hosts_or_addresses() {
        for good in [
            "app.example.com",
            "*.example.com",
            "localhost",
            "10.0.0.1",
            "fd00::1",
            "a_b.c",
        ] {
            assert_eq!(check_host(good), Ok(()));
        }
        for bad in [
            "",
            "a b",
            "a,b",
            "a..b",
            "*",
            "a.*.b",
            "-a",
            "a\nb",
            "$x",
            "a.example.com.",
        ] {
            assert!(check_host(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses_are_compared_as_openssl_shows_them() {
        assert_eq!(both_forms("fd00::1").1, "IPAddress:FD00:0:0:0:0:0:0:1");
        assert_eq!(both_forms("10.0.0.1").1, "IPAddress:10.0.0.1");
    }
}
