//! How a command ends: its exit code, or what went wrong before anybody was contacted.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::event::exit;
use crate::report;

/// Every exit code, and what it means; the documentation has the same table.
pub(crate) const EXIT_CODES: [(u8, &str); 6] = [
    (exit::WELL, "all well"),
    (
        exit::FAILED,
        "a step failed, a command ended with another status than 0, or a host was lost in mid-run",
    ),
    (
        exit::WRONG,
        "usage or configuration is wrong, and nobody was contacted; or the run went on but its output is not complete",
    ),
    (exit::UNREACHED, "a host was not reached, and no step failed"),
    (
        exit::CHANGES,
        "changes were found: by `push --dry-run` or `plan` with `--detailed-exitcode`, or by `drift`",
    ),
    (
        exit::CANCELLED,
        "the run was cancelled: Ctrl-C once ends between steps, twice leaves at once",
    ),
];

/// The table for `--help`.
pub(crate) fn exit_codes() -> String {
    let lines = EXIT_CODES
        .iter()
        .map(|(code, meaning)| format!("{code:>5}  {meaning}\n"));
    format!("Exit codes:\n{}", lines.collect::<String>())
}

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
    ExitCode::from(exit::WRONG)
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
