//! Writes a run down while it goes on.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::label::Label;
use super::moment::Moment;
use crate::event::{Event, Stamped};
use crate::report::Reporter;
use crate::report::html::About;
use crate::report::ndjson::Ndjson;

/// A reporter that never fails: a run does not end because nobody can write about it.
pub struct Recorder {
    lines: Option<Ndjson>,
    recording: Recording,
    command: Option<String>,
}

/// What is known of a record while it is written, and afterwards.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The run's id.
    pub run: String,
    /// When it began.
    pub began: Moment,
    /// The file.
    pub path: PathBuf,
    trouble: Arc<Mutex<Option<String>>>,
}

impl Recording {
    /// Why the record is not whole, if it is not.
    pub fn trouble(&self) -> Option<String> {
        self.trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Recorder {
    pub(super) fn new(
        run: String,
        began: Moment,
        path: PathBuf,
        file: File,
        command: Option<String>,
    ) -> Self {
        Self {
            lines: Some(Ndjson::new("record", Box::new(file))),
            recording: Recording {
                run,
                began,
                path,
                trouble: Arc::default(),
            },
            command,
        }
    }

    /// What to ask after the run.
    pub fn recording(&self) -> Recording {
        self.recording.clone()
    }

    /// What a page about the run says beside its events.
    pub fn about(&self) -> About {
        About {
            run: Some(self.recording.run.clone()),
            began: Some(self.recording.began.to_string()),
            command: self.command.clone(),
        }
    }

    /// Does `act` while all went well; the first error ends the record, and nothing else.
    fn while_well(&mut self, act: impl FnOnce(&mut Ndjson) -> io::Result<()>) {
        let Some(lines) = &mut self.lines else { return };
        if let Err(error) = act(lines) {
            let trouble = format!("{}: {error}", self.recording.path.display());
            *self
                .recording
                .trouble
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = Some(trouble);
            self.lines = None;
        }
    }
}

impl Reporter for Recorder {
    fn name(&self) -> &'static str {
        "record"
    }

    fn observe(&mut self, stamped: &Stamped) -> io::Result<()> {
        if let Event::RunStarted { mode, profile, hosts } = &stamped.event {
            let Recording { run, began, .. } = &self.recording;
            let command = self.command.as_deref();
            let label = Label::new(run, *began, *mode, profile.as_ref(), hosts, command);
            self.while_well(|lines| lines.line(&label));
        }
        // It may be endless, and what is worth keeping of it follows.
        if !matches!(
            stamped.event,
            Event::CommandOutput { .. } | Event::StepProgress { .. }
        ) {
            self.while_well(|lines| lines.observe(stamped));
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.while_well(Reporter::flush);
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.while_well(Reporter::finish);
        // The file closes, and its lock with it: the run is no longer at work.
        self.lines = None;
        Ok(())
    }
}

impl Drop for Recorder {
    /// A run that never began, or of which nothing could be written, leaves no record: it would be the last one.
    fn drop(&mut self) {
        self.while_well(Reporter::flush);
        self.lines = None;
        let path = &self.recording.path;
        if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0) {
            // What cannot be removed is pruned with its time.
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Mode;
    use std::time::Duration;

    #[test]
    fn a_full_disk_ends_the_record_and_no_more() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut recorder = Recorder::new("x".into(), Moment::now(), "/dev/full".into(), full, None);
        let event = Event::RunStarted {
            mode: Mode::Push,
            profile: None,
            hosts: Arc::default(),
        };
        let stamped = Stamped {
            at: Duration::ZERO,
            event,
        };
        assert!(recorder.observe(&stamped).is_ok());
        assert!(recorder.flush().is_ok());
        assert!(recorder.observe(&stamped).is_ok() && recorder.finish().is_ok());
        let trouble = recorder.recording().trouble().unwrap();
        assert!(trouble.starts_with("/dev/full: No space left"), "{trouble}");
    }
}
