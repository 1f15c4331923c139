//! Throwaway sshd and counting proxy, as the tests have them.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::pedantic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "written for tests, of which this needs a part"
)]

#[path = "../../tests/kit/host.rs"]
pub mod host;
#[path = "../../tests/kit/proxy.rs"]
pub mod proxy;
#[path = "../../tests/kit/sshd.rs"]
pub mod sshd;
#[path = "../../tests/kit/tools.rs"]
pub mod tools;
