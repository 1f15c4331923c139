//! Telling: makes words, lines and screens of events, for people and machines.
//!
//! A [`Reporter`] turns the stream into one kind of output. [`spawn`] runs them all on a thread of their own, so
//! that a stopped terminal never blocks the runtime; secrets are taken out before any of them sees an event.
//! To add an output: one file with a `Reporter`, one line here, and the canned run in `tests/report/` rendered by it.

mod command;
pub mod compare;
pub mod diagnostic;
mod diff;
pub mod drift;
mod ending;
pub mod escape;
mod excerpt;
mod fleet;
pub mod fold;
pub mod html;
pub mod junit;
mod narrator;
pub mod ndjson;
pub mod outlet;
mod paint;
pub mod plain;
pub mod redact;
mod review;
mod standing;
mod story;
mod stream;
mod telling;
pub mod tty;
pub mod words;

use std::io;

use crate::event::Stamped;

pub use telling::{Broken, Telling, Told, spawn};

/// Turns events into one kind of output.
///
/// An error ends this reporter and no other; the run goes on.
pub trait Reporter: Send {
    /// What people call it when it breaks, such as `plain` or a file's name.
    fn name(&self) -> &str;

    /// Takes the next event. They come in the order of [`crate::event::grammar`].
    fn observe(&mut self, stamped: &Stamped) -> io::Result<()>;

    /// No more events wait at this moment: whoever gathers writes out what it has.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Time passes; called about ten times a second, between events.
    fn tick(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// No more events come. Called once, also when the stream broke off before its last event.
    fn finish(&mut self) -> io::Result<()>;
}

/// How output for people looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether to use colours.
    pub colour: bool,
    /// Whether signs beyond ASCII can be shown.
    pub unicode: bool,
    /// Whether to show every step, and what steps that changed wrote.
    pub verbose: bool,
}

impl Options {
    /// What stdout can take: colours by `NO_COLOR`, `CLICOLOR` and what it is; signs by the locale.
    pub fn for_stdout() -> Self {
        let choice = anstream::AutoStream::choice(&io::stdout());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter();
        let locale = locale
            .filter_map(std::env::var_os)
            .find(|value| !value.is_empty());
        let locale = locale.map(|value| value.to_string_lossy().to_ascii_lowercase());
        Self {
            colour: choice != anstream::ColorChoice::Never,
            unicode: locale.is_some_and(|locale| locale.contains("utf-8") || locale.contains("utf8")),
            verbose: false,
        }
    }
}
