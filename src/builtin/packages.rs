//! `packages`: a list of packages.

use serde::Deserialize;

use crate::config::Config;
use crate::diagnostic::Diagnostics;
use crate::module::{Module, Setting};
use crate::name::Name;
use crate::resource::{Package, Resource};

/// Installs and removes packages.
pub(super) struct Packages(Name);

impl Default for Packages {
    fn default() -> Self {
        Self(super::name("packages"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    install: Vec<String>,
    remove: Vec<String>,
    recommends: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            install: vec!["ca-certificates".into(), "curl".into()],
            remove: Vec::new(),
            recommends: false,
        }
    }
}

impl Module for Packages {
    fn name(&self) -> &Name {
        &self.0
    }

    fn description(&self) -> &'static str {
        "Packages to install and to remove"
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::optional(
                "install",
                "list of strings",
                "[\"ca-certificates\", \"curl\"]",
                "packages that should be there",
            ),
            Setting::optional(
                "remove",
                "list of strings",
                "[]",
                "packages that should not be there",
            ),
            Setting::optional(
                "recommends",
                "boolean",
                "false",
                "whether recommended packages come along",
            ),
        ]
    }

    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let Settings {
            install,
            remove,
            recommends,
        } = config.read()?;
        let removed = remove.into_iter().map(|name| Package::absent(name).into());
        let installed = install.into_iter().map(|name| {
            Package {
                recommends,
                ..Package::lean(name)
            }
            .into()
        });
        Ok(removed.chain(installed).collect())
    }
}
