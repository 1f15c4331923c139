//! How a command ends: its exit code, or what went wrong before anybody was contacted.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::report;

/// A command's exit code.
pub(crate) type Outcome = Result<u8, Failure>;

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Something a person wrote is wrong.
    #[error(transparent)]
    Configuration(#[from] Diagnostics),
    /// The system refused us something of its own, such as a thread or a temporary directory.
    #[error("{what}: {source}")]
    System {
        /// What was being done.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

impl From<Diagnostic> for Failure {
    fn from(one: Diagnostic) -> Self {
        Self::Configuration(one.into())
    }
}

impl Failure {
    /// Says what was being done when the system refused.
    pub(crate) fn system(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { what, source }
    }
}

/// Tells a failure on stderr, and gives the process its exit code.
pub(crate) fn exit(outcome: Outcome) -> ExitCode {
    let failure = match outcome {
        Ok(code) => return ExitCode::from(code),
        Err(failure) => failure,
    };
    let text = match &failure {
        Failure::Configuration(mistakes) => {
            let colour = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
            report::diagnostic::render(mistakes, colour)
        }
        system @ Failure::System { .. } => format!("error: {system}\n"),
    };
    // Nobody to tell is no reason for another exit code.
    let _ = io::stderr().lock().write_all(text.as_bytes());
    ExitCode::from(2)
}

/// Prints `text` to stdout; a reader that went away is no failure.
pub(crate) fn print(text: &str) -> Outcome {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::system("cannot write to stdout")(error))
        }
        _ => Ok(0),
    }
}

/// Says on stderr what was left out of an inventory; nobody to tell is no failure.
pub(crate) fn note(notes: &[String]) {
    let mut stderr = io::stderr().lock();
    for note in notes {
        let _ = writeln!(stderr, "note: {note}");
    }
}
