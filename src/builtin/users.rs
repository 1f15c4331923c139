//! `users`: people's accounts with their SSH keys.

use serde::Deserialize;

use crate::config::Config;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::module::{Module, Setting};
use crate::name::Name;
use crate::resource::{Directory, File, Mode, Package, Presence, Resource, Sudoers, User};

/// Makes accounts for people.
pub(super) struct Users(Name);

impl Default for Users {
    fn default() -> Self {
        Self(super::name("users"))
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    users: Vec<Person>,
    absent: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    name: String,
    #[serde(default)]
    groups: Vec<String>,
    shell: Option<String>,
    #[serde(default)]
    keys: Vec<String>,
    sudo: Option<Vec<String>>,
}

impl Person {
    /// What the account may do as others.
    fn rules(&self) -> Result<Option<Sudoers>, Diagnostic> {
        let Some(rules) = &self.sudo else {
            return Ok(None);
        };
        if let Some(bad) = rules
            .iter()
            .find(|rule| rule.trim().is_empty() || rule.contains(char::is_control))
        {
            return Err(Diagnostic::new(format!(
                "the rule {bad:?} of user `{}` is not one line",
                self.name
            )));
        }
        let lines = rules
            .iter()
            .map(|rule| format!("{} {}\n", self.name, rule.trim()));
        Ok(Some(match lines.collect::<String>() {
            none if none.is_empty() => no_rules(&self.name),
            lines => Sudoers::new(file_of(&self.name), lines),
        }))
    }
}

/// The file of somebody's rules; sudo leaves names with a dot out.
fn file_of(name: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' {
            c
        } else {
            '_'
        }
    };
    format!("provision-{}", name.chars().map(plain).collect::<String>())
}

fn no_rules(name: &str) -> Sudoers {
    Sudoers {
        name: file_of(name),
        content: None,
        state: Presence::Absent,
    }
}

impl Module for Users {
    fn name(&self) -> &Name {
        &self.0
    }

    fn description(&self) -> &'static str {
        "People's accounts with their groups and SSH keys"
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::optional(
                "users",
                "list of tables",
                "[]",
                "accounts: name, groups, shell, keys (public keys, one string each; all others are removed), sudo (rules, each what stands behind the name in sudoers, such as `ALL=(ALL) NOPASSWD: ALL`; an empty list takes them away)",
            ),
            Setting::optional(
                "absent",
                "list of strings",
                "[]",
                "accounts that should not be there, and their rules of sudo with them; their files stay",
            ),
        ]
    }

    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let Settings { users, absent } = config.read()?;
        let mut resources: Vec<Resource> = Vec::new();
        if users
            .iter()
            .any(|person| person.sudo.as_ref().is_some_and(|rules| !rules.is_empty()))
        {
            resources.push(Package::lean("sudo").into());
        }
        for person in users {
            let rules = person.rules()?;
            let shell = person.shell.unwrap_or_else(|| "/bin/bash".to_owned());
            let home = format!("/home/{}", person.name);
            resources.push(
                User {
                    name: person.name.clone(),
                    groups: person.groups,
                    home: Some(home.clone()),
                    shell: Some(shell),
                    ..User::default()
                }
                .into(),
            );
            resources.extend(rules.map(Resource::from));
            if person.keys.is_empty() {
                continue;
            }
            if let Some(bad) = person
                .keys
                .iter()
                .find(|key| key.contains(['\n', '\r']) || key.trim().is_empty())
            {
                return Err(Diagnostic::new(format!(
                    "the key {bad:?} of user `{}` is not one line",
                    person.name
                ))
                .into());
            }
            let owner = Some(person.name.clone());
            let ssh = format!("{home}/.ssh");
            resources.push(
                Directory {
                    mode: Some(Mode::new(0o700)),
                    owner: owner.clone(),
                    ..Directory::new(ssh.clone())
                }
                .into(),
            );
            let keys: String = person
                .keys
                .iter()
                .map(|key| format!("{}\n", key.trim()))
                .collect();
            resources.push(
                File {
                    mode: Some(Mode::new(0o600)),
                    owner,
                    ..File::new(format!("{ssh}/authorized_keys"), keys)
                }
                .into(),
            );
        }
        for name in absent {
            // Before the account: whoever has its name next is somebody else.
            resources.push(no_rules(&name).into());
            let gone = User {
                name,
                state: Presence::Absent,
                ..User::default()
            };
            resources.push(gone.into());
        }
        Ok(resources)
    }
}
