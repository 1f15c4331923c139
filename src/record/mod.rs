//! Looking back: every run is written down as it goes on, privately, and can be told again.
//!
//! A record is the run's NDJSON behind one line that labels it. It may end anywhere, as when the controller was
//! killed or the disk was full: what is there is read. A record that cannot be kept is a warning, never the end of
//! a run.

mod label;
mod moment;
mod read;
mod recorder;
mod store;

pub use label::Label;
pub use moment::Moment;
pub use read::{Reader, Unreadable};
pub use recorder::{Recorder, Recording};
pub use store::{Entry, Keep, NoRecord, Standing, Store};
