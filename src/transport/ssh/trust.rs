//! Which host keys are trusted: files of known hosts, read once per run, and the writing down of new keys.
//!
//! The promise: a file that is there but cannot be used trusts nobody. It is refused before any contact.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::known_hosts::{Key, KnownHosts, lookup_name};
use super::verdict::{Recorded, Verdict};
use crate::event::Unreachable;
use crate::inventory::{Connection, HostKeyPolicy};

/// The longest file read: some 100,000 lines.
const MAX_BYTES: u64 = 16 << 20;

/// How long another process may hold a file's lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// The files of known hosts, shared by all hosts of a run.
#[derive(Default)]
pub(super) struct Trust {
    books: Mutex<HashMap<PathBuf, Arc<Book>>>,
}

/// One file.
struct Book {
    path: PathBuf,
    loaded: Mutex<Option<Result<Loaded, String>>>,
}

struct Loaded {
    known: KnownHosts,
    /// The file's length when it was read; another length under the lock means somebody wrote to it.
    length: u64,
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
            (Verdict::Unknown, HostKeyPolicy::AcceptNew) => match self.recorded.doubtful() {
                None => Ok(Decision::Learn),
                Some(line) => Err(unreadable(&line.place, "its host field cannot be read")),
            },
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
        let named = |port| {
            lookup_name(&connection.address, port).ok_or_else(|| Unreachable::Resolve {
                address: connection.address.clone(),
                detail: "it is neither a host name nor an IP address".to_owned(),
            })
        };
        let name = named(connection.port)?;
        let bare_name = if connection.port == 22 {
            None
        } else {
            Some(named(22)?)
        };
        let mut recorded = Recorded::default();
        let mut bare = bare_name.as_ref().map(|_| Recorded::default());
        for path in &connection.known_hosts {
            let book = self.book(path).await;
            let mut loaded = book.loaded.lock().await;
            let known = &book.load(&mut loaded).await?.known;
            recorded.lines.extend(known.recorded(&name).lines);
            if let (Some(bare), Some(bare_name)) = (&mut bare, &bare_name) {
                bare.lines.extend(known.recorded(bare_name).lines);
            }
        }
        Ok(Expectation {
            name,
            recorded,
            bare,
            policy: connection.host_key_policy,
            files: connection
                .known_hosts
                .iter()
                .map(|path| path.display().to_string())
                .collect(),
        })
    }

    /// Writes a new key down, before the host gets to see any of ours.
    ///
    /// Another process may have learned the host meanwhile: under the file's lock the matter is decided again.
    pub(super) async fn learn(
        &self,
        connection: &Connection,
        name: &str,
        key: Key,
    ) -> Result<(), Unreachable> {
        let Some(path) = connection.known_hosts.first() else {
            return Err(unreadable("", "there is no file to write the new host key to"));
        };
        let book = self.book(path).await;
        let mut loaded = book.loaded.lock().await;
        let Loaded { known, length } = book.take(&mut loaded).await?;
        let (path, name) = (path.clone(), name.to_owned());
        let result = tokio::task::spawn_blocking(move || record(&path, known, length, &name, &key)).await;
        match result {
            Ok(Ok((now, verdict))) => {
                *loaded = Some(Ok(now));
                verdict
            }
            Ok(Err(detail)) => Err(book.refuse(&detail)),
            Err(panicked) => Err(book.refuse(&panicked.to_string())),
        }
    }

    async fn book(&self, path: &Path) -> Arc<Book> {
        let mut books = self.books.lock().await;
        let book = books.entry(path.to_owned()).or_insert_with(|| {
            Arc::new(Book {
                path: path.to_owned(),
                loaded: Mutex::default(),
            })
        });
        Arc::clone(book)
    }
}

impl Book {
    fn refuse(&self, detail: &str) -> Unreachable {
        unreadable(&self.path.display().to_string(), detail)
    }

