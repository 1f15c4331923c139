//! Which host keys are trusted: what the files of known hosts say about a host, and what follows.
//!
//! The promise: a file that is there but cannot be used trusts nobody. It is refused before any contact.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::book::Book;
use super::key::Key;
use super::known_hosts::lookup_name;
use super::verdict::{Recorded, Verdict};
use crate::event::Unreachable;
use crate::inventory::{Connection, HostKeyPolicy};

/// The files of known hosts, shared by all hosts of a run.
#[derive(Default)]
pub(super) struct Trust {
    books: Mutex<HashMap<PathBuf, Arc<Book>>>,
}

/// What is known about a host before it is contacted.
#[derive(Clone, Debug)]
pub(super) struct Expectation {
    /// The name looked up.
    pub(super) name: String,
    /// The lines about it.
    pub(super) recorded: Recorded,
    /// The lines about the bare address, when the port is not 22: as in OpenSSH a key recorded there is as good,
    /// and like there it speaks only for the host, never against it, unless revoked.
    bare: Option<Recorded>,
    policy: HostKeyPolicy,
    files: Vec<String>,
}

/// How an offered key is taken.
pub(super) enum Decision {
    /// It is the host's.
    Accept,
    /// It is, once it is written down.
    Learn,
}

impl Expectation {
    /// Key types to ask the host for first.
    pub(super) fn types(&self) -> Vec<&str> {
        let mut types = self.recorded.types();
        if types.is_empty() {
            types = self.bare.as_ref().map(Recorded::types).unwrap_or_default();
        }
        types
    }

    /// Decides about an offered key, without I/O: it is asked inside the connection's own loop.
    pub(super) fn decide(&self, offered: &Key) -> Result<Decision, Unreachable> {
        let mut verdict = self.recorded.verdict(offered);
        if let (Verdict::Unknown, Some(bare)) = (&verdict, &self.bare) {
            let other = bare.verdict(offered);
            if matches!(other, Verdict::Trusted | Verdict::Revoked { .. }) {
                verdict = other;
            }
        }
        match (verdict, self.policy) {
            (Verdict::Trusted, _) => Ok(Decision::Accept),
            (Verdict::Unknown, HostKeyPolicy::AcceptNew | HostKeyPolicy::Off) => {
                match self.recorded.doubtful() {
                    None => Ok(Decision::Learn),
                    Some(line) => Err(unreadable(&line.place, "its host field cannot be read")),
                }
            }
            (verdict, _) => Err(refusal(verdict, offered, &self.name, &self.files)),
        }
    }
}

fn unreadable(place: &str, detail: &str) -> Unreachable {
    Unreachable::KnownHosts {
        file: place.to_owned(),
        detail: detail.to_owned(),
    }
}

fn refusal(verdict: Verdict, offered: &Key, name: &str, files: &[String]) -> Unreachable {
    let key_type = offered.key_type.clone();
    let fingerprint = offered.fingerprint();
    match verdict {
        Verdict::Trusted | Verdict::Unknown => Unreachable::HostKeyUnknown {
            key_type,
            fingerprint,
            name: name.to_owned(),
            files: files.to_vec(),
        },
        Verdict::Changed { recorded, place } => Unreachable::HostKeyChanged {
            key_type,
            fingerprint,
            recorded,
            place,
        },
        Verdict::OtherType { recorded, place } => Unreachable::HostKeyOtherType {
            key_type,
            fingerprint,
            recorded,
            place,
        },
        Verdict::Revoked { place } => Unreachable::HostKeyRevoked { fingerprint, place },
        Verdict::Unreadable { place, detail } => unreadable(&place, detail),
    }
}

impl Trust {
    /// Looks up what is recorded for a host, in all its files.
    pub(super) async fn expectation(&self, connection: &Connection) -> Result<Expectation, Unreachable> {
        let unnamed = |name: &str| Unreachable::Resolve {
            address: name.to_owned(),
            detail: "it is neither a host name nor an IP address".to_owned(),
        };
        let named = |port| {
            let address = &connection.address;
            lookup_name(address, port).ok_or_else(|| unnamed(address))
        };
        let (name, bare_name) = match &connection.host_key_alias {
            // As it stands, whatever the port.
            Some(alias)
                if alias.contains(|c: char| c.is_control() || c.is_whitespace() || ",#*?!|".contains(c)) =>
            {
                return Err(unnamed(alias));
            }
            Some(alias) => (alias.clone(), None),
            None => (
                named(connection.port)?,
                (connection.port != 22).then(|| named(22)).transpose()?,
            ),
        };
        let mut recorded = Recorded::default();
        let mut bare = bare_name.as_ref().map(|_| Recorded::default());
        for path in connection.known_hosts_files() {
            let book = self.book(path);
            let refuse = |detail: String| unreadable(&path.display().to_string(), &detail);
            recorded
                .lines
                .extend(book.recorded(&name).await.map_err(refuse)?.lines);
            if let (Some(bare), Some(bare_name)) = (&mut bare, &bare_name) {
                bare.lines
                    .extend(book.recorded(bare_name).await.map_err(refuse)?.lines);
            }
        }
        let files = connection
            .known_hosts_files()
            .map(|path| path.display().to_string());
        Ok(Expectation {
            name,
            recorded,
            bare,
            policy: connection.host_key_policy,
            files: files.collect(),
        })
    }

    /// Writes a new key down, before the host gets to see any of ours.
    pub(super) async fn learn(
        &self,
        connection: &Connection,
        name: &str,
        key: Key,
    ) -> Result<(), Unreachable> {
        let Some(path) = connection.known_hosts.first() else {
            return Err(unreadable("", "there is no file to write the new host key to"));
        };
        let file = path.display().to_string();
        match self.book(path).learn(name, &key).await {
            Ok(Verdict::Trusted) => Ok(()),
            Ok(verdict) => Err(refusal(verdict, &key, name, &[file])),
            Err(detail) => Err(unreadable(&file, &detail)),
        }
    }

    fn book(&self, path: &Path) -> Arc<Book> {
        // Nothing panics while it is held.
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        let book = books
            .entry(path.to_owned())
            .or_insert_with(|| Arc::new(Book::new(path.to_owned())));
        Arc::clone(book)
    }
}
