//! Which outputs a run has, and the thread that tells it.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use clap::{Args, ValueEnum};
use tokio::sync::mpsc::Sender;

use crate::diagnostic::Diagnostic;
use crate::event::{Stamped, Summary};
use crate::kept::{Leaver, Trouble};
use crate::name::Name;
use crate::record::{Moment, Recorder, Recording};
use crate::report::html::{self, About};
use crate::report::outlet::Outlet;
use crate::report::{self, Options, Reporter, Telling, Told, junit, ndjson, plain, redact::Redactor, tty};

use super::Failure;
use super::completions::offer;
use super::recording::warn;

/// How a run is told.
#[derive(Debug, Args)]
pub(super) struct TellingArgs {
    /// What is written to stdout
    #[arg(long, value_enum, default_value_t = Output::Auto)]
    output: Output,
    /// Also write the run to this file, by its ending: .ndjson or .json events, .xml JUnit, .html a page; only you may
    /// read it
    #[arg(long, value_name = "FILE", add = offer::files())]
    report: Vec<PathBuf>,
    /// Show every step, and what steps write as they write it, each line behind its host
    #[arg(short, long)]
    verbose: bool,
    /// Follow one host of a push: its steps as they begin, and what they write
    #[arg(long, value_name = "HOST", add = offer::hosts())]
    tail: Option<Name>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// A live view on a terminal, plain lines elsewhere
    Auto,
    /// A live view, wherever it is written to
    Tty,
    /// Plain lines
    Plain,
    /// One JSON object per event and line
    Ndjson,
}

/// What a report is written as.
enum Form {
    Ndjson,
    Junit,
    Html,
}

impl Form {
    fn of(path: &Path) -> Result<Self, Diagnostic> {
        let ending = path.extension().and_then(|ending| ending.to_str());
        match ending.map(str::to_ascii_lowercase).as_deref() {
            None | Some("ndjson" | "json" | "jsonl") => Ok(Self::Ndjson),
            Some("xml") => Ok(Self::Junit),
            Some("html" | "htm") => Ok(Self::Html),
            _ => {
                let mistake = format!("the report {} has an ending that names no form", path.display());
                Err(Diagnostic::new(mistake)
                    .help("end it in .ndjson or .json for events, in .xml for JUnit, in .html for a page"))
            }
        }
    }
}

/// A run being told.
pub(super) struct Teller {
    thread: JoinHandle<Told>,
    recording: Option<Recording>,
    left: Option<Trouble>,
}

