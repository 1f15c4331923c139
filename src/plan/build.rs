//! From modules and settings to steps, for all hosts: a mistake anywhere stops everything before any contact.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::config::{Config, Data, Table, Value};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::event::Step;
use crate::inventory::Host;
use crate::module::Registry;
use crate::name::Name;
use crate::profile::{ModuleRef, OnFailure};
use crate::resource::{REBOOT, Resource};

use super::sharing::Sharing;
use super::{Plan, Planned, STOP};

/// Plans `modules` for every host. `profile` and `overrides` hold settings by module name.
pub fn build(
    hosts: &[Arc<Host>],
    modules: &[ModuleRef],
    registry: &Registry,
    profile: &Table,
    overrides: &Table,
) -> Result<Vec<Plan>, Diagnostics> {
    build_with(hosts, modules, registry, profile, overrides, &Facts::new())
}

/// What hosts have said of themselves, by host.
pub type Facts = HashMap<Name, Arc<Value>>;

/// The same for hosts whose facts are known, by host. Of others, modules that use facts have no steps.
pub fn build_with(
    hosts: &[Arc<Host>],
    modules: &[ModuleRef],
    registry: &Registry,
    profile: &Table,
    overrides: &Table,
    facts: &Facts,
) -> Result<Vec<Plan>, Diagnostics> {
    let mut mistakes = unknown_modules(modules, registry);
    check_overrides(overrides, modules, &mut mistakes);
    let mut plans = Vec::with_capacity(hosts.len());
    if mistakes.0.is_empty() {
        let mut concerned = Concerned::new();
        let mut sharing = Sharing::default();
        for host in hosts {
            match plan_host(host, modules, registry, profile, overrides, facts.get(&host.name)) {
                Ok(steps) => plans.push(Plan {
                    host: Arc::clone(host),
                    steps: sharing.plan(steps),
                }),
                Err(of_host) => concern(&mut concerned, host.name.as_str(), of_host),
            }
        }
        let told = concerned.into_iter();
        mistakes
            .0
            .extend(told.map(|(mistake, names)| on_hosts(mistake, &names)));
    }
    mistakes.into_result(plans)
}

/// What is wrong whenever `modules` are planned: what has a place in a file.
///
/// A value that is missing is none of it: the hosts meant for the modules may have it, or `--set` may bring it.
pub fn check(
    hosts: &[Arc<Host>],
    modules: &[ModuleRef],
    registry: &Registry,
    profile: &Table,
) -> Diagnostics {
    let mut mistakes = unknown_modules(modules, registry);
    if !mistakes.0.is_empty() {
        return mistakes;
    }
    let mut concerned = Concerned::new();
    for host in hosts {
        if let Err(of_host) = plan_host(host, modules, registry, profile, &Table::default(), None) {
            concern(&mut concerned, host.name.as_str(), of_host);
        }
    }
    concerned.retain(|(mistake, _)| mistake.origin.is_some());
    mistakes.0 = concerned.into_iter().map(|(mistake, _)| mistake).collect();
    mistakes
}

/// Mistakes, each with the hosts it was met on.
type Concerned<'a> = Vec<(Diagnostic, Vec<&'a str>)>;

/// The modules that nobody has registered.
pub fn unknown_modules(modules: &[ModuleRef], registry: &Registry) -> Diagnostics {
    let mut mistakes = Diagnostics::default();
    for module in modules {
        if let Err(mistake) = registry.get(module.name.as_str()) {
            mistakes.push(match &module.origin {
                Some(origin) => mistake.at(origin),
                None => mistake,
            });
        }
    }
    mistakes
}

/// Notes that `mistakes` concern `host`, too: one in a profile would otherwise be said once per host.
fn concern<'a>(all: &mut Concerned<'a>, host: &'a str, mistakes: Diagnostics) {
    for mistake in mistakes.0 {
        match all.iter_mut().find(|(known, _)| *known == mistake) {
            Some((_, hosts)) => hosts.push(host),
            None => all.push((mistake, vec![host])),
        }
    }
}

/// A mistake with a place is found there; any other is told with the hosts it was met on.
fn on_hosts(mut mistake: Diagnostic, hosts: &[&str]) -> Diagnostic {
    if mistake.origin.is_none() {
        let who = match hosts {
            [one] => format!("host `{one}`: "),
            [first, rest @ ..] => format!("host `{first}` and {} more: ", rest.len()),
            [] => String::new(),
        };
        mistake.message.insert_str(0, &who);
    }
    mistake
}

