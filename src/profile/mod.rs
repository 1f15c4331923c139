//! Ordered lists of modules, in files: `profiles/db.toml` is the profile `db`.
//!
//! Included profiles come first, in order, each with its own includes before it. A profile or module reached twice
//! stands once, at its first place; a later mention may still say its `on_failure`. Config of an including profile
//! lies over that of what it includes.
//!
//! The one promise: a broken file spoils only the profiles that use it.

mod file;
mod resolve;
mod rollout;
mod schema;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use schemars::JsonSchema;

use crate::config::Table;
use crate::diagnostic::{Diagnostic, Diagnostics, Origin};
use crate::document;
use crate::name::Name;

use file::File;
pub use rollout::{GATE_WITHIN, Gate, Http, Malformed, Rollout, Share, duration};

pub use file::ON_FAILURE;
pub use schema::profile_schema;

/// All profiles of a folder.
#[derive(Clone, Debug, Default)]
pub struct Profiles {
    files: BTreeMap<String, Result<File, Diagnostics>>,
}

/// A profile with its includes worked in.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its name, which is its file's without `.toml`.
    pub name: Name,
    /// What it is for, in a person's words.
    pub description: Option<String>,
    /// The modules, in the order they run, each once.
    pub modules: Vec<ModuleRef>,
    /// Config by module name, every level below the including profile's already under it.
    pub config: Table,
    /// How the fleet is gone through: what its own file says of it, not what those it includes say.
    pub rollout: Rollout,
}

/// A profile's mention of a module.
#[derive(Clone, Debug)]
pub struct ModuleRef {
    /// The module's name; whether there is such a module, the registry knows.
    pub name: Name,
    /// What its failure means for the modules after it.
    pub on_failure: OnFailure,
    /// Where it was mentioned first, when a file mentions it.
    pub origin: Option<Origin>,
}

/// What a failed module means for its host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum OnFailure {
    /// The host stops: everything after it is skipped.
    #[default]
    Stop,
    /// What comes after it still runs.
    Continue,
}

/// One line of the list of profiles.
#[derive(Clone, Debug)]
pub struct Listed<'a> {
    /// The profile's name.
    pub name: &'a str,
    /// What it is for, in a person's words.
    pub description: Option<&'a str>,
    /// What is wrong with its file, when something is.
    pub mistakes: Option<&'a Diagnostics>,
}

impl Profiles {
    /// Reads every `*.toml` of `folder`, not of folders within. Broken files are kept as such.
    pub fn load(folder: &Path) -> Result<Self, Diagnostics> {
        let shown = folder.display();
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => Diagnostic::new(format!("there is no folder {shown}"))
                .help("profiles are files such as `profiles/db.toml`"),
            io::ErrorKind::NotADirectory => Diagnostic::new(format!("{shown} is a file, not a folder")),
            _ => Diagnostic::new(format!("cannot read the folder {shown}: {error}")),
        };
        let mut profiles = Self::default();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let Some(stem) = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()) else {
                continue;
            };
            let is_toml = path.extension().is_some_and(|extension| extension == "toml");
            // Editors keep hidden copies beside the file.
            if is_toml && !stem.starts_with('.') && !path.is_dir() {
                let file = read(&stem, &path);
                profiles.files.insert(stem, file);
            }
        }
        Ok(profiles)
    }

    /// All profiles by name, the broken ones included.
    pub fn list_profiles(&self) -> Vec<Listed<'_>> {
        let listed = self.files.iter().map(|(name, file)| Listed {
            name,
            description: file.as_ref().ok().and_then(|file| file.description.as_deref()),
            mistakes: file.as_ref().err(),
        });
        listed.collect()
    }

    /// The profile `name` with its includes worked in, or everything that is wrong with it.
    pub fn get_profile(&self, name: &str) -> Result<Profile, Diagnostics> {
        resolve::resolve(&self.files, name)
    }
}

fn read(stem: &str, path: &Path) -> Result<File, Diagnostics> {
    let name = Name::parse(stem).map_err(|error| {
        Diagnostic::new(format!("{} is no name for a profile: {error}", path.display()))
            .help("rename the file")
    })?;
    File::read(name, &document::read(path)?)
}
