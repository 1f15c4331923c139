//! The folder of records: `$XDG_STATE_HOME/provision/runs`, private, with as many runs as are to be kept.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::label::Label;
use super::moment::Moment;
use super::recorder::Recorder;
use crate::event::{Event, Summary, line};

/// How much of a record's beginning and end is looked at to list it.
const GLANCE: u64 = 64 * 1024;

/// All records together get no larger; the oldest make room.
const MAX_BYTES: u64 = 1024 * 1024 * 1024;

const SUFFIX: &str = ".ndjson";

/// How many records stay, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// The newest so many.
    pub runs: usize,
    /// None that is older.
    pub age: Duration,
}

/// The folder of records.
#[derive(Clone, Debug)]
pub struct Store(PathBuf);

/// One record of the folder, at a glance.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The run's id.
    pub run: String,
    /// The file.
    pub path: PathBuf,
    /// When the run began.
    pub began: Moment,
    /// What the run was; none when it ended before it began.
    pub label: Option<Label>,
    /// How it stands.
    pub standing: Standing,
}

/// How a recorded run stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A controller is at work on it.
    Running,
    /// Its record breaks off: the controller was killed, or could not write on.
    Interrupted,
    /// It ended, after this time.
    Finished(Summary, Duration),
}

/// Why there is no such record.
#[derive(Debug, thiserror::Error)]
pub enum NoRecord {
    /// The folder cannot be read.
    #[error("cannot read {path}: {error}", path = .0.display(), error = .1)]
    Folder(PathBuf, #[source] io::Error),
    /// No run was recorded yet.
    #[error("no run is recorded in {path}", path = .0.display())]
    Nothing(PathBuf),
    /// No record has this id.
    #[error("no recorded run is called {0:?}")]
    Unknown(String),
    /// Several ids begin so.
    #[error("{0:?} is the beginning of {n} runs: {list}", n = .1.len(), list = .1.join(", "))]
    Several(String, Vec<String>),
}

impl Store {
    /// The folder of the user who runs this process: below `$XDG_STATE_HOME` when that is an absolute path, else below
    /// `~/.local/state` (XDG Base Directory Specification 0.8). None when there is neither.
    pub fn of_process() -> Option<Self> {
        let absolute = |name: &str| {
            let path = PathBuf::from(std::env::var_os(name)?);
            path.is_absolute().then_some(path)
        };
        let state = absolute("XDG_STATE_HOME");
        let state = state.or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
        Some(Self(state.join("provision/runs")))
    }

    /// Records in `folder`.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// Begins a record that only its owner can read, and lets the oldest go that are not to be kept. `command` is what
    /// an ad-hoc run runs.
    pub fn record(&self, keep: Keep, command: Option<String>) -> io::Result<Recorder> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        let mode = fs::metadata(&self.0)?.permissions().mode();
        if mode & 0o077 != 0 {
            fs::set_permissions(&self.0, Permissions::from_mode(0o700))?;
        }
        let began = Moment::now();
        let (run, path, file) = loop {
            let mut random = [0_u8; 1];
            getrandom::fill(&mut random).map_err(io::Error::other)?;
            // Runs of one second sort by their milliseconds; the rest tells apart what began at once.
            let run = format!("{}-{:03}{:02x}", began.compact(), began.milliseconds(), random[0]);
            let path = self.path(&run);
            let mut options = OpenOptions::new();
            match options.write(true).create_new(true).mode(0o600).open(&path) {
                Ok(file) => break (run, path, file),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        };
        // Says to other processes that the run is at work; nothing is lost where locks are not to be had.
        let _ = file.try_lock();
        // What cannot be removed today is tried again with the next run.
        let _ = self.prune(keep, began, &run);
        Ok(Recorder::new(run, began, path, file, command))
    }

    fn path(&self, run: &str) -> PathBuf {
        self.0.join(format!("{run}{SUFFIX}"))
    }

