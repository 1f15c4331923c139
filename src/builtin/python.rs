//! `python`: Python and virtual environments.

use serde::Deserialize;

use crate::config::Config;
use crate::diagnostic::Diagnostics;
use crate::module::{Module, Setting};
use crate::name::Name;
use crate::resource::{Package, Pip, Resource};

/// Installs Python, and what it needs for virtual environments.
pub(super) struct Python(Name);

impl Default for Python {
    fn default() -> Self {
        Self(super::name("python"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    packages: Vec<String>,
    environments: Vec<Pip>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            packages: vec!["python3".into(), "python3-venv".into()],
            environments: Vec::new(),
        }
    }
}

impl Module for Python {
    fn name(&self) -> &Name {
        &self.0
    }

    fn description(&self) -> &'static str {
        "Python from packages, and virtual environments"
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::optional(
                "packages",
                "list of strings",
                "[\"python3\", \"python3-venv\"]",
                "what Python is in",
            ),
            Setting::optional(
                "environments",
                "list of tables",
                "[]",
                "virtual environments, each as a `pip` step has it: pip (its directory), packages, requirements, owner",
            ),
        ]
    }

    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let Settings {
            packages,
            environments,
        } = config.read()?;
        let packages = packages.into_iter().map(|name| Package::lean(name).into());
        Ok(packages
            .chain(environments.into_iter().map(Resource::from))
            .collect())
    }
}
