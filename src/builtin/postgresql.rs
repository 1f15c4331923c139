//! `postgresql`: the database server with its settings, roles and databases.

use std::collections::HashSet;
use std::fmt::Write as _;

use serde::Deserialize;

use crate::config::{Config, Data, Table, Value};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::module::{Module, Setting};
use crate::name::Name;
use crate::resource::{
    File, Mode, OnChange, Package, PostgresDatabase, PostgresExtension, PostgresRole, Presence, Resource,
    Service, State,
};
use crate::script::Secret;

/// Runs PostgreSQL from Debian's packages.
pub(super) struct Postgresql(Name);

impl Default for Postgresql {
    fn default() -> Self {
        Self(super::name("postgresql"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    version: String,
    port: u16,
    listen: Vec<String>,
    allow: Vec<Allow>,
    roles: Vec<Role>,
    databases: Vec<Database>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: "15".into(),
            port: 5432,
            listen: vec!["localhost".into()],
            allow: Vec::new(),
            roles: Vec::new(),
            databases: Vec::new(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Role {
    name: String,
    password: Option<Secret>,
    #[serde(default)]
    createdb: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Database {
    name: String,
    owner: Option<String>,
    /// The owner's password: sugar for a role of its own.
    password: Option<Secret>,
    #[serde(default)]
    extensions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Allow {
    #[serde(default = "all")]
    database: String,
    #[serde(default = "all")]
    user: String,
    address: String,
}

fn all() -> String {
    "all".into()
}

/// A setting's value as postgresql.conf wants it: quoted, with quotes doubled.
fn value(key: &str, value: &Value) -> Result<String, Diagnostic> {
    let text = match &value.data {
        Data::Boolean(it) => if *it { "on" } else { "off" }.to_owned(),
        Data::Integer(it) => it.to_string(),
        Data::Float(it) => it.to_string(),
        Data::String(it) if !it.chars().any(char::is_control) => it.clone(),
        other => {
            return Err(Diagnostic::new(format!(
                "setting `{key}` cannot be {}",
                match other {
                    Data::String(_) => "a text with control characters",
                    other => other.kind(),
                }
            ))
            .at(&value.origin));
        }
    };
    Ok(format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''")))
}

fn settings_file(settings: &Settings, own: &Table) -> Result<String, Diagnostics> {
    let mut text = String::from("# Written by provision; changes made here are lost.\n");
    let mut mistakes = Diagnostics::default();
    let _ = writeln!(
        text,
        "listen_addresses = '{}'",
        settings.listen.join(", ").replace('\'', "''")
    );
    let _ = writeln!(text, "port = '{}'", settings.port);
    if !settings.allow.is_empty() {
        let _ = writeln!(
            text,
            "hba_file = '/etc/postgresql/{}/main/provision_hba.conf'",
            settings.version
        );
    }
    for (key, entry) in own.iter() {
        if matches!(key, "port" | "listen_addresses" | "hba_file") {
            let own = if key == "port" {
                "port"
            } else if key == "hba_file" {
                "allow"
            } else {
                "listen"
            };
            mistakes
                .push(Diagnostic::new(format!("`{key}` is set by `{own}` of this module")).at(&entry.origin));
        } else if key.is_empty()
            || !key
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
        {
            mistakes.push(
                Diagnostic::new(format!("{key:?} is no name of a PostgreSQL setting")).at(&entry.origin),
            );
        } else {
            match value(key, &entry.value) {
                Ok(value) => {
                    let _ = writeln!(text, "{key} = {value}");
                }
                Err(mistake) => mistakes.push(mistake),
            }
        }
    }
    mistakes.into_result(text)
}

/// Who may connect from where: Debian's own lines, then the configured ones.
fn hba_file(allow: &[Allow]) -> Result<String, Diagnostic> {
    let mut text = String::from(
        "# Written by provision; changes made here are lost.\nlocal all postgres peer\nlocal all all peer\nhost all all 127.0.0.1/32 scram-sha-256\nhost all all ::1/128 scram-sha-256\n",
    );
    for Allow {
        database,
        user,
        address,
    } in allow
    {
        for word in [database, user, address] {
            if word.is_empty()
                || word
                    .chars()
                    .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '"' | '#' | ',' | '\\'))
            {
                return Err(Diagnostic::new(format!(
                    "`allow`: {word:?} cannot stand in a line of pg_hba.conf"
                )));
            }
        }
        let _ = writeln!(text, "host {database} {user} {address} scram-sha-256");
    }
    Ok(text)
}

impl Module for Postgresql {
    fn name(&self) -> &Name {
        &self.0
    }

    fn description(&self) -> &'static str {
        "The PostgreSQL server with its settings, roles and databases"
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::optional(
                "version",
                "string",
                "\"15\"",
                "major version, as in the package's name",
            ),
            Setting::optional("port", "integer", "5432", "TCP port"),
            Setting::optional(
                "listen",
                "list of strings",
                "[\"localhost\"]",
                "addresses to listen on",
            ),
            Setting::optional(
                "allow",
                "list of tables",
                "[]",
                "who may connect from elsewhere: address (CIDR), user, database",
            ),
            Setting::optional("settings", "table", "{}", "any setting of postgresql.conf"),
            Setting::optional(
                "roles",
                "list of tables",
                "[]",
                "name, password (secret), createdb",
            ),
            Setting::optional(
                "databases",
                "list of tables",
                "[]",
                "name, owner, password (of the owner, who becomes a role), extensions (list of names)",
            ),
        ]
    }

    #[expect(
        clippy::too_many_lines,
        reason = "one list of steps, in the order they are done"
    )]
    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let mut config = config.clone();
        let own = super::own_settings(&mut config)?;
        let settings: Settings = config.read()?;
        if settings.version.is_empty() || !settings.version.bytes().all(|byte| byte.is_ascii_digit()) {
            let mistake = Diagnostic::new(format!(
                "{:?} is no major version of PostgreSQL",
                settings.version
            ));
            return Err(mistake
                .help("write it as in the package's name, such as \"15\"")
                .into());
        }
        let main = format!("/etc/postgresql/{}/main", settings.version);
        let mut resources: Vec<Resource> =
            vec![Package::lean(format!("postgresql-{}", settings.version)).into()];
        let conf = File::new(
            format!("{main}/conf.d/provision.conf"),
            settings_file(&settings, &own)?,
        );
        resources.push(
            Resource::from(File {
                mode: Some(Mode::new(0o644)),
                ..conf
            })
            .notify("postgresql"),
        );
        if !settings.allow.is_empty() {
            let hba = File::new(format!("{main}/provision_hba.conf"), hba_file(&settings.allow)?);
            let hba = File {
                mode: Some(Mode::new(0o640)),
                group: Some("postgres".into()),
                ..hba
            };
            resources.push(Resource::from(hba).notify("postgresql"));
        }
        resources.push(Service::new("postgresql", OnChange::Restart).into());
        let port = settings.port;
        // An owner named with a password is a role; one that is listed as well is listed with its own settings.
        let mut known: HashSet<String> = settings.roles.iter().map(|role| role.name.clone()).collect();
        for Role {
            name,
            password,
            createdb,
        } in settings.roles
        {
            resources.push(
                PostgresRole {
                    name,
                    password,
                    login: true,
                    createdb,
                    port,
                }
                .into(),
            );
        }
        for Database {
            name,
            owner,
            password,
            extensions,
        } in settings.databases
        {
            if let (Some(owner), Some(_)) = (&owner, &password) {
                if !known.insert(owner.clone()) {
                    let mistake = Diagnostic::new(format!("role `{owner}` has its password in two places"));
                    return Err(mistake
                        .help(format!("keep one; database `{name}` names it again"))
                        .into());
                }
                resources.push(
                    PostgresRole {
                        name: owner.clone(),
                        password,
                        login: true,
                        createdb: false,
                        port,
                    }
                    .into(),
                );
            } else if password.is_some() {
                let mistake = Diagnostic::new(format!(
                    "database `{name}` has a password but no owner it could belong to"
                ));
                return Err(mistake.into());
            }
            let extensions: Vec<_> = extensions
                .into_iter()
                .map(|extension| PostgresExtension {
                    name: extension,
                    database: name.clone(),
                    schema: None,
                    port,
                    state: Presence::Present,
                })
                .collect();
            resources.push(PostgresDatabase { name, owner, port }.into());
            for extension in extensions {
                extension
                    .validate()
                    .map_err(|invalid| Diagnostic::new(invalid.message))?;
                resources.push(extension.into());
            }
        }
        Ok(resources)
    }
}
