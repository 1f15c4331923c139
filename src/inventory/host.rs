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

/// Whom one becomes where nobody says otherwise.
pub const ROOT: &str = "root";

/// How the program becomes another user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Become {
    /// It stays the user that logged in.
    #[default]
    None,
    /// By `sudo`.
    Sudo,
    /// By `doas`.
    Doas,
    /// By `su`, which asks nothing only of root.
    Su,
}

impl Become {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Sudo => "sudo",
            Self::Doas => "doas",
            Self::Su => "su",
        }
    }

    /// The exec line that becomes `user` without a password: constants but for the name, which the inventory checked.
    pub fn exec_line(self, user: &str) -> String {
        match (self, user) {
            (Self::None, _) => "sh".to_owned(),
            (Self::Sudo, ROOT) => "sudo -n -H -- sh".to_owned(),
            (Self::Sudo, user) => format!("sudo -n -H -u {user} -- sh"),
            (Self::Doas, ROOT) => "doas -n sh".to_owned(),
            (Self::Doas, user) => format!("doas -n -u {user} sh"),
            (Self::Su, user) => format!("su {user} -c sh"),
        }
    }
}
