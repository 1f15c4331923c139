//! One host: what it is called, how it is reached, what is set for it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::config::{HostView, Table};
use crate::name::Name;

/// A host of the inventory with everything that was said about it, defaults applied.
#[derive(Clone, Debug)]
pub struct Host {
    /// Its name; what people and events call it.
    pub name: Name,
    /// How it is reached.
    pub connection: Arc<Connection>,
    /// The groups it is in: those it names, in its order.
    pub groups: Vec<Name>,
    /// Config of modules by module name, lowest level first: one table per group that has some, then the host's own.
    /// Shared, since a group's is the same for all its hosts.
    pub config: Vec<Arc<Table>>,
}

impl Host {
    /// What modules may know about it.
    pub fn view(&self) -> HostView {
        HostView {
            name: self.name.clone(),
            address: self.connection.address.as_str().into(),
            user: self.connection.user.as_str().into(),
            groups: self.groups.clone(),
        }
    }
}

/// How a host is reached. The words are those of `ssh_config(5)` where it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Host name or IP address to connect to (`HostName`).
    pub address: String,
    /// TCP port (`Port`).
    pub port: u16,
    /// User to log in as (`User`).
    pub user: String,
    /// Private keys to try, in order, before the agent's (`IdentityFile`). Absolute.
    pub identity_files: Vec<PathBuf>,
    /// Whether keys of the agent are left alone (`IdentitiesOnly`).
    pub identities_only: bool,
    /// Files of known host keys (`UserKnownHostsFile`), the first one is written to. Absolute.
    pub known_hosts: Vec<PathBuf>,
    /// What happens with a host key that is in none of them (`StrictHostKeyChecking`).
    pub host_key_policy: HostKeyPolicy,
    /// How the program becomes another user than the one logged in.
    pub r#become: Become,
    /// Bound on each of resolving and connecting, handshake, and authentication (`ConnectTimeout`).
    pub connect_timeout: Duration,
    /// How often an idle connection is probed (`ServerAliveInterval`); three unanswered probes end it.
    pub keepalive: Duration,
}

/// What to do with an unknown host key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostKeyPolicy {
    /// Refuse it.
    #[default]
    Strict,
    /// Record it when nothing at all is recorded for the host; a changed or revoked key is still refused.
    AcceptNew,
}

/// How the program becomes another user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Become {
    /// It stays the user that logged in.
    #[default]
    None,
    /// By `sudo`, without a password.
    Sudo,
    /// By `doas`, without a password.
    Doas,
    /// By `su`, which asks nothing only of root.
    Su,
}

impl Become {
    /// The exec line: a constant, so nothing of the inventory can reach the login shell.
    pub fn exec_line(self) -> &'static str {
        match self {
            Self::None => "sh",
            Self::Sudo => "sudo -n -H -- sh",
            Self::Doas => "doas -n sh",
            Self::Su => "su root -c sh",
        }
    }
}
