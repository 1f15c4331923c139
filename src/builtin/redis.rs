//! `redis`: the in-memory store with its settings.

use std::fmt::Write as _;

use serde::Deserialize;

use crate::config::{Config, Data, Table, Value};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::module::{Module, Setting};
use crate::name::Name;
use crate::resource::{File, Mode, OnChange, Package, Resource, Service};
use crate::script::Secret;

/// Runs Redis from Debian's packages.
pub(super) struct Redis(Name);

impl Default for Redis {
    fn default() -> Self {
        Self(super::name("redis"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    listen: Vec<String>,
    port: u16,
    password: Option<Secret>,
    maxmemory: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: vec!["127.0.0.1".into(), "-::1".into()],
            port: 6379,
            password: None,
            maxmemory: None,
        }
    }
}

/// Settings that this module or the package's unit decides.
const TAKEN: &[(&str, &str)] = &[
    ("bind", "`listen`"),
    ("port", "`port`"),
    ("requirepass", "`password`"),
    ("maxmemory", "`maxmemory`"),
    ("dir", "the package"),
    ("pidfile", "the package"),
    ("logfile", "the package"),
    ("daemonize", "the package"),
    ("supervised", "the package"),
];

/// One or several values of a setting: a list is a line for each.
fn lines(key: &str, value: &Value, text: &mut String) -> Result<(), Diagnostic> {
    let one = match &value.data {
        Data::Boolean(it) => if *it { "yes" } else { "no" }.to_owned(),
        Data::Integer(it) => it.to_string(),
        Data::Float(it) => it.to_string(),
        Data::String(it) if !it.chars().any(char::is_control) => it.clone(),
        Data::Array(items) => return items.iter().try_for_each(|item| lines(key, item, text)),
        other => {
            let found = match other {
                Data::String(_) => "a text with control characters",
                other => other.kind(),
            };
            return Err(Diagnostic::new(format!("setting `{key}` cannot be {found}")).at(&value.origin));
        }
    };
    let _ = writeln!(text, "{key} {one}");
    Ok(())
}

/// A word as redis.conf wants it (`sdssplitargs`): quoted, with backslashes before quotes and backslashes.
fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
}

fn file(settings: &Settings, own: &Table) -> Result<String, Diagnostics> {
    let mut mistakes = Diagnostics::default();
    for word in settings.listen.iter().chain(&settings.maxmemory) {
        if word.is_empty()
            || word
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || c == '"')
        {
            mistakes.push(Diagnostic::new(format!("{word:?} cannot stand in redis.conf")));
        }
    }
    let mut text = format!(
        "# Written by provision; changes made here are lost.\nbind {}\nport {}\n",
        settings.listen.join(" "),
        settings.port
    );
    text +=
        "pidfile /run/redis/redis-server.pid\nlogfile /var/log/redis/redis-server.log\ndir /var/lib/redis\n";
    if let Some(maxmemory) = &settings.maxmemory {
        let _ = writeln!(text, "maxmemory {maxmemory}");
    }
    for (key, entry) in own.iter() {
        let taken = TAKEN.iter().find(|(taken, _)| *taken == key);
        if let Some((_, by)) = taken {
            mistakes.push(Diagnostic::new(format!("`{key}` is set by {by}")).at(&entry.origin));
        } else if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') {
            mistakes
                .push(Diagnostic::new(format!("{key:?} is no name of a Redis setting")).at(&entry.origin));
        } else if let Err(mistake) = lines(key, &entry.value, &mut text) {
            mistakes.push(mistake);
        }
    }
    if let Some(password) = &settings.password {
        if password.expose().is_empty() || password.expose().chars().any(char::is_control) {
            mistakes.push(Diagnostic::new(
                "the password of Redis is empty or has control characters",
            ));
        }
        let _ = writeln!(text, "requirepass {}", quoted(password.expose()));
    }
    mistakes.into_result(text)
}

impl Module for Redis {
    fn name(&self) -> &Name {
        &self.0
    }

    fn description(&self) -> &'static str {
        "The Redis server with its settings"
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::optional(
                "listen",
                "list of strings",
                "[\"127.0.0.1\", \"-::1\"]",
                "addresses to listen on; `-` before one that may be missing",
            ),
            Setting::optional("port", "integer", "6379", "TCP port"),
            Setting::optional(
                "password",
                "string, secret",
                "none",
                "what clients have to say before anything else",
            ),
            Setting::optional("maxmemory", "string", "no limit", "such as \"256mb\""),
            Setting::optional(
                "settings",
                "table",
                "{}",
                "any setting of redis.conf; a list is a line for each",
            ),
        ]
    }

    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let mut config = config.clone();
        let own = super::own_settings(&mut config)?;
        let settings: Settings = config.read()?;
        let conf = File {
            mode: Some(Mode::new(0o640)),
            owner: Some("redis".to_owned()),
            group: Some("redis".to_owned()),
            secret: settings.password.is_some(),
            ..File::new("/etc/redis/redis.conf", file(&settings, &own)?)
        };
        Ok(vec![
            Package::lean("redis-server").into(),
            Resource::from(conf).notify("redis-server"),
            Service::new("redis-server", OnChange::Restart).into(),
        ])
    }
}
