//! Telling, from canned runs to goldens and screens.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

mod canned;
mod folding;
mod formats;
mod junit;
mod page;
mod replays;
mod scale;
mod screens;
mod stalled;
