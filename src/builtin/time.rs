//! `time`: the time zone, and a clock that is right.

use serde::Deserialize;

use crate::config::Config;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::module::{Module, Setting};
use crate::name::Name;
use crate::resource::{Directory, File, Mode, OnChange, Package, Resource, Service, Timezone};

/// Sets the time zone, and the clock by NTP with Debian's chrony.
pub(super) struct Time(Name);

impl Default for Time {
    fn default() -> Self {
        Self(super::name("time"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    timezone: String,
    ntp: bool,
    servers: Vec<String>,
    pools: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            timezone: "Etc/UTC".into(),
            ntp: true,
            servers: Vec::new(),
            pools: Vec::new(),
        }
    }
}

impl Module for Time {
    fn name(&self) -> &Name {
        &self.0
    }

    fn description(&self) -> &'static str {
        "The time zone, and a clock that is set by NTP"
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::optional("timezone", "string", "Etc/UTC", "a name of the tz database"),
            Setting::optional("ntp", "boolean", "true", "whether chrony sets the clock"),
            Setting::optional(
                "servers",
                "list of strings",
                "[]",
                "NTP servers, beside those of the distribution",
            ),
            Setting::optional(
                "pools",
                "list of strings",
                "[]",
                "names that stand for several servers",
            ),
        ]
    }

    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let Settings {
            timezone,
            ntp,
            servers,
            pools,
        } = config.read()?;
        let mut resources = vec![Package::lean("tzdata").into()];
        if ntp {
            resources.push(Package::lean("chrony").into());
        }
        resources.push(Timezone::new(timezone).into());
        if !ntp {
            return Ok(resources);
        }
        let bad = |name: &&String| {
            !name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':'))
        };
        if let Some(bad) = servers.iter().chain(&pools).find(bad) {
            return Err(Diagnostic::new(format!("{bad:?} is no name or address of an NTP server")).into());
        }
        let lines = |word: &str, names: &[String]| -> String {
            names
                .iter()
                .map(|name| format!("{word} {name} iburst\n"))
                .collect()
        };
        let path = "/etc/chrony/sources.d/provision.sources";
        let sources = lines("server", &servers) + &lines("pool", &pools);
        let file = if sources.is_empty() {
            File::absent(path)
        } else {
            resources.push(Directory::new("/etc/chrony/sources.d").into());
            File {
                mode: Some(Mode::new(0o644)),
                ..File::new(path, sources)
            }
        };
        resources.push(Resource::from(file).notify("chrony"));
        resources.push(Service::new("chrony", OnChange::Restart).into());
        Ok(resources)
    }
}
