//! One integration binary.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]
#![allow(unreachable_pub, reason = "modules of one binary")]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "measured numbers, and what was left out"
)]

mod cli;
mod diagnostics;
mod docker;
mod fuzz;
mod house;
mod inventory;
mod kit;
mod profile;
mod program;
mod record;
mod report;
mod resource;
mod runner;
mod transport;
