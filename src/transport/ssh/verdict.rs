//! What `known_hosts` files say about one host, and what follows for a key it offers.

use super::key::Key;
use super::known_hosts::Marker;

/// A line about the host.
#[derive(Clone, Debug)]
pub struct Line {
    /// Where it is, `file:line`.
    pub place: String,
    /// What it says about its key.
    pub marker: Marker,
    /// Whether it is certainly about this host; a host field that cannot be read may be about any.
    pub certain: bool,
    /// The key, or why it cannot be read.
    pub key: Result<Key, &'static str>,
}

/// All lines about one host, in the order of the files.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// The lines.
    pub lines: Vec<Line>,
}

/// What follows for an offered key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the host's key.
    Trusted,
    /// Nothing is recorded for the host.
    Unknown,
    /// Another key of this type is recorded.
    Changed {
        /// The recorded key's fingerprint.
        recorded: String,
        /// Where it is recorded.
        place: String,
    },
    /// Keys are recorded, none of this type.
    OtherType {
        /// Their types; an authority's with its marker.
        recorded: Vec<String>,
        /// Where the first is recorded.
        place: String,
    },
    /// The key is revoked.
    Revoked {
        /// Where it is revoked.
        place: String,
    },
    /// A line that may decide the matter cannot be read.
    Unreadable {
        /// Where it is.
        place: String,
        /// What is wrong with it.
        detail: &'static str,
    },
}

impl Recorded {
    /// Judges `offered`.
    ///
    /// Revocation comes first, whatever else is recorded; then any line with this very key; then what speaks
    /// against it. A line that cannot be read decides only where it could have: a revocation always, a host key
    /// when no readable line speaks for the offered key. OpenSSH skips such lines, and would take a new key for a
    /// host whose pin was damaged. Where not even the host field can be read, the line may be about any host; that
    /// keeps a host from being taken for new, and is left to [`Verdict::Unknown`]'s policy by [`Self::doubtful`].
    pub fn verdict(&self, offered: &Key) -> Verdict {
        if let Some(verdict) = self.revocation(offered) {
            return verdict;
        }
        let own = || self.with(Marker::HostKey).filter(|line| line.certain);
        if own().any(|line| line.key.as_ref() == Ok(offered)) {
            return Verdict::Trusted;
        }
        for line in own() {
            if let Ok(key) = &line.key
                && key.key_type == offered.key_type
            {
                return Verdict::Changed {
                    recorded: key.fingerprint(),
                    place: line.place.clone(),
                };
            }
        }
        for line in self.lines.iter().filter(|line| line.certain) {
            let detail = match (&line.key, line.marker) {
                (_, Marker::Foreign) => "the marker is unknown",
                (Err(detail), _) => detail,
                _ => continue,
            };
            return Verdict::Unreadable {
                place: line.place.clone(),
                detail,
            };
        }
        let certain = |line: &&Line| line.certain && line.marker != Marker::Revoked;
        let mut recorded: Vec<String> = Vec::new();
        for line in self.lines.iter().filter(certain) {
            let Ok(key) = &line.key else { continue };
            let word = match line.marker {
                Marker::CertAuthority => format!("@cert-authority {}", key.key_type),
                _ => key.key_type.clone(),
            };
            if !recorded.contains(&word) {
                recorded.push(word);
            }
        }
        match self.lines.iter().find(certain) {
            Some(first) => Verdict::OtherType {
                recorded,
                place: first.place.clone(),
            },
            None => Verdict::Unknown,
        }
    }

    /// Whether `authority` may certify the host.
    pub fn certified_by(&self, authority: &Key) -> bool {
        self.authorities().any(|key| key == authority)
    }

    /// Whether any key is revoked for it.
    pub fn has_revoked(&self) -> bool {
        self.with(Marker::Revoked).next().is_some()
    }

    /// Whether anybody may.
    pub fn has_authority(&self) -> bool {
        self.authorities().next().is_some()
    }

    fn authorities(&self) -> impl Iterator<Item = &Key> {
        self.with(Marker::CertAuthority)
            .filter(|line| line.certain)
            .filter_map(|line| line.key.as_ref().ok())
    }

    /// Whether `key`, a host's or an authority's, is revoked, or may be by a line that cannot be read.
    pub fn revocation(&self, key: &Key) -> Option<Verdict> {
        self.with(Marker::Revoked).find_map(|line| {
            let place = line.place.clone();
            match &line.key {
                Ok(revoked) if revoked == key => Some(Verdict::Revoked { place }),
                Ok(_) => None,
                Err(detail) => Some(Verdict::Unreadable { place, detail }),
            }
        })
    }

    /// A line that may be about this host or any other: with it there, no host is certainly new.
    pub fn doubtful(&self) -> Option<&Line> {
        self.lines.iter().find(|line| !line.certain)
    }

    /// Types of the host's own keys, in the order recorded; a host should be asked for these first.
    pub fn types(&self) -> Vec<&str> {
        let mut types = Vec::new();
        for line in self.with(Marker::HostKey) {
            if let Ok(key) = &line.key
                && line.certain
                && !types.contains(&key.key_type.as_str())
            {
                types.push(key.key_type.as_str());
            }
        }
        types
    }

    fn with(&self, marker: Marker) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.marker == marker)
    }
}
