//! Keys to prove who we are with: files, read once per run, and those the agent holds.

use std::collections::HashMap;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use russh::keys::ssh_key::public::KeyData;
use russh::keys::{HashAlg, PrivateKey, PublicKey, decode_secret_key};
use tokio::sync::OnceCell;

use super::agent::Agent;
use crate::event::Unreachable;
use crate::inventory::Connection;

/// How many keys a host is offered. Each costs one of its `MaxAuthTries`, 6 by default (`sshd_config(5)`), and a
/// host that runs out of them closes the connection without saying which key it would have taken.
const MAX_OFFERS: usize = 5;

/// The longest key file read; an RSA key of 16384 bits has some 13 KiB.
const MAX_BYTES: u64 = 64 << 10;

/// The keys of a run, shared by all its hosts.
#[derive(Default)]
pub(super) struct Identities {
    files: Mutex<HashMap<PathBuf, Arc<OnceCell<KeyFile>>>>,
    agents: Mutex<HashMap<PathBuf, Arc<Agent>>>,
}

/// A key to offer.
pub(super) enum Candidate {
    /// We hold the private key.
    Key { key: Arc<PrivateKey>, label: String },
    /// The agent does.
    Agent { key: PublicKey, label: String },
}

/// What there is to offer to a host.
pub(super) struct Offers {
    /// Keys, the configured ones first.
    pub(super) candidates: Vec<Candidate>,
    /// Keys that were configured and cannot be offered, with the reason.
    pub(super) notes: Vec<String>,
}

