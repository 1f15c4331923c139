//! Hosts, groups and how to reach them.
//!
//! An inventory is one TOML file, one of Ansible's, or a file of `ssh_config(5)`. What is said nearer to a host wins: `[defaults]`, then its groups in
//! the order the host lists them, then the host. Below all of it lies what `ssh_config(5)` says. Groups need no table of
//! their own.

mod address;
mod ansible;
mod connection;
mod environment;
mod host;
mod load;
mod range;
mod reading;
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
use reading::Form;

pub use connection::{AddressFamily, AlgorithmList, Algorithms, Connection, HostKeyPolicy, Method, Route};
pub use environment::{Environment, Variables};
pub use host::{Become, Host, ROOT};
pub use reading::Outline;
pub use schema::inventory_schema;
pub use selector::Selector;
pub use settings::check_user;

/// All hosts, in the order of the file, and the groups they are in.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// The hosts, ranges written out.
    pub hosts: Vec<Host>,
    /// The groups: those with a table first, then those hosts merely name.
    pub groups: IndexMap<Name, Group>,
    /// What was left out of an inventory that was written for another tool, in a person's words.
    pub notes: Vec<String>,
    /// The tables an inventory of another tool became, as one in TOML has them; those of `ssh_config(5)` name hosts only,
    /// since what it says about them is looked up there.
    pub imported: Option<Arc<Table>>,
    /// What `ssh_config` says about these hosts that is not followed, and why.
    pub ssh_notes: Vec<Diagnostic>,
}

/// An inventory of another tool, as one in TOML.
#[derive(Clone, Debug)]
pub struct Converted {
    /// Its tables.
    pub root: Arc<Table>,
    /// What they leave out, in a person's words.
    pub notes: Vec<String>,
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
    /// executed is run with `--list`, as Ansible does. A file of `ssh_config(5)` is known by its name, `ssh_config` or any in
    /// `.ssh`, or by lines that begin with `Host`; it is in force for its hosts in place of [`Environment::ssh_config`].
    pub fn load(path: &Path, environment: &Environment) -> Result<Self, Diagnostics> {
        Self::load_under(path, environment).map(|(inventory, _)| inventory)
    }

    /// The inventory, and the environment its hosts are reached in where that is not the one given.
    fn load_under(
        path: &Path,
        environment: &Environment,
    ) -> Result<(Self, Option<Environment>), Diagnostics> {
        let absolute = std::path::absolute(path).map_err(|error| {
            Diagnostic::new(format!("cannot find the folder of {}: {error}", path.display()))
        })?;
        let folder = absolute.parent().unwrap_or(&absolute);
        let reading = reading::read(path, folder, environment)?;
        let under = reading.ssh_config.map(|ssh_config| Environment {
            ssh_config,
            ..environment.clone()
        });
        let environment = under.as_ref().unwrap_or(environment);
        let mut inventory = load::tables(&reading.root, &reading.source, folder, environment)?;
        inventory.notes = reading.notes;
        inventory.imported = match reading.form {
            Form::Ours => None,
            Form::Ansible(_) | Form::SshConfig => Some(Arc::new(reading.root)),
        };
        Ok((inventory, under))
    }

    /// The tables of the inventory of another tool at `path`, as one in TOML has them, and what they leave out; nothing
    /// when it is in TOML already. What `ssh_config(5)` says of its hosts is written out.
    pub fn convert(path: &Path, environment: &Environment) -> Result<Option<Converted>, Diagnostics> {
        let (inventory, under) = Self::load_under(path, environment)?;
        let Some(root) = inventory.imported else {
            return Ok(None);
        };
        let Some(environment) = under else {
            return Ok(Some(Converted {
                root,
                notes: inventory.notes,
            }));
        };
        let (root, notes) = ssh_config::hosts::written_out(&root, &environment)?;
        Ok(Some(Converted {
            root: Arc::new(root),
            notes: [inventory.notes, notes].concat(),
        }))
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
