//! One host: what it is called, how it is reached, what is set for it.

use std::sync::Arc;

use super::connection::Connection;
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
    /// Its variables, for templates: those of the defaults, of its groups, and its own, each replacing the one before.
    pub vars: Arc<Table>,
}

impl Host {
    /// What modules may know about it.
    pub fn view(&self) -> HostView {
        HostView {
            name: self.name.clone(),
            address: self.connection.address.as_str().into(),
            user: self.connection.user.as_str().into(),
            groups: self.groups.clone(),
            vars: Arc::clone(&self.vars),
        }
    }
}

/// How the program becomes another user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Deserialize)]
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
