//! Modules: named pieces of provisioning, made of resources.
//!
//! The one promise: a module is a pure function from its config to an ordered list of resources. To add one in Rust
//! write `builtin/x.rs` and a line in `builtin::ALL`; a user adds one by a TOML file in `profiles/modules/`.

mod load;
mod param;
mod registry;
mod schema;
mod step;
mod template;
mod toml;

use crate::config::{Config, Value};
use crate::diagnostic::Diagnostics;
use crate::name::Name;
use crate::resource::Resource;
use crate::script::Script;

pub use self::toml::TomlModule;
pub use load::{Loaded, load};
pub use registry::{Duplicate, Registry};
pub use schema::{module_schema, param_keys, step_keys};

/// A named piece of provisioning.
///
/// `name`, `description` and `resources` are a module's own; whether it is installed and how it installs itself follow
/// from its resources.
pub trait Module: Send + Sync {
    /// The name profiles call it by.
    fn name(&self) -> &Name;

    /// What it provides, in one line.
    fn description(&self) -> &str;

    /// The settings it knows, for people: one line each.
    fn settings(&self) -> Vec<Setting> {
        Vec::new()
    }

    /// Values written in the module itself that may say where a secret comes from.
    fn defaults_mut(&mut self) -> Vec<&mut Value> {
        Vec::new()
    }

    /// Whether what it wants depends on facts of the host. Without them its `resources` are only checked as far as
    /// that goes, and come to none.
    fn uses_facts(&self) -> bool {
        false
    }

    /// Everything it wants on a host with these settings, in order. All mistakes in them at once.
    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics>;

    /// The checks that all hold when it is installed with these settings.
    fn is_installed(&self, config: &Config) -> Result<Vec<Script>, Diagnostics> {
        Ok(self
            .resources(config)?
            .iter()
            .map(|resource| resource.check())
            .collect())
    }

    /// The applies that install it with these settings, in order; each is run only where its check fails.
    fn install(&self, config: &Config) -> Result<Vec<Script>, Diagnostics> {
        Ok(self
            .resources(config)?
            .iter()
            .map(|resource| resource.apply())
            .collect())
    }
}

/// A setting of a module, described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key.
    pub name: String,
    /// What may stand there, such as `string` or `list of tables`.
    pub kind: String,
    /// Its value when nothing is set; `None` when it must be set.
    pub default: Option<String>,
    /// What it means.
    pub meaning: String,
}

impl Setting {
    /// A setting with a default.
    pub fn optional(name: &str, kind: &str, default: &str, meaning: &str) -> Self {
        Self {
            name: name.into(),
            kind: kind.into(),
            default: Some(default.into()),
            meaning: meaning.into(),
        }
    }

    /// A setting that must be set.
    pub fn required(name: &str, kind: &str, meaning: &str) -> Self {
        Self {
            name: name.into(),
            kind: kind.into(),
            default: None,
            meaning: meaning.into(),
        }
    }
}
