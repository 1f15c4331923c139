//! Toolchains of languages: packages, and a place in the PATH for what people build with them.

use serde::Deserialize;

use crate::config::Config;
use crate::diagnostic::Diagnostics;
use crate::module::{Module, Setting};
use crate::name::Name;
use crate::resource::{File, Mode, Package, Resource};

/// Installs the tools of a language.
pub(super) struct Toolchain {
    name: Name,
    /// What it brings, in one line.
    description: &'static str,
    /// The packages it is in where nobody says otherwise.
    packages: &'static [&'static str],
    /// What is said of those.
    meaning: &'static str,
    /// What is said of the PATH.
    path: &'static str,
    /// A file read by people's logins, and what it says.
    profile: (&'static str, &'static str),
}

impl Toolchain {
    /// Go.
    pub(super) fn go() -> Self {
        Self {
            name: super::name("go"),
            description: "The Go toolchain from packages",
            packages: &["golang-go"],
            meaning: "what Go is in",
            path: "whether what people `go install` is in the PATH of their logins",
            profile: ("/etc/profile.d/go.sh", "PATH=$PATH:$HOME/go/bin\n"),
        }
    }

    /// Rust.
    pub(super) fn rust() -> Self {
        Self {
            name: super::name("rust"),
            description: "The Rust toolchain from packages",
            packages: &["rustc", "cargo"],
            meaning: "what Rust is in; rustfmt and rust-clippy may be added, or rustup where there is a package of it",
            path: "whether what people `cargo install` is in the PATH of their logins",
            profile: ("/etc/profile.d/cargo.sh", "PATH=$PATH:$HOME/.cargo/bin\n"),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    packages: Option<Vec<String>>,
    path: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            packages: None,
            path: true,
        }
    }
}

impl Module for Toolchain {
    fn name(&self) -> &Name {
        &self.name
    }

    fn description(&self) -> &str {
        self.description
    }

    fn settings(&self) -> Vec<Setting> {
        let packages = format!("{:?}", self.packages);
        vec![
            Setting::optional("packages", "list of strings", &packages, self.meaning),
            Setting::optional("path", "boolean", "true", self.path),
        ]
    }

    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let Settings { packages, path } = config.read()?;
        let packages = packages.unwrap_or_else(|| self.packages.iter().map(ToString::to_string).collect());
        let (profile, text) = self.profile;
        let file = if path {
            File {
                mode: Some(Mode::new(0o644)),
                ..File::new(profile, text)
            }
        } else {
            File::absent(profile)
        };
        let packages = packages.into_iter().map(|name| Package::lean(name).into());
        Ok(packages.chain([file.into()]).collect())
    }
}
