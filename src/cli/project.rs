//! The files a command works with: profiles and modules, and all of them together with the inventory.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::builtin;
use crate::config::{Table, Value};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::document;
use crate::inventory::Host;
use crate::module::{self, Module, Registry};
use crate::name::Name;
use crate::plan::{self, Plan};
use crate::profile::{Profile, Profiles};
use crate::runner::Settings;
use crate::script::Secret;
use crate::secret::{Mode, Secrets};

use super::Failure;
use super::completions::offer;
use super::whom::HostsArgs;

/// Where profiles and modules are.
#[derive(Debug, Args)]
pub(super) struct ProfilesArgs {
    /// The folder of profiles; modules of your own are in `modules` within it
    #[arg(
        long,
        value_name = "FOLDER",
        add = offer::folders(),
        env = "PROVISION_PROFILES",
        global = true,
        default_value = "profiles"
    )]
    profiles: PathBuf,
}

impl ProfilesArgs {
    /// The profiles in `folder`.
    pub(super) fn at(folder: &Path) -> Self {
        Self {
            profiles: folder.to_owned(),
        }
    }

    /// The folder.
    pub(super) fn folder(&self) -> &Path {
        &self.profiles
    }

    /// Reads all profiles.
    pub(super) fn load(&self) -> Result<Profiles, Diagnostics> {
        Profiles::load(&self.profiles)
    }

    /// All modules: those that come with the program, and those of the folder.
    pub(super) fn registry(&self) -> Result<Registry, Diagnostics> {
        let (registry, mistakes) = self.read_registry()?;
        mistakes.into_result(registry)
    }

    /// All modules, the broken ones as modules without steps, and what is wrong with those.
    pub(super) fn read_registry(&self) -> Result<(Registry, Diagnostics), Diagnostics> {
        let mut registry = Registry::new();
        builtin::register(&mut registry).map_err(|error| Diagnostic::new(error.to_string()))?;
        let folder = self.profiles.join("modules");
        let module::Loaded {
            modules,
            mut mistakes,
        } = module::load(&folder)?;
        for module in modules {
            if let Err(error) = registry.register(module) {
                let file = folder.join(format!("{}.toml", error.0));
                let mistake =
                    Diagnostic::new(format!("{error}, which {} would be a second of", file.display()));
                mistakes.push(mistake.help("rename the file"));
            }
        }
        Ok((registry, mistakes))
    }
}

/// Settings from the command line.
#[derive(Debug, Default, Args)]
pub(super) struct SetArgs {
    /// Set a module's key for this run: `--set nginx.default_site=true`
    #[arg(long, value_name = "MODULE.KEY=VALUE")]
    set: Vec<String>,
}

impl SetArgs {
    /// What is set, without the values.
    pub(super) fn keys(&self) -> Vec<String> {
        let keys = self.set.iter().filter_map(|argument| argument.split('=').next());
        keys.map(str::to_owned).collect()
    }

    /// Them, by module.
    pub(super) fn overrides(&self) -> Result<Table, Diagnostics> {
        let mut all = Table::default();
        let mut mistakes = Diagnostics::default();
        for argument in &self.set {
            if let Some(table) = mistakes.take(document::set_argument(argument)) {
                all.overlay(&table);
            }
        }
        mistakes.into_result(all)
    }
}

/// What is to be placed where.
pub(super) struct Planned {
    pub(super) profile: Profile,
    pub(super) plans: Vec<Plan>,
}

/// All that a profile's plans are made of, read and found sound.
pub(super) struct Prepared {
    pub(super) hosts: Vec<Arc<Host>>,
    pub(super) profile: Profile,
    /// The secrets that were fetched for it.
    pub(super) secrets: Vec<Secret>,
    registry: Registry,
    overrides: Table,
}

impl Prepared {
    /// Whether a module of the profile asks what hosts are.
    pub(super) fn uses_facts(&self) -> bool {
        let mut modules = self.profile.modules.iter();
        modules.any(|used| {
            self.registry
                .get(used.name.as_str())
                .is_ok_and(Module::uses_facts)
        })
    }

    /// Plans for hosts with these facts. Without facts, what depends on them is left out.
    pub(super) fn plan(&self, facts: &HashMap<Name, Arc<Value>>) -> Result<Vec<Plan>, Diagnostics> {
        let Self {
            hosts,
            profile,
            registry,
            overrides,
            ..
        } = self;
        plan::build_with(
            hosts,
            &profile.modules,
            registry,
            &profile.config,
            overrides,
            facts,
        )
    }
}

/// Plans `profile` for the selected hosts as far as that goes without asking them; no secret is fetched.
pub(super) fn plan(
    hosts: &HostsArgs,
    profiles: &ProfilesArgs,
    profile: &str,
    set: &SetArgs,
) -> Result<Planned, Failure> {
    let prepared = prepare(hosts, profiles, profile, set, Mode::Pretend)?;
    let plans = prepared.plan(&HashMap::new())?;
    let profile = prepared.profile;
    Ok(Planned { profile, plans })
}

/// Reads all that `profile` needs for the selected hosts; all files' mistakes at once. Secrets are fetched when nothing
/// is wrong with the files.
pub(super) fn prepare(
    hosts: &HostsArgs,
    profiles: &ProfilesArgs,
    profile: &str,
    set: &SetArgs,
    mode: Mode,
) -> Result<Prepared, Failure> {
    let mut mistakes = Diagnostics::default();
    let inventory = mistakes.take(hosts.inventory());
    let selected = inventory
        .as_ref()
        .and_then(|inventory| mistakes.take(hosts.select(inventory)));
    let profile = mistakes.take(profiles.load().and_then(|all| all.get_profile(profile)));
    let registry = mistakes.take(profiles.read_registry()).map(|(registry, broken)| {
        mistakes.0.extend(broken.0);
        registry
    });
    let overrides = mistakes.take(set.overrides());
    if let (Some(profile), Some(registry), false) = (&profile, &registry, mistakes.0.is_empty()) {
        let unknown = plan::unknown_modules(&profile.modules, registry);
        mistakes.0.extend(unknown.0);
    }
    let (Some(hosts), Some(profile), Some(registry), Some(overrides)) =
        (selected, profile, registry, overrides)
    else {
        return Err(mistakes.into());
    };
    mistakes.into_result(())?;
    let mut prepared = Prepared {
        hosts,
        profile,
        secrets: Vec::new(),
        registry,
        overrides,
    };
    let mut secrets = Secrets::new(mode);
    let settings = Settings {
        hosts: &mut prepared.hosts,
        profile: &mut prepared.profile,
        registry: &mut prepared.registry,
        overrides: &mut prepared.overrides,
    };
    settings.resolve(&mut secrets)?;
    prepared.secrets = secrets.fetched();
    Ok(prepared)
}
