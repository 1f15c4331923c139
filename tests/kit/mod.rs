//! What tests of several floors need.

pub mod host;
pub mod shell;
pub mod proxy;
pub mod ssh_server;
pub mod sshd;
