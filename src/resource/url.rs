//! Where something is fetched from, as several kinds of step have it.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use sha2::{Digest as _, Sha256};

use super::Invalid;
use crate::script::{Script, Secret};

/// A URL. The user name and password in it, if there are any, are secrets: they are shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    whole: Secret,
    bare: String,
    credentials: Option<(Secret, Secret)>,
}

impl Url {
    /// Takes `text` apart; [`Url::check`] says whether it is one.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let (bare, credentials) = match text.split_once("://") {
            Some((scheme, rest)) => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                match authority.rsplit_once('@') {
                    // The user of SSH is part of the address, and no secret.
                    Some((user, host)) if scheme != "ssh" => {
                        let (user, password) = user.split_once(':').unwrap_or((user, ""));
                        let credentials = (Secret::new(decode(user)), Secret::new(decode(password)));
                        (format!("{scheme}://{host}{path}"), Some(credentials))
                    }
                    _ => (text.clone(), None),
                }
            }
            None => (text.clone(), None),
        };
        Self {
            whole: Secret::new(text),
            bare,
            credentials,
        }
    }

    /// Without its credentials.
    pub fn bare(&self) -> &str {
        &self.bare
    }

    /// All of it. Whoever calls this answers for where it goes.
    pub fn whole(&self) -> &str {
        self.whole.expose()
    }

    /// User name and password.
    pub fn credentials(&self) -> Option<(&Secret, &Secret)> {
        self.credentials.as_ref().map(|(user, password)| (user, password))
    }

    /// All of it as one word of a script, a secret one when it holds credentials.
    pub fn word(&self) -> Script {
        match self.credentials {
            Some(_) => (&self.whole).into(),
            None => (&self.bare).into(),
        }
    }

    /// What nobody may see: the URL, and the password by itself.
    pub fn secrets(&self) -> Vec<Secret> {
        match &self.credentials {
            Some((_, password)) if !password.expose().is_empty() => {
                vec![self.whole.clone(), password.clone()]
            }
            Some((user, _)) => vec![self.whole.clone(), user.clone()],
            None => Vec::new(),
        }
    }

    /// Refuses, as the value of `key`, what has none of these schemes, and characters that a URL writes as `%XX`
    /// (RFC 3986, section 2).
    pub fn check(&self, key: &'static str, schemes: &[&str]) -> Result<(), Invalid> {
        let wrong = |what: String| Err(Invalid::of(key)(format!("{:?} {what}", self.bare)));
        let text = self.whole.expose();
        match text.split_once("://") {
            Some((scheme, rest)) if schemes.contains(&scheme) && !rest.is_empty() => {}
            _ => {
                let all: Vec<String> = schemes.iter().map(|scheme| format!("{scheme}://")).collect();
                return wrong(format!(
                    "is no URL that can be fetched: it begins with {}",
                    all.join(", ")
                ));
            }
        }
        let fits = |c: char| c.is_ascii_graphic() && !"\"\\<>^`{|}".contains(c);
        match text.chars().find(|&c| !fits(c)) {
            Some(bad) => wrong(format!("is no URL: {bad:?} is written as %XX in one")),
            None => Ok(()),
        }
    }
}

/// Replaces `%XX` by what it stands for; what is no such thing, or is no text, stays as it is.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes
            .get(at + 1..at + 3)
            .and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if bytes[at] == b'%' => {
                out.push(byte);
                at += 3;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.bare)
    }
}

impl<'de> Deserialize<'de> for Url {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

impl JsonSchema for Url {
    fn schema_name() -> Cow<'static, str> {
        "Url".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// Refuses, as the value of `key`, what is no SHA-256 in hex.
pub(super) fn check_digest(key: &'static str, digest: &str) -> Result<(), Invalid> {
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if digest.len() == 64 && digest.bytes().all(hex) {
        return Ok(());
    }
    Err(Invalid::of(key)(format!(
        "{digest:?} is no SHA-256: it takes 64 digits of 0-9 and a-f, as sha256sum prints them"
    )))
}

/// SHA-256 in hex.
pub(super) fn digest(bytes: impl AsRef<[u8]>) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A name for notes about `what`, which itself could not be a file's name.
pub(super) fn note_name(what: &str) -> String {
    digest(what)[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_taken_apart_and_never_shown() {
        let url = Url::new("https://me:p%40ss%2fword@example.com:8443/a@b?c");
        assert_eq!(url.bare(), "https://example.com:8443/a@b?c");
        let (user, password) = url.credentials().unwrap();
        assert_eq!((user.expose(), password.expose()), ("me", "p@ss/word"));
        assert!(!format!("{url:?}").contains("ss"));
        assert!(!url.word().to_display().contains("ss"));
        assert_eq!(url.secrets().len(), 2);
        assert!(Url::new("ssh://git@example.com/a").credentials().is_none());
        assert!(Url::new("git@example.com:a.git").credentials().is_none());
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for bad in [
            "",
            "example.com/x",
            "ftp://x",
            "https://",
            "https://a b",
            "https://a\"b",
            "https://ä",
            "https://a\nb",
        ] {
            assert!(Url::new(bad).check("url", &["https"]).is_err(), "{bad}");
        }
        assert!(
            Url::new("https://a/b%20c?d=e&f#g")
                .check("url", &["http", "https"])
                .is_ok()
        );
    }

    #[test]
    fn percents_that_stand_for_nothing_stay() {
        assert_eq!(decode("%4"), "%4");
        assert_eq!(decode("%zz%41%ff"), "%zz%41%ff");
        assert_eq!(decode("%41b"), "Ab");
    }
}
