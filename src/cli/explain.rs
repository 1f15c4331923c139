//! `provision explain`: where a value comes from, and what it hides.

use std::fmt::Write as _;

use crate::config::{Data, Table, Value};
use crate::diagnostic::{Diagnostic, Diagnostics};

use super::Outcome;
use super::completions::offer;
use super::outcome::print;
use super::project::{ProfilesArgs, SetArgs};
use super::whom::HostsArgs;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: provision explain db1 postgresql.port --profile db")]
pub(super) struct Args {
    /// The host
    #[arg(add = offer::hosts())]
    host: String,
    /// The module and the key, such as `nginx.port`; a module alone for all its keys
    #[arg(value_name = "MODULE.KEY", add = offer::keys())]
    what: String,
    #[command(flatten)]
    hosts: HostsArgs,
    #[command(flatten)]
    profiles: ProfilesArgs,
    /// The profile whose config counts
    #[arg(long, value_name = "NAME", add = offer::profiles())]
    profile: Option<String>,
    #[command(flatten)]
    set: SetArgs,
}

pub(super) fn run(args: &Args) -> Outcome {
    let mut mistakes = Diagnostics::default();
    let inventory = mistakes.take(args.hosts.inventory());
    let registry = mistakes.take(args.profiles.registry());
    let profile = args.profile.as_ref().and_then(|name| {
        let profile = args.profiles.load().and_then(|all| all.get_profile(name));
        mistakes.take(profile)
    });
    let overrides = mistakes.take(args.set.overrides());
    let (Some(inventory), Some(registry), Some(overrides)) = (inventory, registry, overrides) else {
        return Err(mistakes.into());
    };
    mistakes.into_result(())?;
    let host = inventory
        .hosts
        .iter()
        .find(|host| host.name.as_str() == args.host);
    let host = host.ok_or_else(|| {
        let names = inventory.hosts.iter().map(|host| host.name.as_str());
        Diagnostic::new(format!(
            "no host `{}` in {}",
            args.host,
            args.hosts.file().display()
        ))
        .suggest(&args.host, names.take(20))
    })?;
    let path: Vec<&str> = args.what.split('.').collect();
    let (name, keys) = path.split_first().unwrap_or((&"", &[]));
    let module = registry.get(name)?;
    let settings = module.settings();
    if let Some(key) = keys.first()
        && !settings.iter().any(|setting| setting.name == *key)
    {
        let known = settings.iter().map(|setting| setting.name.as_str());
        let mistake = Diagnostic::new(format!("module `{name}` has no setting `{key}`"));
        return Err(mistake.suggest(key, known).into());
    }
    let profile = profile.as_ref().map(|profile| &profile.config);
    let mut layers: Vec<&Table> = profile.into_iter().collect();
    layers.extend(host.config.iter().map(AsRef::as_ref));
    layers.push(&overrides);
    let mut said = String::new();
    let chosen = settings
        .iter()
        .filter(|setting| keys.first().is_none_or(|key| setting.name == *key));
    for setting in chosen {
        let mut path = vec![setting.name.as_str()];
        path.extend(keys.iter().skip(1).copied());
        let label = format!("{name}.{}", path.join("."));
        let secret = setting.kind.contains("secret");
        let default = setting.default.as_deref().filter(|_| path.len() == 1);
        said += &told(&label, &found(&layers, name, &path), default, secret);
    }
    print(&said)
}

/// The values at `path`, the winning one first.
fn found<'a>(layers: &[&'a Table], module: &str, path: &[&str]) -> Vec<&'a Value> {
    let at = |layer: &&'a Table| {
        let module: Option<&'a Value> = layer.get(module);
        path.iter().try_fold(module?, |value, key| match &value.data {
            Data::Table(table) => table.get(key),
            _ => None,
        })
    };
    layers.iter().rev().filter_map(at).collect()
}

fn told(label: &str, values: &[&Value], default: Option<&str>, secret: bool) -> String {
    let line = |value: &str, place: &str, wins: bool| {
        let before = if wins {
            format!("{label} =")
        } else {
            "    overrides".to_owned()
        };
        format!("{before} {value}  ({place})\n")
    };
    let mut said = String::new();
    // Tables merge: what is said key by key has no single place.
    let tables: Vec<&Table> = values.iter().filter_map(|value| value.as_table().ok()).collect();
    if tables.len() == values.len() && tables.len() > 1 {
        let mut all = Table::default();
        for table in tables.iter().rev() {
            all.overlay(table);
        }
        for (key, value) in all.iter() {
            let hidden = secret || is_hidden(key);
            let place = value.value.origin.to_string();
            let _ = writeln!(said, "{label}.{key} = {}  ({place})", shown(&value.value, hidden));
        }
        return said;
    }
    let secret = secret || is_hidden(label);
    for (index, value) in values.iter().enumerate() {
        said += &line(&shown(value, secret), &value.origin.to_string(), index == 0);
    }
    match default {
        Some(default) => said += &line(default, "the module's default", values.is_empty()),
        None if values.is_empty() => said += &line("nothing", "it must be set", true),
        None => {}
    }
    said
}

fn is_hidden(name: &str) -> bool {
    let name = name.to_lowercase();
    ["password", "passphrase", "secret", "token", "private"]
        .iter()
        .any(|word| name.contains(word))
}

/// A value on one line; what looks like a secret as stars, what says where one comes from as it is.
fn shown(value: &Value, secret: bool) -> String {
    match &value.data {
        Data::Table(table) if table.iter().any(|(name, _)| name.starts_with("secret_")) => {
            serde_json::to_string(value).unwrap_or_default()
        }
        Data::Table(table) => {
            let pair = |(name, key): (&str, &crate::config::Key)| {
                format!("{name} = {}", shown(&key.value, secret || is_hidden(name)))
            };
            format!("{{ {} }}", table.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
        Data::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| shown(item, secret)).collect();
            format!("[{}]", items.join(", "))
        }
        _ if secret => "********".to_owned(),
        _ => serde_json::to_string(value).unwrap_or_default(),
    }
}
