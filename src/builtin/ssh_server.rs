//! `ssh-server`: an SSH server that only takes keys.

use std::fmt::Write as _;

use serde::Deserialize;

use crate::config::{Config, Data, Table};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::module::{Module, Setting};
use crate::name::Name;
use crate::resource::{Line, OnChange, Package, Pattern, Resource, Service, SshdConfig};

/// Hardens Debian's OpenSSH server. It never cuts the branch it sits on: see [`SshdConfig`].
pub(super) struct SshServer(Name);

impl Default for SshServer {
    fn default() -> Self {
        Self(super::name("ssh-server"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    ports: Vec<u16>,
    root_login: RootLogin,
    passwords: bool,
    allow_users: Vec<String>,
    allow_groups: Vec<String>,
    max_auth_tries: u8,
    #[serde(rename = "settings")]
    _own: serde::de::IgnoredAny,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
enum RootLogin {
    #[serde(rename = "no")]
    No,
    #[serde(rename = "prohibit-password")]
    Keys,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ports: Vec::new(),
            root_login: RootLogin::Keys,
            passwords: false,
            allow_users: Vec::new(),
            allow_groups: Vec::new(),
            max_auth_tries: 4,
            _own: serde::de::IgnoredAny,
        }
    }
}

impl Settings {
    fn text(&self, more: &[(String, String)]) -> String {
        let mut text = "# Kept by provision; what is changed here by hand is overwritten.\n".to_owned();
        let mut set = |key: &str, value: &str| {
            let _ = writeln!(text, "{key} {value}");
        };
        // The server takes the first it reads, so what is set by hand comes before our own choice.
        for (key, value) in more {
            set(key, value);
        }
        for port in &self.ports {
            set("Port", &port.to_string());
        }
        set(
            "PermitRootLogin",
            if self.root_login == RootLogin::No {
                "no"
            } else {
                "prohibit-password"
            },
        );
        let passwords = if self.passwords { "yes" } else { "no" };
        set("PasswordAuthentication", passwords);
        set("KbdInteractiveAuthentication", passwords);
        set("PubkeyAuthentication", "yes");
        set("PermitEmptyPasswords", "no");
        set("MaxAuthTries", &self.max_auth_tries.to_string());
        set("LoginGraceTime", "30");
        set("X11Forwarding", "no");
        if !self.allow_users.is_empty() {
            set("AllowUsers", &self.allow_users.join(" "));
        }
        if !self.allow_groups.is_empty() {
            set("AllowGroups", &self.allow_groups.join(" "));
        }
        text
    }

    /// What can be known before any contact; the host looks again, at all of its settings.
    fn check(&self, user: &str) -> Result<(), Diagnostics> {
        let mut mistakes = Diagnostics::default();
        let names = self.allow_users.iter().chain(&self.allow_groups);
        for name in names
            .filter(|name| name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control()))
        {
            mistakes.push(Diagnostic::new(format!("{name:?} is no name of a user or group")));
        }
        if self.root_login == RootLogin::No && user == "root" {
            mistakes.push(
                Diagnostic::new(
                    "`root_login = \"no\"` would lock out root, the user that provision logs in as",
                )
                .help("log in as another user with `become = \"sudo\"`, or keep \"prohibit-password\""),
            );
        }
        let patterns = self
            .allow_users
            .iter()
            .any(|name| name.contains(['*', '?', '@', '!']));
        if !self.allow_users.is_empty() && !patterns && !self.allow_users.iter().any(|name| name == user) {
            mistakes.push(
                Diagnostic::new(format!(
                    "`allow_users` would lock out {user}, the user that provision logs in as"
                ))
                .help(format!("add \"{user}\" to it")),
            );
        }
        if self.ports.contains(&0) || self.max_auth_tries == 0 {
            mistakes.push(Diagnostic::new("neither a port nor `max_auth_tries` is 0"));
        }
        mistakes.into_result(())
    }
}

/// Further settings, by their names in `sshd_config(5)`.
fn more(table: &Table) -> Result<Vec<(String, String)>, Diagnostics> {
    let mut mistakes = Diagnostics::default();
    let mut all = Vec::new();
    for (key, entry) in table.iter() {
        let value = match &entry.value.data {
            Data::String(text) if !text.contains(|c: char| c.is_control()) => text.clone(),
            Data::Integer(number) => number.to_string(),
            Data::Boolean(yes) => if *yes { "yes" } else { "no" }.to_owned(),
            other => {
                let mistake = format!(
                    "{key} takes a string, a number or a boolean in one line, not {}",
                    other.kind()
                );
                mistakes.push(Diagnostic::new(mistake).at(&entry.value.origin));
                continue;
            }
        };
        if !key.chars().all(|c| c.is_ascii_alphanumeric())
            || ["match", "include"].contains(&key.to_lowercase().as_str())
        {
            mistakes.push(Diagnostic::new(format!("{key:?} cannot be set here")).at(&entry.value.origin));
        }
        all.push((key.to_owned(), value));
    }
    mistakes.into_result(all)
}

impl Module for SshServer {
    fn name(&self) -> &Name {
        &self.0
    }

    fn description(&self) -> &'static str {
        "An SSH server that takes keys only, and never locks out who sets it up"
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::optional(
                "ports",
                "list of integers",
                "as it is",
                "where it listens; the port we came in on must stay",
            ),
            Setting::optional(
                "root_login",
                "string",
                "prohibit-password",
                "how root may log in: that way, or \"no\"",
            ),
            Setting::optional("passwords", "boolean", "false", "whether passwords let people in"),
            Setting::optional(
                "allow_users",
                "list of strings",
                "all",
                "the only users that may log in",
            ),
            Setting::optional(
                "allow_groups",
                "list of strings",
                "all",
                "the only groups whose users may log in",
            ),
            Setting::optional(
                "max_auth_tries",
                "integer",
                "4",
                "how many tries a connection has",
            ),
            Setting::optional(
                "settings",
                "table",
                "{}",
                "more of sshd_config(5), such as `AllowTcpForwarding = false`",
            ),
        ]
    }

    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let settings: Settings = config.read()?;
        settings.check(&config.host.user)?;
        let more = match config.values.get("settings").map(|value| &value.data) {
            Some(Data::Table(table)) => more(table)?,
            _ => Vec::new(),
        };
        let include = Line {
            before: Pattern::new(".").ok(),
            ..Line::new("/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf")
        };
        Ok(vec![
            Package::lean("openssh-server").into(),
            Resource::from(include).notify("ssh"),
            Resource::from(SshdConfig::new("00-provision", settings.text(&more))).notify("ssh"),
            Service::new("ssh", OnChange::Reload).into(),
        ])
    }
}