    /// Ids of all records, the newest first.
    fn ids(&self) -> io::Result<Vec<String>> {
        let mut ids = Vec::new();
        let folder = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(ids),
            folder => folder?,
        };
        for entry in folder {
            let name = entry?.file_name();
            ids.extend(name.to_str().and_then(id).map(str::to_owned));
        }
        ids.sort_unstable_by(|a, b| b.cmp(a));
        Ok(ids)
    }

    fn prune(&self, keep: Keep, now: Moment, new: &str) -> io::Result<()> {
        let mut bytes = 0;
        for (number, run) in self.ids()?.iter().enumerate() {
            let path = self.path(run);
            bytes += fs::metadata(&path).map_or(0, |metadata| metadata.len());
            let old = Moment::from_compact(run).is_some_and(|began| now.since(began) > keep.age);
            if run != new && (number >= keep.runs || old || bytes > MAX_BYTES) && !is_at_work(&path) {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }

    /// All records, the newest first; unreadable ones are left out.
    pub fn list(&self) -> Result<Vec<Entry>, NoRecord> {
        let ids = self
            .ids()
            .map_err(|error| NoRecord::Folder(self.0.clone(), error))?;
        Ok(ids.into_iter().filter_map(|run| self.entry(run).ok()).collect())
    }

    /// The record a person means: an id, the beginning of one, or `last`.
    pub fn find(&self, wanted: &str) -> Result<Entry, NoRecord> {
        let ids = self
            .ids()
            .map_err(|error| NoRecord::Folder(self.0.clone(), error))?;
        let Some(last) = ids.first() else {
            return Err(NoRecord::Nothing(self.0.clone()));
        };
        let mut found: Vec<&String> = match wanted {
            "last" => vec![last],
            "" => vec![],
            _ => ids.iter().filter(|run| run.starts_with(wanted)).collect(),
        };
        match found.len() {
            0 => Err(NoRecord::Unknown(wanted.to_owned())),
            1 => {
                let run = found.remove(0).clone();
                self.entry(run)
                    .map_err(|error| NoRecord::Folder(self.0.clone(), error))
            }
            _ => Err(NoRecord::Several(
                wanted.to_owned(),
                found.into_iter().take(5).cloned().collect(),
            )),
        }
    }

    fn entry(&self, run: String) -> io::Result<Entry> {
        let path = self.path(&run);
        let mut file = File::open(&path)?;
        let mut first = Vec::new();
        BufReader::new((&file).take(GLANCE)).read_until(b'\n', &mut first)?;
        let standing = match last_event(&mut file)? {
            Some((Event::RunFinished { summary }, at)) => Standing::Finished(summary, at),
            _ if is_at_work(&path) => Standing::Running,
            _ => Standing::Interrupted,
        };
        Ok(Entry {
            began: Moment::from_compact(&run).unwrap_or_else(Moment::now),
            label: Label::parse(&first),
            standing,
            path,
            run,
        })
    }
}

/// The id of a record's file; none for any other name.
fn id(file: &str) -> Option<&str> {
    let id = file.strip_suffix(SUFFIX)?;
    let (_, random) = id.rsplit_once('-')?;
    let own = Moment::from_compact(id).is_some()
        && id.len() == 21
        && random.len() == 5
        && random.bytes().all(|byte| byte.is_ascii_hexdigit());
    own.then_some(id)
}

/// Whether a controller holds the record's lock.
fn is_at_work(path: &Path) -> bool {
    let locked = File::open(path).map(|file| file.try_lock_shared());
    matches!(locked, Ok(Err(fs::TryLockError::WouldBlock)))
}

/// The event of the last line, when it is a short one, as the end of a run is.
fn last_event(file: &mut File) -> io::Result<Option<(Event, Duration)>> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(GLANCE)))?;
    let mut end = Vec::new();
    file.take(GLANCE).read_to_end(&mut end)?;
    let Some(end) = end.strip_suffix(b"\n") else {
        return Ok(None);
    };
    let last = end.rsplit(|&byte| byte == b'\n').next().unwrap_or_default();
    let event = line::parse(last).ok().flatten();
    Ok(event.map(|stamped| (stamped.event, stamped.at)))
}
