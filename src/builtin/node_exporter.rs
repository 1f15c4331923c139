//! `node-exporter`: the host's own numbers for Prometheus.

use serde::Deserialize;

use crate::config::Config;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::module::{Module, Setting};
use crate::name::Name;
use crate::resource::{File, Mode, OnChange, Package, Resource, Service};

/// Where Debian's service finds its arguments.
const DEFAULTS: &str = "/etc/default/prometheus-node-exporter";

/// Installs Prometheus's exporter of a host's numbers.
pub(super) struct NodeExporter(Name);

impl Default for NodeExporter {
    fn default() -> Self {
        Self(super::name("node-exporter"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    listen: String,
    enable: Vec<String>,
    disable: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:9100".into(),
            enable: Vec::new(),
            disable: Vec::new(),
        }
    }
}

impl Settings {
    fn arguments(&self) -> Result<String, Diagnostic> {
        let fits = |c: char| c.is_ascii_alphanumeric() || ".:[]_-".contains(c);
        let words = [&self.listen]
            .into_iter()
            .chain(&self.enable)
            .chain(&self.disable);
        if let Some(bad) = words
            .into_iter()
            .find(|word| word.is_empty() || !word.chars().all(fits))
        {
            return Err(Diagnostic::new(format!(
                "node-exporter: {bad:?} is neither an address nor a collector"
            )));
        }
        let mut arguments = vec![format!("--web.listen-address={}", self.listen)];
        arguments.extend(self.enable.iter().map(|name| format!("--collector.{name}")));
        arguments.extend(self.disable.iter().map(|name| format!("--no-collector.{name}")));
        Ok(arguments.join(" "))
    }
}

impl Module for NodeExporter {
    fn name(&self) -> &Name {
        &self.0
    }

    fn description(&self) -> &'static str {
        "Prometheus's exporter of the host's CPU, memory, disks and network"
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::optional(
                "listen",
                "string",
                "127.0.0.1:9100",
                "the address it answers on; nothing of it is secured",
            ),
            Setting::optional(
                "enable",
                "list of strings",
                "[]",
                "collectors that are off unless asked for, such as systemd",
            ),
            Setting::optional(
                "disable",
                "list of strings",
                "[]",
                "collectors that are on unless refused, such as wifi",
            ),
        ]
    }

    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let settings: Settings = config.read()?;
        let text = format!(
            "# Written by provision; changes made here are lost.\nARGS=\"{}\"\n",
            settings.arguments()?
        );
        let defaults = File {
            mode: Some(Mode::new(0o644)),
            ..File::new(DEFAULTS, text)
        };
        Ok(vec![
            Package::lean("prometheus-node-exporter").into(),
            Resource::from(defaults).notify("prometheus-node-exporter"),
            Service::new("prometheus-node-exporter", OnChange::Restart).into(),
        ])
    }
}
