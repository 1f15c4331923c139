//! `go`: the Go toolchain.

use serde::Deserialize;

use crate::config::Config;
use crate::diagnostic::Diagnostics;
use crate::module::{Module, Setting};
use crate::name::Name;
use crate::resource::{File, Mode, Package, Resource};

/// Installs Go.
pub(super) struct Go(Name);

impl Default for Go {
    fn default() -> Self {
        Self(super::name("go"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    packages: Vec<String>,
    path: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            packages: vec!["golang-go".into()],
            path: true,
        }
    }
}

impl Module for Go {
    fn name(&self) -> &Name {
        &self.0
    }

    fn description(&self) -> &'static str {
        "The Go toolchain from packages"
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::optional("packages", "list of strings", "[\"golang-go\"]", "what Go is in"),
            Setting::optional(
                "path",
                "boolean",
                "true",
                "whether what people `go install` is in the PATH of their logins",
            ),
        ]
    }

    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let Settings { packages, path } = config.read()?;
        let mut resources: Vec<Resource> = packages
            .into_iter()
            .map(|name| Package::lean(name).into())
            .collect();
        let profile = "/etc/profile.d/go.sh";
        let file = if path {
            File {
                mode: Some(Mode::new(0o644)),
                ..File::new(profile, "PATH=$PATH:$HOME/go/bin\n")
            }
        } else {
            File::absent(profile)
        };
        resources.push(file.into());
        Ok(resources)
    }
}
