//! Hosts, groups and how to reach them.

mod host;

pub use host::{Become, Connection, Host, HostKeyPolicy};
