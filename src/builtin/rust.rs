//! `rust`: the Rust toolchain.

use serde::Deserialize;

use crate::config::Config;
use crate::diagnostic::Diagnostics;
use crate::module::{Module, Setting};
use crate::name::Name;
use crate::resource::{File, Mode, Package, Resource};

/// Installs Rust.
pub(super) struct Rust(Name);

impl Default for Rust {
    fn default() -> Self {
        Self(super::name("rust"))
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
            packages: vec!["rustc".into(), "cargo".into()],
            path: true,
        }
    }
}

impl Module for Rust {
    fn name(&self) -> &Name {
        &self.0
    }

    fn description(&self) -> &'static str {
        "The Rust toolchain from packages"
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::optional(
                "packages",
                "list of strings",
                "[\"rustc\", \"cargo\"]",
                "what Rust is in; rustfmt and rust-clippy may be added, or rustup where there is a package of it",
            ),
            Setting::optional(
                "path",
                "boolean",
                "true",
                "whether what people `cargo install` is in the PATH of their logins",
            ),
        ]
    }

    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let Settings { packages, path } = config.read()?;
        let mut resources: Vec<Resource> = packages
            .into_iter()
            .map(|name| Package::lean(name).into())
            .collect();
        let profile = "/etc/profile.d/cargo.sh";
        let file = if path {
            File {
                mode: Some(Mode::new(0o644)),
                ..File::new(profile, "PATH=$PATH:$HOME/.cargo/bin\n")
            }
        } else {
            File::absent(profile)
        };
        resources.push(file.into());
        Ok(resources)
    }
}
