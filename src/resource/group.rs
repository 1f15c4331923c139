//! `group`: a group of users.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::check_name;
use super::{Invalid, Presence, State};
use crate::script::{Read, Script};
use crate::sh;

/// A group of the host's own database.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its name.
    #[serde(rename = "group")]
    pub name: String,
    /// Its number; when not said, whichever it has.
    pub gid: Option<u32>,
    /// Whether it gets a number of the system's range when it is made.
    #[serde(default)]
    pub system: bool,
    /// Whether it should be there.
    #[serde(default)]
    pub state: Presence,
}

impl State for Group {
    fn title(&self) -> String {
        format!("group {}", self.name)
    }

    fn check(&self) -> Script {
        let read = Read::Group(self.name.clone());
        if self.state.is_absent() {
            return sh!("{}; [ -z \"$group_entry\" ]", read);
        }
        match self.gid {
            Some(gid) => sh!("{}; [ \"$group_gid\" = {} ]", read, gid),
            None => sh!("{}; [ -n \"$group_entry\" ]", read),
        }
    }

    fn apply(&self) -> Script {
        if self.state.is_absent() {
            return sh!("groupdel -- {}", &self.name);
        }
        let mut flags = Script::raw("");
        if let Some(gid) = self.gid {
            flags.append(sh!(" -g {}", gid));
        }
        let system = Script::raw(if self.system { " -r" } else { "" });
        let change = if self.gid.is_some() {
            sh!("groupmod{} -- {}", flags.clone(), &self.name)
        } else {
            Script::raw(":")
        };
        sh!(
            "if getent group {} >/dev/null; then {}; else groupadd{}{} -- {}; fi",
            &self.name,
            change,
            system,
            flags,
            &self.name
        )
    }

    fn destroys(&self) -> bool {
        self.state.is_absent()
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_name("group", "group", &self.name)
    }
}
