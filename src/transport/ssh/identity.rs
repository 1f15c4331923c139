//! Keys to prove who we are with: files, read once per run, and those the agent holds; with their certificates.

use std::collections::HashMap;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use russh::keys::agent::AgentIdentity;
use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Certificate, HashAlg, PrivateKey, PublicKey, decode_secret_key};
use tokio::sync::OnceCell;

use super::Ask;
use super::accepted;
use super::agent::{Agent, Held};
use super::locked::Locked;
use crate::event::Unreachable;
use crate::inventory::{Connection, Method};

/// How many keys a host is offered before a password. Each costs one of its `MaxAuthTries`, 6 by default
/// (`sshd_config(5)`), and a host that runs out of them closes the connection: nobody would hear the password.
const BEFORE_PASSWORD: usize = 5;

/// The longest key file read; an RSA key of 16384 bits has some 13 KiB.
const MAX_BYTES: u64 = 64 << 10;

/// What is read once, by its path.
type Once<T> = Mutex<HashMap<PathBuf, Arc<OnceCell<T>>>>;

/// The keys of a run, shared by all its hosts.
#[derive(Default)]
pub(super) struct Identities {
    files: Once<KeyFile>,
    certificates: Once<Option<Arc<Certificate>>>,
    agents: Mutex<HashMap<PathBuf, Arc<Agent>>>,
    /// Who is asked for passphrases, if anybody can be.
    pub(super) ask: Option<Arc<dyn Ask>>,
}

/// A key to offer.
pub(super) struct Candidate {
    pub(super) key: PublicKey,
    /// Shown in place of the bare key.
    pub(super) certificate: Option<Arc<Certificate>>,
    pub(super) signs: Signs,
    /// What it is called towards people.
    pub(super) label: String,
}

