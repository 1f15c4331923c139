//! From modules and settings to steps, for all hosts: a mistake anywhere stops everything before any contact.

use std::collections::HashSet;
use std::sync::Arc;

use crate::config::{Config, Data, Table};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::event::Step;
use crate::inventory::Host;
use crate::module::Registry;
use crate::profile::{ModuleRef, OnFailure};
use crate::resource::Resource;

use super::sharing::Sharing;
use super::{Plan, Planned};

/// Plans `modules` for every host. `profile` and `overrides` hold settings by module name.
pub fn build(
    hosts: &[Arc<Host>],
    modules: &[ModuleRef],
    registry: &Registry,
    profile: &Table,
    overrides: &Table,
) -> Result<Vec<Plan>, Diagnostics> {
    let mut mistakes = Diagnostics::default();
    for module in modules {
        if let Err(mistake) = registry.get(module.name.as_str()) {
            mistakes.push(match &module.origin {
                Some(origin) => mistake.at(origin),
                None => mistake,
            });
        }
    }
    check_overrides(overrides, modules, &mut mistakes);
    let mut plans = Vec::with_capacity(hosts.len());
    let mut sharing = Sharing::default();
    if mistakes.0.is_empty() {
        for host in hosts {
            if let Some(steps) = mistakes.take(plan_host(host, modules, registry, profile, overrides)) {
                plans.push(Plan {
                    host: Arc::clone(host),
                    steps: sharing.plan(steps),
                });
            }
        }
    }
    // A mistake in a profile would otherwise be said once per host.
    let mut seen = HashSet::new();
    mistakes.0.retain(|mistake| seen.insert(mistake.to_string()));
    mistakes.into_result(plans)
}

fn check_overrides(overrides: &Table, modules: &[ModuleRef], mistakes: &mut Diagnostics) {
    for (name, key) in overrides.iter() {
        if !modules.iter().any(|module| module.name.as_str() == name) {
            let mistake = Diagnostic::new(format!(
                "`--set` names module `{name}`, which is not in the profile"
            ));
            let names = modules.iter().map(|module| module.name.as_str());
            mistakes.push(mistake.at(&key.origin).suggest(name, names));
        }
    }
}

fn plan_host(
    host: &Arc<Host>,
    modules: &[ModuleRef],
    registry: &Registry,
    profile: &Table,
    overrides: &Table,
) -> Result<Vec<Planned>, Diagnostics> {
    let mut mistakes = Diagnostics::default();
    let mut steps: Vec<Planned> = Vec::new();
    for used in modules {
        let module = registry.get(used.name.as_str()).map_err(Diagnostics::from)?;
        let mut config = Config::empty(host.view());
        for layer in std::iter::once(profile)
            .chain(host.config.iter().map(AsRef::as_ref))
            .chain(std::iter::once(overrides))
        {
            mistakes.take(overlay(&mut config, layer, used.name.as_str()));
        }
        let resources = module
            .resources(&config)
            .and_then(|resources| validated(used, resources));
        let Some(resources) = mistakes.take(resources) else {
            continue;
        };
        let first = steps.len();
        let behind = first + resources.len();
        for resource in resources {
            let step = Step {
                index: steps.len(),
                module: used.name.clone(),
                title: resource.title().into(),
            };
            let next_on_failure = if used.on_failure == OnFailure::Continue {
                behind
            } else {
                usize::MAX
            };
            steps.push(Planned {
                step: Arc::new(step),
                resource,
                next_on_failure,
            });
        }
    }
    let count = steps.len();
    for planned in &mut steps {
        planned.next_on_failure = planned.next_on_failure.min(count);
    }
    mistakes.into_result(steps)
}

/// Lays the settings that `layer` has for `module` over `config`.
fn overlay(config: &mut Config, layer: &Table, module: &str) -> Result<(), Diagnostics> {
    match layer.get(module) {
        None => Ok(()),
        Some(value) => match &value.data {
            Data::Table(table) => {
                config.overlay(table);
                Ok(())
            }
            other => Err(Diagnostic::new(format!(
                "the config of module `{module}` is a table, not {}",
                other.kind()
            ))
            .at(&value.origin)
            .into()),
        },
    }
}

/// Refuses resources no host could satisfy, and two of one title.
fn validated(module: &ModuleRef, resources: Vec<Resource>) -> Result<Vec<Resource>, Diagnostics> {
    let mut mistakes = Diagnostics::default();
    let mut titles = HashSet::new();
    for resource in &resources {
        if let Err(message) = resource.validate() {
            mistakes.push(Diagnostic::new(format!("module `{}`: {message}", module.name)));
        }
        if !titles.insert(resource.title()) {
            mistakes.push(Diagnostic::new(format!(
                "module `{}` has `{}` twice",
                module.name,
                resource.title()
            )));
        }
    }
    mistakes.into_result(resources)
}
