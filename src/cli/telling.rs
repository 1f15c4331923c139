//! Which outputs a run has, and the thread that tells it.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::thread::JoinHandle;

use clap::{Args, ValueEnum};
use tokio::sync::mpsc::Sender;

use crate::diagnostic::Diagnostic;
use crate::event::{Stamped, Summary};
use crate::report::{self, Options, Reporter, Telling, Told, ndjson, plain, redact::Redactor, tty};

use super::Failure;

/// How a run is told.
#[derive(Debug, Args)]
pub(super) struct TellingArgs {
    /// What is written to stdout
    #[arg(long, value_enum, default_value_t = Output::Auto)]
    output: Output,
    /// Also write the run's events to this file, as NDJSON; only you may read it
    #[arg(long, value_name = "FILE")]
    report: Vec<PathBuf>,
    /// Show every step, and what steps that changed something wrote
    #[arg(short, long)]
    verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// A live view on a terminal, plain lines elsewhere
    Auto,
    /// Plain lines
    Plain,
    /// One JSON object per event and line
    Ndjson,
}

/// A run being told.
pub(super) struct Teller {
    thread: JoinHandle<Told>,
}

impl TellingArgs {
    /// Starts telling; `secrets` are left out of everything.
    pub(super) fn start(&self, secrets: Vec<String>) -> Result<(Sender<Stamped>, Teller), Failure> {
        let options = Options {
            verbose: self.verbose,
            ..Options::for_stdout()
        };
        let stdout = || Box::new(io::stdout());
        let mut reporters: Vec<Box<dyn Reporter>> = vec![match self.output {
            Output::Ndjson => Box::new(ndjson::Ndjson::new("stdout", stdout())),
            Output::Auto if tty::is_available() => Box::new(tty::Tty::stdout(options)),
            _ => Box::new(plain::Plain::new(stdout(), options)),
        }];
        for path in &self.report {
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
            reporters.push(Box::new(ndjson::Ndjson::new(
                name,
                Box::new(io::BufWriter::new(file)),
            )));
        }
        let (sender, receiver) = tokio::sync::mpsc::channel(1024);
        let telling = Telling::new(reporters, Redactor::new(secrets));
        let thread =
            report::spawn(receiver, telling).map_err(Failure::system("cannot start the reporter"))?;
        Ok((sender, Teller { thread }))
    }
}

impl Teller {
    /// Waits for the last word. A report that could not be written is a failure of its own, after the run.
    pub(super) fn finish(self, summary: &Summary) -> Result<u8, Failure> {
        let Ok(told) = self.thread.join() else {
            return Err(Failure::system("the reporter ended early")(io::Error::other(
                "panic",
            )));
        };
        let code = summary.exit_code();
        if let Some(broken) = told.broken.into_iter().next() {
            let error = io::Error::other(broken.to_string());
            let failure = Failure::system("the run went on, but its output is not complete")(error);
            return if code == 0 { Err(failure) } else { Ok(code) };
        }
        Ok(code)
    }
}