/// Refuses to notify a service that no later step is about: nobody would ever reload it.
fn check_notified(steps: &[Planned], modules: &[ModuleRef], mistakes: &mut Diagnostics) {
    for (index, planned) in steps.iter().enumerate() {
        let later = || {
            steps[index + 1..]
                .iter()
                .filter_map(|step| step.resource.pays_for())
        };
        for service in &planned.resource.notify {
            if later().any(|name| name == service) {
                continue;
            }
            let Step { module, title, .. } = planned.step.as_ref();
            let (what, add) = match service.as_str() {
                REBOOT => (
                    "`reboot`, but no step that reboots".to_owned(),
                    "reboot = \"…\"".to_owned(),
                ),
                name => (
                    format!("`{name}`, but no service of that name"),
                    format!("service = \"{name}\""),
                ),
            };
            let message = format!("module `{module}`, {title}: it notifies {what} comes after it");
            let mistake = Diagnostic::new(message)
                .help(format!("add a step `{add}` behind it"))
                .suggest(service, later());
            let used = modules.iter().find(|used| used.name == *module);
            mistakes.push(Diagnostic {
                origin: used.and_then(|used| used.origin.clone()),
                ..mistake
            });
        }
    }
}

/// Refuses a reboot that is not the host's last step: nobody would be there to go on with the others.
fn check_reboots(steps: &[Planned], modules: &[ModuleRef], mistakes: &mut Diagnostics) {
    for planned in steps {
        let behind = steps.len() - planned.step.index - 1;
        if planned.resource.reboots_within().is_none() || behind == 0 {
            continue;
        }
        let Step { module, title, index } = planned.step.as_ref();
        let next = &steps[index + 1].step;
        let message = format!(
            "module `{module}`, {title}: a reboot is the last step of a host, and module `{}`, {} comes after it",
            next.module, next.title
        );
        let used = modules.iter().find(|used| used.name == *module);
        mistakes.push(Diagnostic {
            origin: used.and_then(|used| used.origin.clone()),
            ..Diagnostic::new(message).help("put its module last, and the step last in it")
        });
    }
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
    facts: Option<&Arc<Value>>,
) -> Result<Vec<Planned>, Diagnostics> {
    let mut mistakes = Diagnostics::default();
    let mut steps: Vec<Planned> = Vec::new();
    let mut complete = true;
    for used in modules {
        let module = registry.get(used.name.as_str()).map_err(Diagnostics::from)?;
        let mut config = Config::empty(host.view());
        config.facts = facts.cloned();
        complete &= facts.is_some() || !module.uses_facts();
        for layer in std::iter::once(profile)
            .chain(host.config.iter().map(AsRef::as_ref))
            .chain(std::iter::once(overrides))
        {
            mistakes.take(overlay(&mut config, layer, used.name.as_str()));
        }
        let resources = module
            .resources(&config)
            .and_then(|resources| validated(used, resources, &config.values))
            .map_err(|mistakes| placed(mistakes, &config.values));
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
            let next_on_failure = match (resource.conduct.on_failure, used.on_failure) {
                (Some(OnFailure::Continue), _) => steps.len() + 1,
                (None, OnFailure::Continue) => behind,
                _ => STOP,
            };
            steps.push(Planned {
                step: Arc::new(step),
                resource,
                next_on_failure,
            });
        }
    }
    check_reboots(&steps, modules, &mut mistakes);
    // The service that is notified may be a step that depends on facts.
    if mistakes.0.is_empty() && complete {
        check_notified(&steps, modules, &mut mistakes);
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

/// Mistakes that quote one of the module's settings, at that setting's place.
fn placed(mut mistakes: Diagnostics, config: &Table) -> Diagnostics {
    for mistake in mistakes.0.iter_mut().filter(|mistake| mistake.origin.is_none()) {
        mistake.origin = config.quoted_in(&mistake.message).cloned();
    }
    mistakes
}

/// Refuses resources no host could satisfy, and two of one title.
fn validated(
    module: &ModuleRef,
    resources: Vec<Resource>,
    config: &Table,
) -> Result<Vec<Resource>, Diagnostics> {
    let mut mistakes = Diagnostics::default();
    let mut titles = HashSet::new();
    for resource in &resources {
        if let Err(message) = resource.validate() {
            mistakes.push(Diagnostic {
                origin: config
                    .quoted_in(&message.message)
                    .or(config.origin.as_ref())
                    .or(module.origin.as_ref())
                    .cloned(),
                ..Diagnostic::new(format!("module `{}`: {message}", module.name))
            });
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
