//! Hosts, groups and how to reach them.
//!
//! An inventory is one TOML file. What is said nearer to a host wins: `[defaults]`, then its groups in the order the
//! host lists them, then the host. Groups need no table of their own.

mod address;
mod connection;
mod environment;
mod host;
mod load;
mod range;
mod selector;
mod settings;

use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::diagnostic::{Diagnostic, Diagnostics, Source};
use crate::document;
use crate::name::Name;

pub use connection::{AddressFamily, AlgorithmList, Algorithms, Connection, HostKeyPolicy, Method, Route};
pub use environment::Environment;
pub use host::{Become, Host};
pub use selector::Selector;

/// All hosts, in the order of the file, and the groups they are in.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// The hosts, ranges written out.
    pub hosts: Vec<Host>,
    /// The groups: those with a table first, then those hosts merely name.
    pub groups: IndexMap<Name, Group>,
}

/// A set of hosts.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// What it is, in a person's words.
    pub description: Option<String>,
}

impl Inventory {
    /// Reads the file at `path`; paths in it are relative to its folder.
    pub fn load(path: &Path, environment: &Environment) -> Result<Self, Diagnostics> {
        let source = document::read_source(path)?;
        let absolute = std::path::absolute(path).map_err(|error| {
            Diagnostic::new(format!("cannot find the folder of {}: {error}", path.display()))
        })?;
        Self::parse(&source, absolute.parent().unwrap_or(&absolute), environment)
    }

    /// Reads `source`; paths in it are relative to `folder`, which is absolute.
    pub fn parse(
        source: &Arc<Source>,
        folder: &Path,
        environment: &Environment,
    ) -> Result<Self, Diagnostics> {
        load::parse(source, folder, environment)
    }

    /// The host called `name`.
    pub fn host(&self, name: &str) -> Option<&Host> {
        self.hosts.iter().find(|host| host.name.as_str() == name)
    }
}
