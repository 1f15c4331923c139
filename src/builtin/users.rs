//! `users`: people's accounts with their SSH keys.

use serde::Deserialize;

use crate::config::Config;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::module::{Module, Setting};
use crate::name::Name;
use crate::resource::{Directory, File, Mode, Presence, Resource, User};

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
                "accounts: name, groups, shell, keys (public keys, one string each; all others are removed)",
            ),
            Setting::optional(
                "absent",
                "list of strings",
                "[]",
                "accounts that should not be there; their files stay",
            ),
        ]
    }

    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let Settings { users, absent } = config.read()?;
        let mut resources = Vec::new();
        for person in users {
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
        resources.extend(absent.into_iter().map(|name| {
            User {
                name,
                state: Presence::Absent,
                ..User::default()
            }
            .into()
        }));
        Ok(resources)
    }
}
