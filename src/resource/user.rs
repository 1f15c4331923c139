//! `user`: an account.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{check_name, check_path};
use super::{Invalid, Presence, State};
use crate::script::{Read, Script};
use crate::sh;

/// An account of the host's own database. What is not said about it stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Its name.
    #[serde(rename = "user")]
    pub name: String,
    /// Its number.
    pub uid: Option<u32>,
    /// Its primary group, which must be there; when not said, one of its own name.
    pub group: Option<String>,
    /// Further groups it should be in; it stays in others.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Home directory. A new account gets one made, a present one is not moved.
    pub home: Option<String>,
    /// Login shell.
    pub shell: Option<String>,
    /// Whether it is a service's account: a number of the system's range and no home made.
    #[serde(default)]
    pub system: bool,
    /// Whether it should be there. Absent leaves its home and files alone.
    #[serde(default)]
    pub state: Presence,
}

impl User {
    fn flags(&self) -> Script {
        let mut flags = Script::default();
        if let Some(uid) = self.uid {
            flags.append(sh!(" -u {}", uid));
        }
        for (flag, value) in [(" -g ", &self.group), (" -d ", &self.home), (" -s ", &self.shell)] {
            if let Some(value) = value {
                flags.append(Script::raw(flag));
                flags.append(value.into());
            }
        }
        flags
    }
}

impl State for User {
    fn title(&self) -> String {
        format!("user {}", self.name)
    }

    fn check(&self) -> Script {
        let read = Read::User(self.name.clone());
        if self.state.is_absent() {
            return sh!("{}; [ -z \"$user_entry\" ]", read);
        }
        let mut script = sh!("{}; [ -n \"$user_entry\" ]", read);
        if let Some(uid) = self.uid {
            script.append(sh!(" && [ \"$user_uid\" = {} ]", uid));
        }
        if let Some(home) = &self.home {
            script.append(sh!(" && [ \"$user_home\" = {} ]", home));
        }
        if let Some(shell) = &self.shell {
            script.append(sh!(" && [ \"$user_shell\" = {} ]", shell));
        }
        if let Some(group) = &self.group {
            script.append(sh!(
                " && {} && [ \"$user_gid\" = \"$group_gid\" ]",
                Read::Group(group.clone())
            ));
        }
        for group in &self.groups {
            script.append(sh!(
                " && {} && case $group_members in *,{},*) ;; *) false ;; esac",
                Read::Group(group.clone()),
                &self.name
            ));
        }
        script
    }

    fn apply(&self) -> Script {
        if self.state.is_absent() {
            return sh!("userdel -- {}", &self.name);
        }
        let kind = Script::raw(if self.system { " -r" } else { " -m" });
        let change = if self.flags().is_empty() {
            Script::raw(":")
        } else {
            sh!("usermod{} -- {}", self.flags(), &self.name)
        };
        let mut script = sh!(
            "if getent passwd {} >/dev/null; then {}; else useradd{}{} -- {}; fi",
            &self.name,
            change,
            kind,
            self.flags(),
            &self.name
        );
        if !self.groups.is_empty() {
            script.append(sh!("\nusermod -a -G {} -- {}", self.groups.join(","), &self.name));
        }
        script
    }

    fn destroys(&self) -> bool {
        self.state.is_absent()
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_name("user", "user", &self.name)?;
        if let Some(group) = &self.group {
            check_name("group", "group", group)?;
        }
        for group in &self.groups {
            check_name("groups", "group", group)?;
        }
        for (key, path) in [("home", &self.home), ("shell", &self.shell)] {
            let Some(path) = path else { continue };
            // It becomes a field of a line of /etc/passwd as it is.
            if !path.starts_with('/') || path.contains(':') {
                let message =
                    format!("{path:?} cannot be a user's {key}: write an absolute path without `:`");
                return Err(Invalid::of(key)(message));
            }
            check_path(key, path)?;
        }
        Ok(())
    }
}
