//! One integration binary.

#![allow(unreachable_pub, reason = "modules of one binary")]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "measured numbers, and what was left out"
)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod kit;
mod transport;
