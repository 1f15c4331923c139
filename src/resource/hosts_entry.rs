//! `hosts_entry`: names for an address, in `/etc/hosts`.

use core::net::IpAddr;

use schemars::JsonSchema;
use serde::Deserialize;

use super::hostname::check_host_name;
use super::{FileView, Invalid, Presence, State};
use crate::script::Script;
use crate::sh;

/// Names that stand for an address in `/etc/hosts`.
///
/// Each of them stands for this address and for no other of the same kind (IPv4 or IPv6); other names of the address
/// stay.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostsEntry {
    /// The address.
    #[serde(rename = "hosts_entry")]
    pub address: String,
    /// The names; the first is the one that a new line begins with.
    pub names: Vec<String>,
    /// Whether the names should stand for the address.
    #[serde(default)]
    pub state: Presence,
}

impl HostsEntry {
    /// What is done with which names.
    fn edit(&self) -> Script {
        let verb = Script::raw(if self.state.is_absent() { "drop" } else { "set" });
        sh!("{} {} {}", verb, &self.address, self.names.join(" "))
    }
}

impl State for HostsEntry {
    fn title(&self) -> String {
        format!("hosts_entry {} {}", self.address, self.names.join(" "))
    }

    fn check(&self) -> Script {
        let mut script = Script::raw("text_state /etc/hosts");
        for name in &self.names {
            let holds = if self.state.is_absent() {
                Script::raw("hosts_lacks")
            } else {
                Script::raw("hosts_has")
            };
            script.append(sh!(" && {} {} {}", holds, &self.address, name));
        }
        script
    }

    fn apply(&self) -> Script {
        sh!("hosts_edit {}", self.edit())
    }

    fn files(&self) -> Vec<FileView<'_>> {
        let show = sh!("show_edit /etc/hosts hosts_new {}", self.edit());
        vec![FileView::edited("/etc/hosts", show)]
    }

    fn validate(&self) -> Result<(), Invalid> {
        if self.address.parse::<IpAddr>().is_err() {
            return Err(Invalid::of("hosts_entry")(format!(
                "{:?} is no IPv4 or IPv6 address",
                self.address
            )));
        }
        if self.names.is_empty() {
            return Err(Invalid::of("names")(format!(
                "say which names stand for {}",
                self.address
            )));
        }
        self.names
            .iter()
            .try_for_each(|name| check_host_name("names", name))
    }
}
