//! A module's settings: values that know where they were written.
//!
//! Four levels and no more: module default < profile < group < host, then `--set`. Tables merge key by key, every
//! other value replaces the one below it. [`Config`] is what a module is given; it reads it into its own struct.

mod de;
mod duration;
mod fields;
pub mod schema;
mod value;

use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::diagnostic::Diagnostics;
use crate::name::Name;

pub use de::from_value;
pub use duration::{NoDuration, duration};
pub use fields::Fields;
pub use value::{Data, Key, Table, Value};

/// What a module may know about the host it is planned for. Nothing in it comes from the host itself.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct HostView {
    /// The host's name in the inventory.
    pub name: Name,
    /// The address it is reached at, as written in the inventory.
    pub address: Arc<str>,
    /// The user it is logged in as.
    pub user: Arc<str>,
    /// The groups it is in, in the inventory's order.
    pub groups: Vec<Name>,
    /// Its variables, by the inventory.
    pub vars: Arc<Table>,
}

/// One module's settings on one host.
#[derive(Clone, Debug)]
pub struct Config {
    /// The host the module is planned for.
    pub host: HostView,
    /// The merged settings.
    pub values: Table,
    /// What the host is, when it was asked: data from the host, which may become a value and never a text.
    pub facts: Option<Arc<Value>>,
}

impl Config {
    /// Settings for `host`, with nothing set.
    pub fn empty(host: HostView) -> Self {
        Self {
            host,
            values: Table::default(),
            facts: None,
        }
    }

    /// Lays `layer` over what is set so far.
    pub fn overlay(&mut self, layer: &Table) {
        self.values.overlay(layer);
    }

    /// Reads the settings into the module's own struct.
    ///
    /// Unknown keys are refused when `T` says `deny_unknown_fields`, which every module's struct does.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Diagnostics> {
        de::from_table(&self.values).map_err(Diagnostics::from)
    }
}
