//! What there is to complete: names from the project's files and from the records.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::builder::StyledStr;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, PathCompleter};

use crate::builtin;
use crate::inventory::{Environment, Outline};
use crate::module::{self, Registry};
use crate::profile::Profiles;
use crate::record::{Standing, Store};
use crate::report;

use super::typed;

type Candidates = Vec<CompletionCandidate>;

/// Names of hosts.
pub(in crate::cli) fn hosts() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| among(outline().hosts.into_iter().map(named), current))
}

/// Names of groups.
pub(in crate::cli) fn groups() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| among(outline().groups.into_iter().map(named), current))
}

/// What a selector is made of: hosts, `@groups`, hosts that failed, behind any operator.
pub(in crate::cli) fn selectors() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let Some(current) = unquoted(current) else {
            return Vec::new();
        };
        let operators = current.rfind([',', '&', '!']).map_or(0, |at| at + 1);
        let (before, operand) = current.split_at(operators);
        let found = match operand.strip_prefix("@failed:") {
            Some(_) => among(
                runs_of_store().into_iter().map(|run| run.add_prefix("@failed:")),
                OsStr::new(operand),
            ),
            None => {
                let outline = outline();
                let groups = outline.groups.iter().map(|group| named(format!("@{group}")));
                let hosts = outline.hosts.into_iter().map(named);
                let failed = named("@failed:last".to_owned());
                let failed = failed.help(Some(StyledStr::from(
                    "hosts that did not end well in the last run",
                )));
                among(hosts.chain(groups).chain([failed]), OsStr::new(operand))
            }
        };
        found.into_iter().map(|one| one.add_prefix(before)).collect()
    })
}

/// Names of profiles.
pub(in crate::cli) fn profiles() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let Ok(profiles) = Profiles::load(&folder()) else {
            return Vec::new();
        };
        let all = profiles.list_profiles();
        let all = all
            .into_iter()
            .map(|one| described(one.name, one.description.unwrap_or_default()));
        among(all, current)
    })
}

/// Names of modules.
pub(in crate::cli) fn modules() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| among(modules_of_folder(), current))
}

/// `MODULE.KEY`.
pub(in crate::cli) fn keys() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let registry = registry();
        let Some((module, _)) = current.to_str().and_then(|text| text.split_once('.')) else {
            let dotted = registry.list().map(|module| named(format!("{}.", module.name())));
            return among(dotted, current);
        };
        let Ok(found) = registry.get(module) else {
            return Vec::new();
        };
        let settings = found.settings().into_iter();
        let keys = settings.map(|setting| described(&format!("{module}.{}", setting.name), &setting.meaning));
        among(keys, current)
    })
}

/// Recorded runs.
pub(in crate::cli) fn runs() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let mut found = among(runs_of_store(), current);
        if current.to_string_lossy().contains(['/', '.']) {
            found.extend(clap_complete::engine::ValueCompleter::complete(
                &PathCompleter::file(),
                current,
            ));
        }
        found
    })
}

/// Files.
pub(in crate::cli) fn files() -> ArgValueCompleter {
    ArgValueCompleter::new(PathCompleter::file())
}

/// Folders.
pub(in crate::cli) fn folders() -> ArgValueCompleter {
    ArgValueCompleter::new(PathCompleter::dir())
}

fn named(name: String) -> CompletionCandidate {
    CompletionCandidate::new(name)
}

fn described(name: &str, about: &str) -> CompletionCandidate {
    let about = report::escape::line(about).into_owned();
    named(name.to_owned()).help((!about.is_empty()).then(|| StyledStr::from(about)))
}

/// Those that begin like `current`; names that could do something to a terminal are in nobody's way.
fn among(all: impl IntoIterator<Item = CompletionCandidate>, current: &OsStr) -> Candidates {
    let Some(current) = unquoted(current) else {
        return Vec::new();
    };
    let fits = |one: &CompletionCandidate| {
        let value = one.get_value().to_str();
        value.is_some_and(|value| value.starts_with(&current) && !value.contains(char::is_control))
    };
    all.into_iter().filter(fits).collect()
}

/// Some shells hand over the quote a word begins with.
fn unquoted(current: &OsStr) -> Option<String> {
    let current = current.to_str()?;
    Some(current.strip_prefix(['\'', '"']).unwrap_or(current).to_owned())
}

/// The value an option is given in the words typed so far, or by its variable.
fn option(long: &str, variable: &str, default: &str) -> PathBuf {
    let words: Vec<OsString> = typed();
    let typed = words.iter().enumerate().find_map(|(index, word)| {
        let value = word.to_str()?.strip_prefix(long)?;
        match value.strip_prefix('=') {
            Some(value) => Some(OsString::from(value)),
            None if value.is_empty() => words.get(index + 1).cloned(),
            None => None,
        }
    });
    let set = || std::env::var_os(variable).filter(|value| !value.is_empty());
    let path = PathBuf::from(typed.or_else(set).unwrap_or_else(|| default.into()));
    // The shell has not come to it yet.
    match (path.strip_prefix("~"), std::env::home_dir()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path,
    }
}

fn outline() -> Outline {
    let path = option("--hosts", "PROVISION_HOSTS", "inventory.toml");
    Outline::read(&path, &Environment::of_process()).unwrap_or_default()
}

fn folder() -> PathBuf {
    option("--profiles", "PROVISION_PROFILES", "profiles")
}

fn registry() -> Registry {
    let mut registry = Registry::new();
    let _ = builtin::register(&mut registry);
    if let Ok(loaded) = module::load(&folder().join("modules")) {
        for module in loaded.modules {
            let _ = registry.register(module);
        }
    }
    registry
}

fn modules_of_folder() -> Candidates {
    let registry = registry();
    let all = registry.list();
    all.map(|module| described(module.name().as_str(), module.description()))
        .collect()
}

fn runs_of_store() -> Candidates {
    let entries = Store::of_process()
        .and_then(|store| store.list().ok())
        .unwrap_or_default();
    let mut found: Candidates = Vec::new();
    if !entries.is_empty() {
        found.push(described("last", "the newest run"));
    }
    for entry in entries {
        let what = entry.label.as_ref().map(|label| {
            let what = label.profile.as_ref().map(ToString::to_string);
            what.or_else(|| label.command.clone()).unwrap_or_default()
        });
        let outcome = match &entry.standing {
            Standing::Running => "running".to_owned(),
            Standing::Interrupted => "interrupted".to_owned(),
            Standing::Finished(summary, took) => report::words::brief(summary, *took),
        };
        found.push(described(
            &entry.run,
            format!("{} {outcome}", what.unwrap_or_default()).trim(),
        ));
    }
    found
}