/// What a configured file turned out to be.
#[derive(Clone)]
enum KeyFile {
    Key(Arc<PrivateKey>),
    /// Encrypted, or only its public half is there: good if the agent holds it.
    Public(PublicKey, &'static str),
    /// Nothing to offer, but no mistake that must stop a run: `IdentityFile` may name keys that are not there.
    Absent(&'static str),
    Unusable(String),
}

impl Candidate {
    pub(super) fn label(&self) -> &str {
        match self {
            Self::Key { label, .. } | Self::Agent { label, .. } => label,
        }
    }

    fn public(&self) -> &KeyData {
        match self {
            Self::Key { key, .. } => key.public_key().key_data(),
            Self::Agent { key, .. } => key.key_data(),
        }
    }

    pub(super) fn is_rsa(&self) -> bool {
        self.public().is_rsa()
    }
}

impl Identities {
    /// The agent a host's keys may be in.
    pub(super) fn agent(&self, connection: &Connection) -> Option<Arc<Agent>> {
        let socket = connection.agent.as_ref()?;
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        let agent = agents
            .entry(socket.clone())
            .or_insert_with(|| Arc::new(Agent::new(socket.clone())));
        Some(Arc::clone(agent))
    }

    /// What to offer to a host, in order; an error when there is nothing.
    pub(super) async fn offers(&self, connection: &Connection) -> Result<Offers, Unreachable> {
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut notes = Vec::new();
        let agent = self.agent(connection);
        let mut held: Option<Vec<(PublicKey, String)>> = None;
        for path in &connection.identity_files {
            let file = path.display();
            match self.file(path).await {
                KeyFile::Key(key) => candidates.push(Candidate::Key {
                    label: describe(&file.to_string(), key.public_key()),
                    key,
                }),
                KeyFile::Public(key, why) => {
                    if held.is_none() {
                        held = Some(held_by(agent.as_deref(), &mut notes).await);
                    }
                    let in_agent = held
                        .iter()
                        .flatten()
                        .any(|(other, _)| other.key_data() == key.key_data());
                    if in_agent {
                        let label = describe(&format!("agent: {file}"), &key);
                        candidates.push(Candidate::Agent { key, label });
                    } else {
                        notes.push(format!("{file}: {why}, and the agent does not hold it"));
                    }
                }
                KeyFile::Absent(why) => notes.push(format!("{file}: {why}")),
                KeyFile::Unusable(detail) => {
                    let file = file.to_string();
                    return Err(Unreachable::Identity { file, detail });
                }
            }
        }
        if !connection.identities_only {
            if held.is_none() {
                held = Some(held_by(agent.as_deref(), &mut notes).await);
            }
            for (key, comment) in held.into_iter().flatten() {
                let label = describe(&format!("agent: {comment}"), &key);
                candidates.push(Candidate::Agent { key, label });
            }
        }
        let mut seen = Vec::new();
        candidates.retain(|candidate| {
            let new = !seen.contains(candidate.public());
            seen.push(candidate.public().clone());
            new
        });
        if candidates.len() > MAX_OFFERS {
            notes.push(format!(
                "{} more keys were not offered",
                candidates.len() - MAX_OFFERS
            ));
            candidates.truncate(MAX_OFFERS);
        }
        if candidates.is_empty() {
            return Err(nothing_to_offer(connection, &notes));
        }
        Ok(Offers { candidates, notes })
    }

    async fn file(&self, path: &Path) -> KeyFile {
        let cell = {
            // Nothing panics while it is held, and a map of cells cannot be left half changed.
            let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(files.entry(path.to_owned()).or_default())
        };
        let read = || async {
            let path = path.to_owned();
            // Checking an RSA key takes milliseconds; that does not belong on a thread that serves connections.
            let result = tokio::task::spawn_blocking(move || read_key(&path)).await;
            result.unwrap_or_else(|panicked| KeyFile::Unusable(panicked.to_string()))
        };
        cell.get_or_init(read).await.clone()
    }
}

/// The agent's keys with their comments; why there are none goes to `notes`.
async fn held_by(agent: Option<&Agent>, notes: &mut Vec<String>) -> Vec<(PublicKey, String)> {
    let Some(agent) = agent else {
        return Vec::new();
    };
    match agent.keys().await {
        Ok(keys) => keys,
        Err(detail) => {
            notes.push(format!("agent {}: {detail}", agent.socket().display()));
            Vec::new()
        }
    }
}

fn nothing_to_offer(connection: &Connection, notes: &[String]) -> Unreachable {
    let file = connection
        .identity_files
        .first()
        .map(|path| path.display().to_string());
    let file = file.unwrap_or_default();
    let detail = match notes {
        [] => "no identity file is configured, and no agent holds a key".to_owned(),
        [note] => note.strip_prefix(&format!("{file}: ")).unwrap_or(note).to_owned(),
        notes => notes.join("; "),
    };
    Unreachable::Identity { file, detail }
}

fn describe(what: &str, key: &PublicKey) -> String {
    format!("{what} {} {}", key.algorithm(), key.fingerprint(HashAlg::Sha256))
}

fn read_key(path: &Path) -> KeyFile {
    let text = match read_text(path) {
        Ok((_, mode)) if mode & 0o077 != 0 && !is_public(path) => {
            // As ssh does: a key others can read is no longer ours alone.
            return KeyFile::Unusable(format!(
                "others may read it (mode {:04o}); run chmod 600",
                mode & 0o7777
            ));
        }
        Ok((text, _)) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return match read_public(path) {
                Some(key) => KeyFile::Public(key, "only its public half is there"),
                None => KeyFile::Absent("there is no such file"),
            };
        }
        Err(error) => return KeyFile::Unusable(error.to_string()),
    };
    if let Ok(key) = PublicKey::from_openssh(&text) {
        return KeyFile::Public(key, "it is a public key");
    }
    match decode_secret_key(&text, None) {
        Ok(key) => KeyFile::Key(Arc::new(key)),
        Err(error) if is_encrypted(&text, &error) => {
            // An encrypted key of OpenSSH's own format still shows its public half.
            let public = PrivateKey::from_openssh(&text).map(|key| key.public_key().clone());
            match public.ok().or_else(|| read_public(path)) {
                Some(key) => KeyFile::Public(key, "it is encrypted"),
                None => KeyFile::Absent("it is encrypted, and there is no .pub file beside it"),
            }
        }
        Err(error) => KeyFile::Unusable(format!("it is not a private key: {error}")),
    }
}

fn is_encrypted(text: &str, error: &russh::keys::Error) -> bool {
    matches!(error, russh::keys::Error::KeyIsEncrypted) || text.contains("ENCRYPTED")
}

fn is_public(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "pub")
}

fn read_text(path: &Path) -> std::io::Result<(String, u32)> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    let mut text = String::new();
    std::fs::File::open(path)?
        .take(MAX_BYTES)
        .read_to_string(&mut text)?;
    Ok((text, metadata.permissions().mode()))
}

fn read_public(path: &Path) -> Option<PublicKey> {
    let mut name = path.as_os_str().to_owned();
    name.push(".pub");
    let (text, _) = read_text(Path::new(&name)).ok()?;
    PublicKey::from_openssh(&text).ok()
}
