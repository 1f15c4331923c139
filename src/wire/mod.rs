//! Both ends of the line: what every program says, and how it is heard.
//!
//! A frame is newline, RS, the run's nonce, words, newline. The nonce is new in every run and never exported, so no
//! output can imitate a frame; words are letters and digits only, so nothing in a frame needs quoting.

mod decode;
mod facts;
mod frame;
mod parts;

pub use decode::{Decoder, Item};
pub use facts::{FACTS, MAX_ANSWER, facts_program, read_facts};
pub use frame::{Failure, Frame, FrameError, Nonce, Room, Skip};
pub use parts::{ACT, ASK, EDIT, Parts, sent};

/// The start of every program: asks the host, changes nothing.
pub const PRELUDE: &str = include_str!("prelude.sh");

/// The start of a push's second half: the order in which a host is changed.
pub const APPLY: &str = include_str!("apply.sh");

/// The end of a program that runs `main` for as long as somebody listens.
pub const WATCHED: &str = include_str!("watched.sh");

/// The version of the frames' language, in the first frame.
pub const VERSION: usize = 1;
