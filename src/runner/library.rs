//! `provision` as a library: a registry of modules, and runs of them on hosts.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc::Sender;

use super::cancel::Cancel;
use super::facts::gather;
use super::fleet::{Fleet, Work};
use super::settings::Settings;
use crate::builtin;
use crate::config::Table;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::event::{Stamped, Summary};
use crate::inventory::Host;
use crate::module::{self, Duplicate, Module, Registry};
use crate::name::Name;
use crate::plan::{self, Plan};
use crate::profile::{ModuleRef, OnFailure, Profile};
use crate::secret::{Mode, Secrets};
use crate::transport::Transport;

/// Holds a registry and runs its modules, by name or as a profile lists them.
pub struct Runner {
    registry: Registry,
    fleet: Fleet,
    cancel: Cancel,
}

impl Runner {
    /// A runner without modules, reaching hosts by `transport`.
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self::with_fleet(Fleet::new(transport))
    }

    /// A runner without modules, going through hosts as `fleet` does.
    pub fn with_fleet(fleet: Fleet) -> Self {
        Self {
            registry: Registry::new(),
            fleet,
            cancel: Cancel::default(),
        }
    }

    /// Adds a module; a second of the same name is an error.
    pub fn register_module(&mut self, module: Box<dyn Module>) -> Result<(), Duplicate> {
        self.registry.register(module)
    }

    /// Adds the modules that come with the program.
    pub fn register_builtins(&mut self) -> Result<(), Duplicate> {
        builtin::register(&mut self.registry)
    }

    /// Adds the modules in TOML of `folder`, which need not be there.
    pub fn register_folder(&mut self, folder: &Path) -> Result<(), Diagnostics> {
        let module::Loaded {
            modules,
            mut mistakes,
        } = module::load(folder)?;
        for module in modules {
            if let Err(error) = self.registry.register(module) {
                mistakes.push(Diagnostic::new(format!("{error}, in {}", folder.display())));
            }
        }
        mistakes.into_result(())
    }

    /// The modules it knows.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// What ends its runs early.
    pub fn cancel(&self) -> Cancel {
        self.cancel.clone()
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
        let work = work(plans, dry_run);
        Ok(self.fleet.run(None, work, events, &self.cancel).await)
    }

    /// Brings `hosts` into the state that `profile` describes, or says with `dry_run` what that would change: as
    /// `provision push` does, secrets fetched, hosts asked what they are where a module wants to know, and gone through as
    /// the profile's rollout says. The fleet's own rollout gives way to that.
    ///
    /// A mistake in settings is returned before any host is contacted. Events go to `events` as they come, `RunFinished`
    /// last; somebody has to receive them meanwhile. They hold what hosts wrote, secrets too:
    /// [`Redactor`](crate::report::redact::Redactor) takes out what [`Plan::secrets`] knows.
    pub async fn run_profile(
        &mut self,
        hosts: &[Arc<Host>],
        profile: &Profile,
        dry_run: bool,
        events: Sender<Stamped>,
    ) -> Result<Summary, Diagnostics> {
        plan::unknown_modules(&profile.modules, &self.registry).into_result(())?;
        let (mut hosts, mut profile, mut overrides) = (hosts.to_vec(), profile.clone(), Table::default());
        let settings = Settings {
            hosts: &mut hosts,
            profile: &mut profile,
            registry: &mut self.registry,
            overrides: &mut overrides,
        };
        settings.resolve(&mut Secrets::new(Mode::Fetch))?;
        let plan = |facts: &HashMap<_, _>| {
            let (modules, config) = (&profile.modules, &profile.config);
            plan::build_with(&hosts, modules, &self.registry, config, &overrides, facts)
        };
        // What can be found wrong without asking anybody is found here.
        let mut plans = plan(&HashMap::new())?;
        let mut fleet = self.fleet.clone();
        let mut modules = profile.modules.iter();
        if modules.any(|used| {
            self.registry
                .get(used.name.as_str())
                .is_ok_and(Module::uses_facts)
        }) {
            let (held, facts) = gather(fleet.way(), &hosts, fleet.width(), &self.cancel).await;
            fleet = fleet.reached_by(Arc::new(held));
            plans = plan(&facts)?;
        }
        if !dry_run {
            fleet = fleet.rollout(profile.rollout.clone());
        }
        let work = work(plans, dry_run);
        Ok(fleet.run(Some(profile.name), work, events, &self.cancel).await)
    }
}

fn work(plans: Vec<Plan>, dry_run: bool) -> Work {
    if dry_run {
        Work::DryRun(plans)
    } else {
        Work::Push(plans)
    }
}
