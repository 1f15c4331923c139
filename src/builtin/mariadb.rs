//! `mariadb`: the database server with its settings, databases and users.

use std::collections::HashSet;
use std::fmt::Write as _;

use serde::Deserialize;

use crate::config::{Config, Data, Table};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::module::{Module, Setting};
use crate::name::Name;
use crate::resource::{
    File, Grant, Mode, MysqlDatabase, MysqlUser, OnChange, Package, Presence, Resource, Service, State,
};
use crate::script::Secret;

/// Runs MariaDB from Debian's packages.
pub(super) struct Mariadb(Name);

impl Default for Mariadb {
    fn default() -> Self {
        Self(super::name("mariadb"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    port: u16,
    listen: String,
    databases: Vec<Database>,
    users: Vec<User>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 3306,
            listen: "127.0.0.1".into(),
            databases: Vec::new(),
            users: Vec::new(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Database {
    name: String,
    character_set: Option<String>,
    collation: Option<String>,
    /// A user of its own, who may do everything in it.
    owner: Option<String>,
    password: Option<Secret>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct User {
    name: String,
    #[serde(default = "localhost")]
    host: String,
    password: Option<Secret>,
    grants: Option<Vec<Grant>>,
}

fn localhost() -> String {
    "localhost".to_owned()
}

/// The file with the server's settings.
fn file(settings: &Settings, own: &Table) -> Result<String, Diagnostics> {
    let mut mistakes = Diagnostics::default();
    if settings.listen.is_empty()
        || settings
            .listen
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || c == '#')
    {
        mistakes.push(Diagnostic::new(format!(
            "{:?} is no address to listen on",
            settings.listen
        )));
    }
    let mut text = format!(
        "# Written by provision; changes made here are lost.\n[mariadbd]\nport = {}\nbind-address = {}\n",
        settings.port, settings.listen
    );
    for (key, entry) in own.iter() {
        let name = key.replace('_', "-");
        if matches!(name.as_str(), "port" | "bind-address") {
            let by = if name == "port" { "port" } else { "listen" };
            mistakes
                .push(Diagnostic::new(format!("`{key}` is set by `{by}` of this module")).at(&entry.origin));
            continue;
        }
        if name.is_empty()
            || !name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        {
            mistakes
                .push(Diagnostic::new(format!("{key:?} is no name of a MariaDB setting")).at(&entry.origin));
            continue;
        }
        let value = match &entry.value.data {
            Data::Boolean(it) => if *it { "ON" } else { "OFF" }.to_owned(),
            Data::Integer(it) => it.to_string(),
            Data::Float(it) => it.to_string(),
            Data::String(it) if !it.chars().any(|c| c.is_control() || matches!(c, '"' | '\\')) => {
                format!("\"{it}\"")
            }
            other => {
                let found = match other {
                    Data::String(_) => "a text with quotes, backslashes or control characters",
                    other => other.kind(),
                };
                mistakes.push(
                    Diagnostic::new(format!("setting `{key}` cannot be {found}")).at(&entry.value.origin),
                );
                continue;
            }
        };
        let _ = writeln!(text, "{name} = {value}");
    }
    mistakes.into_result(text)
}

/// Databases, and behind them all users: their own, and those that are listed.
fn accounts(settings: Settings) -> Result<Vec<Resource>, Diagnostics> {
    let mut mistakes = Diagnostics::default();
    let mut resources: Vec<Resource> = Vec::new();
    let mut users = settings.users;
    for database in settings.databases {
        match (database.owner, database.password) {
            (Some(name), password) => users.push(User {
                name,
                host: localhost(),
                password,
                grants: Some(vec![Grant {
                    on: format!("{}.*", database.name),
                    privileges: vec!["ALL".to_owned()],
                }]),
            }),
            (None, Some(_)) => mistakes.push(Diagnostic::new(format!(
                "database `{}` has a password but no owner it could belong to",
                database.name
            ))),
            (None, None) => {}
        }
        let database = MysqlDatabase {
            name: database.name,
            character_set: database.character_set,
            collation: database.collation,
        };
        match database.validate() {
            Ok(()) => resources.push(database.into()),
            Err(invalid) => mistakes.push(Diagnostic::new(invalid.message)),
        }
    }
    let mut known = HashSet::new();
    for user in users {
        if !known.insert((user.name.clone(), user.host.clone())) {
            let mistake = Diagnostic::new(format!("user `{}` of {} is there twice", user.name, user.host));
            mistakes.push(
                mistake
                    .help("an `owner` who has more than one database is listed in `users`, with all grants"),
            );
        }
        let user = MysqlUser {
            name: user.name,
            host: user.host,
            password: user.password,
            grants: user.grants,
            state: Presence::Present,
        };
        match user.validate() {
            Ok(()) => resources.push(user.into()),
            Err(invalid) => mistakes.push(Diagnostic::new(invalid.message)),
        }
    }
    mistakes.into_result(resources)
}

impl Module for Mariadb {
    fn name(&self) -> &Name {
        &self.0
    }

    fn description(&self) -> &'static str {
        "The MariaDB server with its settings, databases and users"
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::optional("port", "integer", "3306", "TCP port"),
            Setting::optional(
                "listen",
                "string",
                "\"127.0.0.1\"",
                "address to listen on; \"*\" for all",
            ),
            Setting::optional("settings", "table", "{}", "any setting of the server"),
            Setting::optional(
                "databases",
                "list of tables",
                "[]",
                "name, character_set, collation, owner (a user of localhost who may do all in it), password (of the owner)",
            ),
            Setting::optional(
                "users",
                "list of tables",
                "[]",
                "name, host (localhost), password (secret), grants (list of: on, privileges; others are revoked)",
            ),
        ]
    }

    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let mut config = config.clone();
        let own = super::own_settings(&mut config)?;
        let settings: Settings = config.read()?;
        let conf = File {
            mode: Some(Mode::new(0o644)),
            ..File::new(
                "/etc/mysql/mariadb.conf.d/90-provision.cnf",
                file(&settings, &own)?,
            )
        };
        let mut resources: Vec<Resource> = vec![
            Package::lean("mariadb-server").into(),
            Resource::from(conf).notify("mariadb"),
            Service::new("mariadb", OnChange::Restart).into(),
        ];
        resources.extend(accounts(settings)?);
        Ok(resources)
    }
}
