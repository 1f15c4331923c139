//! What tests of several floors need.

pub mod archive;
pub mod bastion;
pub mod binary;
pub mod docker;
pub mod fido_agent;
pub mod golden;
pub mod host;
pub mod packets;
pub mod payload;
pub mod program;
pub mod proxy;
pub mod shell;
pub mod small_sshd;
pub mod ssh_agent;
pub mod ssh_server;
pub mod sshd;
pub mod throwaway;
pub mod tools;
pub mod tree;
