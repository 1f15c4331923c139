//! Names of hosts, groups, modules and profiles.
//!
//! The one promise: a [`Name`] can stand in a path, a log line, a selector and an ssh command without being
//! taken for anything else. Everything hostile is refused when it is read.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The longest name taken, in bytes: a DNS name's limit (RFC 1035, section 2.3.4).
pub const MAX_LEN: usize = 253;

/// A validated name: ASCII letters, digits, `.`, `_` and `-`, starting with a letter, a digit or `_`.
///
/// Cloning is cheap: the text is shared.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<str>);

/// Why a text is not a [`Name`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text was empty.
    #[error("a name may not be empty")]
    Empty,
    /// The text had more than [`MAX_LEN`] bytes.
    #[error("a name has at most {MAX_LEN} characters, this one has {0}")]
    TooLong(usize),
    /// The first character was `-` or `.`, which a command line or a path could misread.
    #[error("a name starts with a letter, a digit or `_`, not with {0:?}")]
    Start(char),
    /// A character outside the allowed set.
    #[error("a name has letters, digits, `.`, `_` and `-` only, not {0:?}")]
    Character(char),
}

impl Name {
    /// Checks `text` and makes it a name.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let first = text.chars().next().ok_or(NameError::Empty)?;
        if text.len() > MAX_LEN {
            return Err(NameError::TooLong(text.len()));
        }
        if let Some(bad) = text
            .chars()
            .find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')))
        {
            return Err(NameError::Character(bad));
        }
        if matches!(first, '-' | '.') {
            return Err(NameError::Start(first));
        }
        Ok(Self(text.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Name {
    /// Checked as every name is: a written-down run is no way around [`Name::parse`].
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_refused() {
        for bad in [
            "",
            "-oProxyCommand=x",
            ".",
            "..",
            ".x",
            "a b",
            "a\nb",
            "a#b",
            "a,b",
            "a;b",
            "`id`",
            "$(id)",
            "a/b",
            "é",
            "a\0",
            "@a",
            "a!b",
            "a&b",
            "*",
        ] {
            assert!(Name::parse(bad).is_err(), "{bad:?} was taken");
        }
        assert!(Name::parse(&"a".repeat(MAX_LEN + 1)).is_err());
    }

    #[test]
    fn ordinary_names_are_taken() {
        for good in ["db1", "web-01.example.com", "_x", "192.0.2.10", "9lives"] {
            assert_eq!(Name::parse(good).unwrap().as_str(), good);
        }
    }
}