impl TellingArgs {
    /// Whether all is to be told.
    pub(super) fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// Refuses to follow a host that is not among `hosts`.
    pub(super) fn check<'a>(&self, hosts: impl IntoIterator<Item = &'a Name>) -> Result<(), Diagnostic> {
        let Some(tail) = &self.tail else { return Ok(()) };
        if hosts.into_iter().any(|host| host == tail) {
            return Ok(());
        }
        Err(
            Diagnostic::new(format!("--tail {tail}: no such host is in this run"))
                .help("see `provision hosts`"),
        )
    }

    /// Starts telling, and recording; `secrets` are left out of everything.
    pub(super) fn start(
        &self,
        secrets: Vec<String>,
        recorder: Option<Recorder>,
    ) -> Result<(Sender<Stamped>, Teller), Failure> {
        self.start_push(secrets, recorder, None)
    }

    /// The same for a run that changes hosts, of which `leaver` notes what it leaves.
    pub(super) fn start_push(
        &self,
        secrets: Vec<String>,
        recorder: Option<Recorder>,
        leaver: Option<Leaver>,
    ) -> Result<(Sender<Stamped>, Teller), Failure> {
        let about = recorder.as_ref().map(Recorder::about);
        let about = about.unwrap_or_else(|| About {
            began: Some(Moment::now().to_string()),
            ..About::default()
        });
        self.tell(secrets, recorder, leaver, 1.0, &about)
    }

    /// Starts telling a run again, in which time passes `speed` times as fast.
    pub(super) fn replay(&self, speed: f64, about: &About) -> Result<(Sender<Stamped>, Teller), Failure> {
        self.tell(Vec::new(), None, None, speed, about)
    }

    fn tell(
        &self,
        secrets: Vec<String>,
        recorder: Option<Recorder>,
        leaver: Option<Leaver>,
        speed: f64,
        about: &About,
    ) -> Result<(Sender<Stamped>, Teller), Failure> {
        let options = Options {
            verbose: self.verbose,
            ..Options::for_stdout()
        };
        let recording = recorder.as_ref().map(Recorder::recording);
        let mut reporters: Vec<Box<dyn Reporter>> = Vec::new();
        if let Some(recorder) = recorder {
            reporters.push(Box::new(recorder));
        }
        let left = leaver.as_ref().map(Leaver::trouble);
        if let Some(leaver) = leaver {
            reporters.push(Box::new(leaver));
        }
        let forms: Result<Vec<Form>, Diagnostic> = self.report.iter().map(|path| Form::of(path)).collect();
        for (path, form) in self.report.iter().zip(forms?) {
            let file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(path);
            let file = file.map_err(|error| {
                Diagnostic::new(format!("cannot write the report {}: {error}", path.display()))
            })?;
            let name = path.display().to_string();
            let file = Box::new(io::BufWriter::new(file));
            reporters.push(match form {
                Form::Ndjson => Box::new(ndjson::Ndjson::new(name, file)),
                Form::Junit => Box::new(junit::Junit::new(name, file)),
                Form::Html => Box::new(html::Html::new(name, file, about.clone())),
            });
        }
        // What people look at comes last: when it stands still at the end, all else is written.
        let stdout = || Box::new(io::stdout());
        let tail = self.tail.clone();
        let tty = || Ok(tty::Tty::stdout(options, speed)?.tail(self.tail.clone()));
        reporters.push(match self.output {
            Output::Ndjson => Box::new(ndjson::Ndjson::new("stdout", stdout())),
            Output::Tty => Box::new(tty().map_err(Failure::system("cannot start the terminal view"))?),
            Output::Auto if tty::is_available() => {
                Box::new(tty().map_err(Failure::system("cannot start the terminal view"))?)
            }
            _ => {
                let outlet = Outlet::new(stdout()).map_err(Failure::system("cannot start the output"))?;
                Box::new(plain::Plain::new(Box::new(outlet), options).tail(tail))
            }
        });
        let (sender, receiver) = tokio::sync::mpsc::channel(1024);
        let telling = Telling::new(reporters, Redactor::new(secrets));
        let thread =
            report::spawn(receiver, telling).map_err(Failure::system("cannot start the reporter"))?;
        Ok((
            sender,
            Teller {
                thread,
                recording,
                left,
            },
        ))
    }
}

impl Teller {
    /// Waits for the last word. A report that could not be written is a failure of its own, after the run.
    pub(super) fn finish(self, summary: &Summary) -> Result<u8, Failure> {
        let code = summary.exit_code();
        match self.end() {
            // The run's own code says more, but what is missing has to be known too.
            Err(failure) if code != 0 => {
                warn(&failure.to_string());
                Ok(code)
            }
            ended => ended.map(|()| code),
        }
    }

    /// Waits for the last word, whatever the run came to.
    pub(super) fn end(self) -> Result<(), Failure> {
        let Ok(told) = self.thread.join() else {
            return Err(Failure::system("the reporter ended early")(io::Error::other(
                "panic",
            )));
        };
        // Where no record could be begun, that was said already, and for the same folder.
        let recorded = self.recording.is_some();
        if let Some(trouble) = self.recording.and_then(|recording| recording.trouble()) {
            warn(&format!("the record of this run is not whole: {trouble}"));
        }
        if let Some(trouble) = self.left.and_then(|left| left.get()).filter(|_| recorded) {
            warn(&format!(
                "what this run leaves is not noted, for `provision drift`: {trouble}"
            ));
        }
        match told.broken.into_iter().next() {
            None => Ok(()),
            Some(broken) => {
                let error = io::Error::other(broken.to_string());
                Err(Failure::system("the run went on, but its output is not complete")(error))
            }
        }
    }
}
