//! One integration binary.

#![allow(unreachable_pub, reason = "modules of one binary")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod inventory;
mod kit;
mod program;
mod transport;
mod profile;
mod report;
mod transport;
