//! All hosts at once: each in its own order, none waiting for another.
//!
//! [`fleet`] bounds how many are at work, [`HostRun`] turns one host's bytes into events and is sans-I/O. The promise:
//! every planned step of every host that was reached ends in exactly one `StepFinished`.

mod boot;
mod cancel;
mod command;
mod deliver;
mod errand;
mod facts;
pub mod fleet;
mod gate;
mod host_run;
mod library;
mod limits;
mod listener;
mod scene;
mod settings;
mod spool;
mod stop;
mod tail;
mod text;
mod told;
mod wave;

pub use cancel::Cancel;
pub use command::Command;
pub use errand::{Errand, Site};
pub use facts::{Held, gather};
pub use fleet::{Fleet, Work};
pub use gate::{Answer, Gate, Open};
pub use host_run::{Ended, HostRun, Need};
pub use library::Runner;
pub use limits::Limits;
pub use settings::Settings;
pub use spool::{Spool, piece};
