//! Reads all modules of a folder.

use std::path::{Path, PathBuf};

use super::{Module, TomlModule};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::name::Name;
use crate::resource::Resource;

/// What a folder of modules holds.
#[derive(Default)]
pub struct Loaded {
    /// Every module; one that is broken has no steps, so that what uses it can be checked for other mistakes.
    pub modules: Vec<Box<dyn Module>>,
    /// What is wrong with the broken ones.
    pub mistakes: Diagnostics,
}

/// A module whose file is wrong.
struct Broken(Name);

impl Module for Broken {
    fn name(&self) -> &Name {
        &self.0
    }

    fn description(&self) -> &'static str {
        ""
    }

    fn resources(&self, _: &Config) -> Result<Vec<Resource>, Diagnostics> {
        Ok(Vec::new())
    }
}

/// Reads every module in `folder`; none when there is no such folder. All mistakes of all files at once.
pub fn load(folder: &Path) -> Result<Loaded, Diagnostics> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Loaded::default()),
        Err(error) => {
            return Err(Diagnostic::new(format!("cannot read {}: {error}", folder.display())).into());
        }
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    paths.sort();
    let mut loaded = Loaded::default();
    for path in paths {
        match TomlModule::read(&path) {
            Ok(module) => loaded.modules.push(Box::new(module)),
            Err(mistakes) => {
                loaded.mistakes.0.extend(mistakes.0);
                let name = path.file_stem().and_then(|stem| Name::parse(stem.to_str()?).ok());
                loaded
                    .modules
                    .extend(name.map(|name| Box::new(Broken(name)) as Box<dyn Module>));
            }
        }
    }
    Ok(loaded)
}
