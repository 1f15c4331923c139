//! All hosts at once: each in its own order, none waiting for another.
//!
//! [`fleet`] bounds how many are at work, [`HostRun`] turns one host's bytes into events and is sans-I/O. The promise:
//! every planned step of every host that was reached ends in exactly one `StepFinished`.

mod boot;
mod cancel;
mod command;
mod deliver;
mod errand;
mod facts;
pub mod fleet;
mod gate;
mod host_run;
mod limits;
mod listener;
mod scene;
mod spool;
mod tail;
mod text;
mod wave;

use std::sync::Arc;

use tokio::sync::mpsc::Sender;

use crate::config::Table;
use crate::diagnostic::Diagnostics;
use crate::event::{Stamped, Summary};
use crate::inventory::Host;
use crate::module::{Duplicate, Module, Registry};
use crate::name::Name;
use crate::plan;
use crate::profile::{ModuleRef, OnFailure};
use crate::transport::Transport;

pub use cancel::Cancel;
pub use command::Command;
pub use errand::{Errand, Site};
pub use facts::{Held, gather};
pub use fleet::{Fleet, Work};
pub use gate::{Answer, Gate, Open};
pub use host_run::{Ended, HostRun, Need};
pub use limits::Limits;
pub use spool::{Spool, piece};

/// Holds a registry and runs its modules by name: the whole of `provision` as a library.
pub struct Runner {
    registry: Registry,
    fleet: Fleet,
}

impl Runner {
    /// A runner without modules, reaching hosts by `transport`.
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self {
            registry: Registry::new(),
            fleet: Fleet::new(transport),
        }
    }

    /// Adds a module; a second of the same name is an error.
    pub fn register_module(&mut self, module: Box<dyn Module>) -> Result<(), Duplicate> {
        self.registry.register(module)
    }

    /// The modules it knows.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Runs the modules `names` in order on every one of `hosts`, with the settings their inventory has.
    ///
    /// With `dry_run` the programs sent hold no apply at all. Events go to `events`, `RunFinished` last. A mistake in
    /// names or settings is returned before any host is contacted.
    pub async fn run_modules(
        &self,
        hosts: &[Arc<Host>],
        names: &[Name],
        dry_run: bool,
        events: Sender<Stamped>,
    ) -> Result<Summary, Diagnostics> {
        let modules: Vec<ModuleRef> = names
            .iter()
            .map(|name| ModuleRef {
                name: name.clone(),
                on_failure: OnFailure::Stop,
                origin: None,
            })
            .collect();
        let none = Table::default();
        let plans = plan::build(hosts, &modules, &self.registry, &none, &none)?;
        let work = if dry_run {
            Work::DryRun(plans)
        } else {
            Work::Push(plans)
        };
        Ok(self.fleet.run(None, work, events, &Cancel::default()).await)
    }
}