/// Who signs with a key.
#[derive(Clone)]
pub(super) enum Signs {
    /// We do.
    Here(Arc<PrivateKey>),
    /// We do, once somebody has said its passphrase, which is asked for when a host takes the key.
    Locked(Arc<Locked>),
    /// The agent does, which knows the key by this.
    Agent(Box<AgentIdentity>),
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
    /// Encrypted: good if the agent holds it, or somebody can be asked.
    Locked(Arc<Locked>),
    /// Only its public half is there: good if the agent holds it.
    Public(PublicKey, &'static str),
    /// Nothing to offer, but no mistake that must stop a run: `IdentityFile` may name keys that are not there.
    Absent(&'static str),
    Unusable(String),
}

impl Candidate {
    pub(super) fn is_rsa(&self) -> bool {
        self.key.key_data().is_rsa()
    }
}

impl Offers {
    /// Whether a person may have to be waited for.
    pub(super) fn may_ask(&self) -> bool {
        self.candidates
            .iter()
            .any(|candidate| matches!(candidate.signs, Signs::Locked(_)))
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

    /// What to offer to a host, in order; an error when there is nothing, not even a password.
    pub(super) async fn offers(&self, connection: &Connection) -> Result<Offers, Unreachable> {
        let mut notes = Vec::new();
        let mut candidates = if connection.authentication.contains(&Method::PublicKey) {
            self.candidates(connection, &mut notes).await?
        } else {
            Vec::new()
        };
        let mut seen: Vec<(KeyData, bool)> = Vec::new();
        candidates.retain(|candidate| {
            let this = (candidate.key.key_data().clone(), candidate.certificate.is_some());
            let new = !seen.contains(&this);
            seen.push(this);
            new
        });
        candidates.retain(|candidate| match accepted::refusal(candidate, connection) {
            Some(why) => {
                notes.push(format!("{}: {why}", candidate.label));
                false
            }
            None => true,
        });
        if connection.password.is_some() && candidates.len() > BEFORE_PASSWORD {
            notes.push(format!(
                "{} more keys were not offered",
                candidates.len() - BEFORE_PASSWORD
            ));
            candidates.truncate(BEFORE_PASSWORD);
        }
        if candidates.is_empty() && connection.password.is_none() {
            return Err(nothing_to_offer(connection, &notes));
        }
        Ok(Offers { candidates, notes })
    }

    async fn candidates(
        &self,
        connection: &Connection,
        notes: &mut Vec<String>,
    ) -> Result<Vec<Candidate>, Unreachable> {
        let mut candidates: Vec<Candidate> = Vec::new();
        let agent = self.agent(connection);
        let mut held: Option<Arc<[Held]>> = None;
        for path in &connection.identity_files {
            let file = path.display().to_string();
            let (key, signs, why) = match self.file(path).await {
                KeyFile::Key(key) => (key.public_key().clone(), Some(Signs::Here(key)), ""),
                KeyFile::Locked(locked) => {
                    let key = locked.public.clone();
                    let signs = self.ask.as_ref().map(|_| Signs::Locked(locked));
                    (key, signs, "it is encrypted")
                }
                KeyFile::Public(key, why) => (key, None, why),
                KeyFile::Absent(why) => {
                    notes.push(format!("{file}: {why}"));
                    continue;
                }
                // As ssh does: another may be the right one.
                KeyFile::Unusable(why) => {
                    notes.push(format!("{file}: {why}"));
                    continue;
                }
            };
            let mut label = describe(&file, &key);
            let signs = match signs {
                Some(here @ Signs::Here(_)) => here,
                other => {
                    if held.is_none() {
                        held = Some(held_by(agent.as_deref(), notes).await);
                    }
                    let identity = held
                        .iter()
                        .flat_map(|held| held.iter())
                        .find(|held| held.key.key_data() == key.key_data());
                    match (identity, other) {
                        (Some(held), _) => {
                            label = describe(&format!("agent: {file}"), &key);
                            Signs::Agent(Box::new(held.identity.clone()))
                        }
                        (None, Some(locked)) => locked,
                        (None, None) => {
                            notes.push(format!("{file}: {why}, and the agent does not hold it"));
                            continue;
                        }
                    }
                }
            };
            for certificate in self.certificates(path, connection, &key).await {
                candidates.push(Candidate {
                    key: key.clone(),
                    label: certified(&label, &certificate),
                    certificate: Some(certificate),
                    signs: signs.clone(),
                });
            }
            candidates.push(Candidate {
                key,
                certificate: None,
                signs,
                label,
            });
        }
        if !connection.identities_only {
            if held.is_none() {
                held = Some(held_by(agent.as_deref(), notes).await);
            }
            for held in held.iter().flat_map(|held| held.iter()) {
                let label = describe(&format!("agent: {}", held.comment), &held.key);
                candidates.push(Candidate {
                    key: held.key.clone(),
                    label: match &held.certificate {
                        Some(certificate) => certified(&label, certificate),
                        None => label,
                    },
                    certificate: held.certificate.clone(),
                    signs: Signs::Agent(Box::new(held.identity.clone())),
                });
            }
        }
        Ok(candidates)
    }

    async fn file(&self, path: &Path) -> KeyFile {
        let read = |path: PathBuf| read_key(&path);
        once(&self.files, path, read)
            .await
            .unwrap_or_else(|panicked| KeyFile::Unusable(panicked.to_string()))
    }

    /// Certificates for `key`: `FILE-cert.pub` beside it, as ssh looks for it, and the configured ones that are its.
    async fn certificates(
        &self,
        path: &Path,
        connection: &Connection,
        key: &PublicKey,
    ) -> Vec<Arc<Certificate>> {
        let beside = with_suffix(path, "-cert.pub");
        let mut found: Vec<Arc<Certificate>> = Vec::new();
        for path in connection.certificate_files.iter().chain([&beside]) {
            let read = |path: PathBuf| {
                let (text, _) = read_text(&path).ok()?;
                Certificate::from_openssh(text.trim()).ok().map(Arc::new)
            };
            let certificate = once(&self.certificates, path, read).await.ok().flatten();
            found.extend(certificate.filter(|certificate| {
                certificate.public_key() == key.key_data() && !found.contains(certificate)
            }));
        }
        found
    }
}

/// Reads a file the first time it is asked for.
async fn once<T: Clone + Send + 'static>(
    all: &Once<T>,
    path: &Path,
    read: impl FnOnce(PathBuf) -> T + Send + 'static,
) -> Result<T, tokio::task::JoinError> {
    let cell = {
        // Nothing panics while it is held, and a map of cells cannot be left half changed.
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(path.to_owned()).or_default())
    };
    // Checking an RSA key takes milliseconds; that does not belong on a thread that serves connections.
    let path = path.to_owned();
    let read = || async { tokio::task::spawn_blocking(move || read(path)).await };
    cell.get_or_try_init(read).await.cloned()
}

fn certified(label: &str, certificate: &Certificate) -> String {
    format!("{label} with certificate {:?}", certificate.key_id())
}

/// The agent's keys; why there are none goes to `notes`.
async fn held_by(agent: Option<&Agent>, notes: &mut Vec<String>) -> Arc<[Held]> {
    let Some(agent) = agent else {
        return Arc::default();
    };
    match agent.keys().await {
        Ok(keys) => keys,
        Err(detail) => {
            notes.push(format!("agent {}: {detail}", agent.socket().display()));
            Arc::default()
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
        Ok(key) if key.algorithm().as_str().starts_with("sk-") => KeyFile::Public(
            key.public_key().clone(),
            "its private half is in a FIDO token, which the agent speaks to",
        ),
        Ok(key) => KeyFile::Key(Arc::new(key)),
        Err(error) if is_encrypted(&text, &error) => {
            // An encrypted key of OpenSSH's own format still shows its public half.
            let public = PrivateKey::from_openssh(&text).map(|key| key.public_key().clone());
            match public.ok().or_else(|| read_public(path)) {
                // OpenSSL's own envelope around an EC key; ssh-keygen has not written it by itself since 2014.
                Some(key) if text.contains("BEGIN EC PRIVATE KEY") => KeyFile::Public(
                    key,
                    "it is encrypted in a format of old, which `ssh-keygen -p` rewrites",
                ),
                Some(key) => KeyFile::Locked(Arc::new(Locked::new(path.to_owned(), text, key))),
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
    let (text, _) = read_text(&with_suffix(path, ".pub")).ok()?;
    PublicKey::from_openssh(&text).ok()
}

/// `path` with more at its end; not an extension, which would replace one.
fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
