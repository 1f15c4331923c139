//! Which host keys are trusted: what the files of known hosts say about a host, and what follows.
//!
//! The promise: a file that is there but cannot be used trusts nobody. It is refused before any contact.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::algorithms::Certificates;
use super::book::Book;
use super::certificate::Presented;
use super::key::Key;
use super::known_hosts::lookup_name;
use super::verdict::{Recorded, Verdict};
use crate::event::{CertificateProblem, Unreachable};
use crate::inventory::{Algorithms, Connection, HostKeyPolicy};

/// The least that can be asked of an RSA key, in bits, as in ssh.
pub(super) const SHORTEST_RSA: u32 = 1024;

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
    /// How long RSA keys have to be, in bits.
    rsa_bits: u32,
    algorithms: Arc<Algorithms>,
    /// Whether there is no file a new key could be written to.
    nowhere: bool,
    files: Vec<String>,
}

/// How an offered key is taken.
pub(super) enum Decision {
    /// It is the host's.
    Accept,
    /// It is, once it is written down.
    Learn,
    /// It is new, and somebody has to be asked.
    Ask(Unreachable),
}

impl Expectation {
    /// Key types to ask the host for first.
    pub(super) fn types(&self) -> Vec<&str> {
        self.recorded.types()
    }

    /// Which certificates are worth asking for: some where an authority is recorded, or something is revoked, which may
    /// be one. Where keys are recorded and no authority is, a certificate of another type would hide those keys.
    pub(super) fn certificates(&self) -> Certificates {
        let decide = |recorded: &Recorded| recorded.has_authority() || recorded.has_revoked();
        let types = self.types();
        if !self.all().any(decide) {
            Certificates::None
        } else if self.recorded.has_authority() || types.is_empty() || types.contains(&"ssh-ed25519") {
            Certificates::All
        } else {
            Certificates::OfRecorded
        }
    }

    fn all(&self) -> impl Iterator<Item = &Recorded> {
        [&self.recorded].into_iter().chain(&self.bare)
    }

    /// The name without a port, as a certificate has it.
    fn principal(&self) -> &str {
        let bracketed = self.name.strip_prefix('[').and_then(|rest| rest.split_once("]:"));
        bracketed.map_or(self.name.as_str(), |(name, _)| name)
    }

    /// Decides about a certificate at `now`, in seconds since 1970. One that does not convince leaves the key in it,
    /// which may be recorded by itself. The order is `check_host_key`'s in OpenSSH, with one exception: a key recorded for
    /// the address with its port binds, and what is recorded for the bare address cannot stand in for it.
    pub(super) fn decide_certificate(
        &self,
        shown: &Presented<'_>,
        now: u64,
    ) -> Result<Decision, Unreachable> {
        self.long_enough(&shown.subject)?;
        if let Some((verdict, key)) = revoked(&self.recorded, shown) {
            return Err(refusal(verdict, key, &self.name, &self.files));
        }
        let problem = match self.certified(&self.recorded, shown, now) {
            Ok(()) => return Ok(Decision::Accept),
            Err(problem) => problem,
        };
        if problem == CertificateProblem::UnknownAuthority
            && let Some(bare) = self.bare.as_ref().filter(|_| self.recorded.types().is_empty())
            && revoked(bare, shown).is_none()
            && (self.certified(bare, shown, now).is_ok() || bare.verdict(&shown.subject) == Verdict::Trusted)
        {
            return Ok(Decision::Accept);
        }
        let by_itself = self.decide(&shown.subject);
        if let (Ok(Decision::Learn | Decision::Ask(_)), Some(bare)) = (&by_itself, &self.bare)
            && let Some((verdict, key)) = revoked(bare, shown)
        {
            return Err(refusal(verdict, key, &self.name, &self.files));
        }
        if !self.all().any(Recorded::has_authority) {
            return by_itself;
        }
        match by_itself {
            Ok(Decision::Accept) => Ok(Decision::Accept),
            Err(
                said @ (Unreachable::HostKeyChanged { .. }
                | Unreachable::HostKeyRevoked { .. }
                | Unreachable::KnownHosts { .. }),
            ) => Err(said),
            // With an authority recorded a host is not new, so it is not taken for one.
            _ => Err(Unreachable::HostCertificate {
                problem,
                key_id: shown.key_id().to_owned(),
                authority: shown.authority.fingerprint(),
                principals: shown.principals().to_vec(),
                name: self.principal().to_owned(),
            }),
        }
    }

