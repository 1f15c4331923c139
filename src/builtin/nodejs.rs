//! `nodejs`: Node.js and what is installed with npm.

use serde::Deserialize;

use crate::config::Config;
use crate::diagnostic::Diagnostics;
use crate::module::{Module, Setting};
use crate::name::Name;
use crate::resource::{Npm, Package, Resource};

/// Installs Node.js.
pub(super) struct Nodejs(Name);

impl Default for Nodejs {
    fn default() -> Self {
        Self(super::name("nodejs"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    packages: Vec<String>,
    npm: bool,
    global: Vec<Npm>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            packages: vec!["nodejs".into()],
            npm: false,
            global: Vec::new(),
        }
    }
}

impl Module for Nodejs {
    fn name(&self) -> &Name {
        &self.0
    }

    fn description(&self) -> &'static str {
        "Node.js from packages, and what npm installs for all of the host"
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::optional(
                "packages",
                "list of strings",
                "[\"nodejs\"]",
                "what Node.js is in",
            ),
            Setting::optional(
                "npm",
                "boolean",
                "false",
                "whether npm comes along; `global` brings it anyway",
            ),
            Setting::optional(
                "global",
                "list of tables",
                "[]",
                "packages of npm, each as an `npm` step has it: npm (its name), version, from",
            ),
        ]
    }

    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let Settings {
            mut packages,
            npm,
            global,
        } = config.read()?;
        if npm || !global.is_empty() {
            packages.push("npm".into());
        }
        let packages = packages.into_iter().map(|name| Package::lean(name).into());
        Ok(packages.chain(global.into_iter().map(Resource::from)).collect())
    }
}