    async fn load<'a>(
        &self,
        slot: &'a mut Option<Result<Loaded, String>>,
    ) -> Result<&'a Loaded, Unreachable> {
        if slot.is_none() {
            let path = self.path.clone();
            let result = tokio::task::spawn_blocking(move || load(&path)).await;
            *slot = Some(result.unwrap_or_else(|panicked| Err(panicked.to_string())));
        }
        match slot {
            Some(Ok(loaded)) => Ok(loaded),
            Some(Err(detail)) => Err(self.refuse(detail)),
            None => Err(self.refuse("it was not read")),
        }
    }

    /// Like `load`, but leaves nothing behind: should the caller not come back, the file is read again.
    async fn take(&self, slot: &mut Option<Result<Loaded, String>>) -> Result<Loaded, Unreachable> {
        self.load(slot).await?;
        match slot.take() {
            Some(Ok(loaded)) => Ok(loaded),
            _ => Err(self.refuse("it was not read")),
        }
    }
}

fn load(path: &Path) -> Result<Loaded, String> {
    if !path.is_absolute() {
        return Err("its path is not absolute; is HOME set?".to_owned());
    }
    match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if path.is_symlink() {
                return Err("it is a link to a file that is not there".to_owned());
            }
            return Ok(parsed(path, &[]));
        }
        Err(error) => return Err(error.to_string()),
        // `UserKnownHostsFile /dev/null` is how people say "none".
        Ok(_) if path == Path::new("/dev/null") => return Ok(parsed(path, &[])),
        // A directory says so itself; opening a FIFO would wait for a writer.
        Ok(metadata) if !metadata.is_file() => return Err("it is not a regular file".to_owned()),
        Ok(_) => {}
    }
    let mut file = File::open(path).map_err(|error| error.to_string())?;
    Ok(parsed(path, &read(&mut file)?))
}

fn read(file: &mut File) -> Result<Vec<u8>, String> {
    let mut content = Vec::new();
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut content)
        .map_err(|error| error.to_string())?;
    if content.len() as u64 > MAX_BYTES {
        return Err(format!("it is longer than {} MiB", MAX_BYTES >> 20));
    }
    Ok(content)
}

fn parsed(path: &Path, content: &[u8]) -> Loaded {
    Loaded {
        known: KnownHosts::parse(&path.display().to_string(), content),
        length: content.len() as u64,
    }
}

type Learned = (Loaded, Result<(), Unreachable>);

/// Appends a line under the file's lock, in one write; a write cut short is taken back.
fn record(path: &Path, known: KnownHosts, length: u64, name: &str, key: &Key) -> Result<Learned, String> {
    let words = |error: std::io::Error| error.to_string();
    if path == Path::new("/dev/null") {
        return Err("a new host key cannot be written to it".to_owned());
    }
    if let Some(parent) = path.parent() {
        let mut private = std::fs::DirBuilder::new();
        private
            .recursive(true)
            .mode(0o700)
            .create(parent)
            .map_err(words)?;
    }
    let mut options = OpenOptions::new();
    let mut file = options
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(words)?;
    lock(&file)?;
    let mut now = Loaded { known, length };
    if file.metadata().map_err(words)?.len() != length {
        file.seek(SeekFrom::Start(0)).map_err(words)?;
        now = parsed(path, &read(&mut file)?);
    }
    let files = [path.display().to_string()];
    match now.known.recorded(name).verdict(key) {
        Verdict::Unknown => {}
        Verdict::Trusted => return Ok((now, Ok(()))),
        verdict => {
            let refused = refusal(verdict, key, name, &files);
            return Ok((now, Err(refused)));
        }
    }
    let line = key.line(name);
    let text = format!("{}{line}\n", if ends_open(&mut file)? { "\n" } else { "" });
    if let Err(error) = file.write_all(text.as_bytes()) {
        file.set_len(now.length).map_err(words)?;
        return Err(error.to_string());
    }
    now.known.append(&line);
    now.length += text.len() as u64;
    Ok((now, Ok(())))
}

/// Whether the last line has no end.
fn ends_open(file: &mut File) -> Result<bool, String> {
    let words = |error: std::io::Error| error.to_string();
    if file.metadata().map_err(words)?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1)).map_err(words)?;
    file.read_exact(&mut last).map_err(words)?;
    Ok(last != *b"\n")
}

fn lock(file: &File) -> Result<(), String> {
    let deadline = Instant::now() + LOCK_TIMEOUT;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error.to_string()),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                return Err(format!(
                    "another process held its lock for {} s",
                    LOCK_TIMEOUT.as_secs()
                ));
            }
            // There is no blocking lock with a deadline; this runs on a thread of its own.
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}
