//! Hosts, groups and how to reach them.
//!
//! An inventory is one TOML file, or one of Ansible's. What is said nearer to a host wins: `[defaults]`, then its groups in
//! the order the host lists them, then the host. Below all of it lies what `ssh_config(5)` says. Groups need no table of
//! their own.

mod address;
mod ansible;
mod connection;
mod environment;
mod host;
mod load;
mod range;
mod routes;
mod schema;
mod selector;
mod settings;
pub mod ssh_config;

use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::config::Table;
use crate::diagnostic::{Diagnostic, Diagnostics, Source};
use crate::document;
use crate::name::Name;

pub use connection::{AddressFamily, AlgorithmList, Algorithms, Connection, HostKeyPolicy, Method, Route};
pub use environment::{Environment, Variables};
pub use host::{Become, Host, ROOT};
pub use schema::inventory_schema;
pub use selector::Selector;

/// All hosts, in the order of the file, and the groups they are in.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// The hosts, ranges written out.
    pub hosts: Vec<Host>,
    /// The groups: those with a table first, then those hosts merely name.
    pub groups: IndexMap<Name, Group>,
    /// What was left out of an inventory that was written for another tool, in a person's words.
    pub notes: Vec<String>,
    /// The tables an inventory of another tool became, as one in TOML has them.
    pub imported: Option<Arc<Table>>,
    /// What `ssh_config` says about these hosts that is not followed, and why.
    pub ssh_notes: Vec<Diagnostic>,
}

/// A set of hosts.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// What it is, in a person's words.
    pub description: Option<String>,
}

impl Inventory {
    /// Reads the file at `path`; paths in it are relative to its folder.
    ///
    /// Files of Ansible are known by their names, or else by their text: `.ini`, `.yml`, `.json`. A file that may be
    /// executed is run with `--list`, as Ansible does.
    pub fn load(path: &Path, environment: &Environment) -> Result<Self, Diagnostics> {
        let absolute = std::path::absolute(path).map_err(|error| {
            Diagnostic::new(format!("cannot find the folder of {}: {error}", path.display()))
        })?;
        let folder = absolute.parent().unwrap_or(&absolute);
        let (source, form) = if ansible::is_script(path) {
            (ansible::run(path)?, Some(ansible::Form::List))
        } else {
            let source = document::read_source(path)?;
            let form = ansible::form(path, &source.text);
            (source, form)
        };
        let Some(form) = form else {
            return Self::parse(&source, folder, environment);
        };
        let imported = ansible::read(&source, form, folder)?;
        let mut inventory = load::tables(&imported.root, &source, folder, environment)?;
        inventory.notes = imported.notes;
        inventory.imported = Some(Arc::new(imported.root));
        Ok(inventory)
    }

    /// Reads `source`; paths in it are relative to `folder`, which is absolute.
    pub fn parse(
        source: &Arc<Source>,
        folder: &Path,
        environment: &Environment,
    ) -> Result<Self, Diagnostics> {
        load::tables(&document::parse(source)?, source, folder, environment)
    }

    /// The host called `name`.
    pub fn host(&self, name: &str) -> Option<&Host> {
        self.hosts.iter().find(|host| host.name.as_str() == name)
    }
}
