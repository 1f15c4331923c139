//! Whether and how long runs are recorded, and which recorded run is meant.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::diagnostic::Diagnostic;
use crate::event::Stamped;
use crate::kept::{Leaver, Left};
use crate::plan::Plan;
use crate::record::{Entry, Keep, Label, Reader, Recorder, Store};
use crate::report::html::About;

use super::Failure;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What is kept of this run and of earlier ones.
#[derive(Debug, Args)]
pub(super) struct RecordArgs {
    /// Do not record this run for `provision runs` and `provision replay`
    #[arg(long, help_heading = "Records")]
    no_record: bool,
    /// Recorded runs to keep, the newest
    #[arg(
        long,
        value_name = "RUNS",
        env = "PROVISION_KEEP_RUNS",
        default_value_t = 200,
        help_heading = "Records"
    )]
    keep_runs: usize,
    /// Days to keep recorded runs for
    #[arg(
        long,
        value_name = "DAYS",
        env = "PROVISION_KEEP_DAYS",
        default_value_t = 90,
        help_heading = "Records"
    )]
    keep_days: u32,
}

impl RecordArgs {
    /// Begins a record. That it cannot be kept is a warning: the run is what was asked for.
    pub(super) fn start(&self, command: Option<&[String]>) -> Option<Recorder> {
        if self.no_record {
            return None;
        }
        let keep = Keep {
            runs: self.keep_runs.max(1),
            age: DAY * self.keep_days,
        };
        let Some(store) = Store::of_process() else {
            warn("this run is not recorded: neither XDG_STATE_HOME nor HOME is an absolute path");
            return None;
        };
        match store.record(keep, command.map(|words| words.join(" "))) {
            Ok(recorder) => Some(recorder),
            Err(error) => {
                let folder = store.folder().display();
                warn(&format!(
                    "this run is not recorded: cannot write to {folder}: {error}"
                ));
                None
            }
        }
    }
}

impl RecordArgs {
    /// Notes what a push of `plans` leaves on hosts, where runs are recorded.
    pub(super) fn leaver(&self, plans: &[Plan]) -> Option<Leaver> {
        let left = Left::of_process().filter(|_| !self.no_record)?;
        Some(Leaver::new(left, plans))
    }
}

/// Says on stderr what is not as it should be, and goes on.
pub(super) fn warn(what: &str) {
    // Nobody to tell is no reason to stop.
    let _ = writeln!(io::stderr().lock(), "warning: {what}");
}

/// The records of this user.
pub(super) fn store() -> Result<Store, Failure> {
    let mistake =
        || Diagnostic::new("there are no records: neither XDG_STATE_HOME nor HOME is an absolute path");
    Store::of_process().ok_or_else(|| mistake().into())
}

/// The record called `run`.
pub(super) fn find(run: &str) -> Result<Entry, Failure> {
    let found = store()?.find(run);
    found.map_err(|error| {
        Diagnostic::new(error.to_string())
            .help("see `provision runs`; the beginning of an id is enough, and `last` is the newest run")
            .into()
    })
}

/// A record's file: of a recorded run, or any file of NDJSON, which is told by its `/` or its ending.
pub(super) fn file(run: &str) -> Result<PathBuf, Failure> {
    let is_path = run.contains('/')
        || Path::new(run)
            .extension()
            .is_some_and(|extension| extension == "ndjson" || extension == "json");
    if is_path {
        return Ok(run.into());
    }
    find(run).map(|entry| entry.path)
}

/// What the record at `path` says of itself; nothing when it says nothing.
pub(super) fn about(path: &Path) -> About {
    let mut first = Vec::new();
    let read = File::open(path).and_then(|file| {
        let mut file = BufReader::new(file.take(64 * 1024));
        file.read_until(b'\n', &mut first)
    });
    let label = read.ok().and_then(|_| Label::parse(&first));
    label.as_ref().map(Label::about).unwrap_or_default()
}

/// Reads a run, handing each event to `each`; whether it came to its end.
pub(super) fn read(path: &Path, mut each: impl FnMut(Stamped)) -> Result<bool, Failure> {
    let cannot =
        |error: &dyn std::fmt::Display| Diagnostic::new(format!("cannot read {}: {error}", path.display()));
    let file = File::open(path).map_err(|error| cannot(&error))?;
    let mut reader = Reader::new(BufReader::with_capacity(128 * 1024, file));
    for stamped in &mut reader {
        each(stamped.map_err(|error| cannot(&error))?);
    }
    Ok(reader.is_whole())
}
