//! `motd`: what people see when they log in.

use serde::Deserialize;

use crate::config::Config;
use crate::diagnostic::Diagnostics;
use crate::module::{Module, Setting};
use crate::name::Name;
use crate::resource::{File, Mode, Resource};

/// Writes the message of the day.
pub(super) struct Motd(Name);

impl Default for Motd {
    fn default() -> Self {
        Self(super::name("motd"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    text: Option<String>,
}

impl Module for Motd {
    fn name(&self) -> &Name {
        &self.0
    }

    fn description(&self) -> &'static str {
        "The message of the day, in /etc/motd"
    }

    fn settings(&self) -> Vec<Setting> {
        vec![Setting::optional(
            "text",
            "string",
            "the host's name and groups",
            "the message",
        )]
    }

    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let Settings { text } = config.read()?;
        let text = text.unwrap_or_else(|| {
            let groups: Vec<&str> = config.host.groups.iter().map(Name::as_str).collect();
            match groups.as_slice() {
                [] => format!("{}: managed by provision", config.host.name),
                groups => format!(
                    "{} ({}): managed by provision",
                    config.host.name,
                    groups.join(", ")
                ),
            }
        });
        let file = File {
            mode: Some(Mode::new(0o644)),
            ..File::new("/etc/motd", text.trim_end().to_owned() + "\n")
        };
        Ok(vec![file.into()])
    }
}
