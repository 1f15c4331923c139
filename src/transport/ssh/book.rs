//! A file of known hosts on disk: read once per run, appended to under a lock.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use super::key::Key;
use super::known_hosts::{KnownHosts, hashed_name};
use super::verdict::{Recorded, Verdict};

/// The longest file read: some 100,000 lines.
const MAX_BYTES: u64 = 16 << 20;

/// How long another process may hold the file's lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// One file. Errors are what is wrong with it.
pub(super) struct Book {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What was read, or why it could not be: that does not change within a run.
    loaded: Option<Result<Loaded, String>>,
    /// Why nothing can be written to it, once that was tried; the next host need not wait for the lock again.
    read_only: Option<String>,
}

struct Loaded {
    known: KnownHosts,
    /// The file's length when it was read; another length under the lock means that somebody wrote to it.
    length: u64,
}

impl Book {
    pub(super) fn new(path: PathBuf) -> Self {
        let state = Mutex::default();
        Self { path, state }
    }

    /// What the file says about `name`.
    pub(super) async fn recorded(&self, name: &str) -> Result<Recorded, String> {
        let mut state = self.state.lock().await;
        match self.load(&mut state).await {
            Ok(loaded) => Ok(loaded.known.recorded(name)),
            Err(detail) => Err(detail.clone()),
        }
    }

    /// Writes `key` down for `name`, or for its hash. Any verdict but [`Verdict::Trusted`] means that it was not, because the file
    /// says otherwise by now.
    pub(super) async fn learn(&self, name: &str, key: &Key, hashed: bool) -> Result<Verdict, String> {
        let mut state = self.state.lock().await;
        if let Some(detail) = &state.read_only {
            return Err(detail.clone());
        }
        if let Err(detail) = self.load(&mut state).await {
            return Err(detail.clone());
        }
        // Should nobody wait for the end of this, the file will be read again.
        let Some(Ok(loaded)) = state.loaded.take() else {
            return Err("it was not read".to_owned());
        };
        let (path, name, key) = (self.path.clone(), name.to_owned(), key.clone());
        let recorded = spawn_blocking(move || record(&path, loaded, &name, &key, hashed)).await;
        match recorded.unwrap_or_else(|panicked| Err(panicked.to_string())) {
            Ok((now, verdict)) => {
                state.loaded = Some(Ok(now));
                Ok(verdict)
            }
            Err(detail) => Err(state.read_only.insert(detail).clone()),
        }
    }

    async fn load<'a>(&self, state: &'a mut State) -> &'a Result<Loaded, String> {
        if state.loaded.is_none() {
            let path = self.path.clone();
            let loaded = spawn_blocking(move || load(&path)).await;
            state.loaded = Some(loaded.unwrap_or_else(|panicked| Err(panicked.to_string())));
        }
        state
            .loaded
            .get_or_insert_with(|| Err("it was not read".to_owned()))
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

/// Appends a line under the file's lock, in one write; a write cut short is taken back.
///
/// Another process may have learned the host meanwhile, so the matter is decided again first.
fn record(
    path: &Path,
    read_before: Loaded,
    name: &str,
    key: &Key,
    hashed: bool,
) -> Result<(Loaded, Verdict), String> {
    let words = |error: std::io::Error| error.to_string();
    if path == Path::new("/dev/null") {
        return Err("a new host key cannot be written to it".to_owned());
    }
    if let Some(parent) = path.parent() {
        let mut private = DirBuilder::new();
        private
            .recursive(true)
            .mode(0o700)
            .create(parent)
            .map_err(words)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600);
    let mut file = options.open(path).map_err(words)?;
    lock(&file)?;
    let mut now = read_before;
    if file.metadata().map_err(words)?.len() != now.length {
        file.seek(SeekFrom::Start(0)).map_err(words)?;
        now = parsed(path, &read(&mut file)?);
    }
    let verdict = now.known.recorded(name).verdict(key);
    if verdict != Verdict::Unknown {
        return Ok((now, verdict));
    }
    let line = if hashed {
        let mut salt = [0; 20];
        getrandom::fill(&mut salt).map_err(|error| error.to_string())?;
        key.line(&hashed_name(name, salt))
    } else {
        key.line(name)
    };
    let separator = if ends_open(&mut file)? { "\n" } else { "" };
    let text = format!("{separator}{line}\n");
    if let Err(error) = file.write_all(text.as_bytes()) {
        file.set_len(now.length).map_err(words)?;
        return Err(error.to_string());
    }
    now.known.append(&line);
    now.length += text.len() as u64;
    Ok((now, Verdict::Trusted))
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