    /// Whether an authority that `recorded` names certifies the host.
    fn certified(
        &self,
        recorded: &Recorded,
        shown: &Presented<'_>,
        now: u64,
    ) -> Result<(), CertificateProblem> {
        if recorded.certified_by(&shown.authority) {
            shown.check(self.principal(), now, self.algorithms.ca_signatures.as_ref())
        } else {
            Err(CertificateProblem::UnknownAuthority)
        }
    }

    fn long_enough(&self, offered: &Key) -> Result<(), Unreachable> {
        let required = self.rsa_bits;
        match offered.rsa_bits() {
            Some(bits) if bits < u64::from(required) => Err(Unreachable::HostKeyShort { bits, required }),
            _ => Ok(()),
        }
    }

    /// Decides about an offered key, without I/O: it is asked inside the connection's own loop.
    pub(super) fn decide(&self, offered: &Key) -> Result<Decision, Unreachable> {
        self.long_enough(offered)?;
        let mut verdict = self.recorded.verdict(offered);
        // An authority alone says nothing of the host's own keys.
        let open = match verdict {
            Verdict::Unknown => true,
            Verdict::OtherType { .. } => self.recorded.types().is_empty(),
            _ => false,
        };
        if let (true, Some(bare)) = (open, &self.bare) {
            let other = bare.verdict(offered);
            if matches!(other, Verdict::Trusted | Verdict::Revoked { .. }) {
                verdict = other;
            }
        }
        match (verdict, self.policy) {
            (Verdict::Trusted, _) => Ok(Decision::Accept),
            (Verdict::Unknown, policy) if policy != HostKeyPolicy::Strict => {
                if let Some(line) = self.recorded.doubtful() {
                    return Err(unreadable(&line.place, "its host field cannot be read"));
                }
                Ok(match policy {
                    HostKeyPolicy::Off if self.nowhere => Decision::Accept,
                    HostKeyPolicy::Ask => {
                        Decision::Ask(refusal(Verdict::Unknown, offered, &self.name, &self.files))
                    }
                    _ => Decision::Learn,
                })
            }
            (verdict, _) => Err(refusal(verdict, offered, &self.name, &self.files)),
        }
    }
}

/// Which of a certificate's two keys is revoked.
fn revoked<'a>(recorded: &Recorded, shown: &'a Presented<'_>) -> Option<(Verdict, &'a Key)> {
    let keys = [&shown.subject, &shown.authority];
    keys.into_iter()
        .find_map(|key| recorded.revocation(key).map(|verdict| (verdict, key)))
}

/// The file new keys are written to. `UserKnownHostsFile /dev/null` is how people say "none".
fn writable(connection: &Connection) -> Option<&PathBuf> {
    let first = connection.known_hosts.first();
    first.filter(|path| *path != Path::new("/dev/null"))
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
            rsa_bits: connection.required_rsa_size.max(SHORTEST_RSA),
            algorithms: Arc::clone(&connection.algorithms),
            nowhere: writable(connection).is_none(),
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
        let Some(path) = writable(connection) else {
            let file = connection.known_hosts.first();
            let file = file.map(|path| path.display().to_string()).unwrap_or_default();
            return Err(unreadable(&file, "there is no file to write the new host key to"));
        };
        let file = path.display().to_string();
        match self
            .book(path)
            .learn(name, &key, connection.hash_known_hosts)
            .await
        {
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
