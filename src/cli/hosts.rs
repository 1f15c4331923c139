//! `provision hosts`: what the inventory holds.

use std::fmt::Write as _;

use clap::Subcommand;
use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;
use crate::inventory::{Become, Connection, Host, Inventory, ROOT, Route};
use crate::name::Name;

use super::Outcome;
use super::completions::offer;
use super::listing::{self, ListingArgs};
use super::outcome::{note, print};
use super::whom::{self, HostsArgs};

#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = false,
    after_help = "Examples:\n  provision hosts --limit '@web&!web03*'\n  provision hosts show db1\n  provision hosts test --hosts ~/.ssh/config\n  provision hosts convert --hosts hosts.ini >inventory.toml"
)]
pub(super) struct Args {
    #[command(flatten)]
    hosts: HostsArgs,
    #[command(flatten)]
    listing: ListingArgs,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the hosts, one line each
    List(ListingArgs),
    /// Show everything known about one host
    Show {
        /// Its name
        #[arg(add = offer::hosts())]
        name: String,
        #[command(flatten)]
        listing: ListingArgs,
    },
    /// Connect to the hosts and say of each how that went, and what it is
    Test(super::hosts_test::Args),
    /// Print an inventory of Ansible, or of `ssh_config(5)`, as one in TOML
    Convert,
}

pub(super) fn run(args: &Args) -> Outcome {
    let json = args
        .listing
        .or(args.what.as_ref().and_then(What::listing))
        .is_json();
    if json && matches!(args.what, Some(What::Test(_) | What::Convert)) {
        let mistake = Diagnostic::new("`--output json` is for `hosts`, `hosts list` and `hosts show`");
        return Err(mistake.help("`hosts test` has `--output ndjson`").into());
    }
    if let Some(What::Convert) = &args.what {
        return super::convert::run(&args.hosts);
    }
    let inventory = args.hosts.inventory()?;
    if !json {
        note(&inventory.notes);
    }
    if let Some(What::Test(test)) = &args.what {
        return super::hosts_test::run(test, args.hosts.select(&inventory)?, &whom::notes(&inventory));
    }
    if let Some(What::Show { name, .. }) = &args.what {
        let host = inventory.host(name).ok_or_else(|| {
            let names = inventory.hosts.iter().map(|host| host.name.as_str());
            let mistake = Diagnostic::new(format!("no host `{name}` in {}", args.hosts.file().display()));
            mistake.suggest(name, names.take(20))
        })?;
        if json {
            return listing::object(whole(host, &inventory));
        }
        return print(&(shown(host) + &whom::notes(&inventory)));
    }
    let hosts = args.hosts.select(&inventory)?;
    if json {
        let hosts: Vec<_> = hosts.iter().map(|host| brief(host)).collect();
        return listing::object(json!({ "hosts": hosts, "notes": inventory.notes }));
    }
    let width = |text: &dyn Fn(&Host) -> usize| hosts.iter().map(|host| text(host)).max().unwrap_or(0);
    let names = width(&|host| host.name.as_str().len());
    let places = width(&|host| place(&host.connection).len());
    let mut text = String::new();
    for host in &hosts {
        let _ = writeln!(
            text,
            "{:names$}  {:places$}  {}",
            host.name,
            place(&host.connection),
            groups(host)
        );
    }
    print(&text)
}

impl What {
    fn listing(&self) -> Option<ListingArgs> {
        match self {
            Self::List(listing) | Self::Show { listing, .. } => Some(*listing),
            Self::Test(_) | Self::Convert => None,
        }
    }
}

/// A host's object in a list.
fn brief(host: &Host) -> Value {
    let connection = &host.connection;
    let way = way(&connection.route);
    json!({
        "host": host.name,
        "address": connection.address,
        "port": connection.port,
        "user": connection.user,
        "become": connection.r#become.as_str(),
        "become_user": connection.become_user,
        "way": (!way.is_empty()).then_some(way),
        "groups": host.groups,
    })
}

/// All that is known of a host, but the values of its variables and settings.
fn whole(host: &Host, inventory: &Inventory) -> Value {
    let connection = &host.connection;
    let mut object = brief(host);
    let paths = |paths: Vec<&std::path::PathBuf>| -> Vec<String> {
        paths.iter().map(|path| path.display().to_string()).collect()
    };
    let set = |(name, key): (&str, &crate::config::Key)| json!({ "name": name, "place": listing::place(&key.origin) });
    let layers = host.config.iter().flat_map(|layer| layer.iter().map(set));
    let notes = inventory.ssh_notes.iter().map(ToString::to_string);
    object["identity_files"] = json!(paths(connection.identity_files.iter().collect()));
    object["known_hosts"] = json!(paths(connection.known_hosts_files().collect()));
    object["variables"] = host.vars.iter().map(set).collect();
    object["config"] = layers.collect();
    object["notes"] = inventory
        .notes
        .iter()
        .cloned()
        .chain(notes)
        .map(Value::from)
        .collect();
    object
}

fn place(connection: &Connection) -> String {
    format!("{}@{}:{}", connection.user, connection.address, connection.port)
}

/// What stands between here and a host; nothing mostly.
pub(super) fn way(route: &Route) -> String {
    match route {
        Route::Direct => String::new(),
        Route::Command(command) => format!("the command {command}"),
        Route::Jump(hop) => match way(&hop.route) {
            before if before.is_empty() => format!("through {}", place(hop)),
            before => format!("{before}, then {}", place(hop)),
        },
    }
}

fn groups(host: &Host) -> String {
    host.groups
        .iter()
        .map(Name::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

fn shown(host: &Host) -> String {
    let connection = &host.connection;
    let paths = |paths: Vec<&std::path::PathBuf>| {
        let paths = paths.iter().map(|path| path.display().to_string());
        paths.collect::<Vec<_>>().join(", ")
    };
    let mut text = String::new();
    let become_user = match connection.r#become {
        Become::None => "none".to_owned(),
        by if connection.become_user == ROOT => by.as_str().to_owned(),
        by => format!("{}, to {}", by.as_str(), connection.become_user),
    };
    let rows = [
        ("host", host.name.to_string()),
        ("address", place(&host.connection)),
        ("way", way(&host.connection.route)),
        ("groups", groups(host)),
        ("become", become_user),
        (
            "identity files",
            paths(connection.identity_files.iter().collect()),
        ),
        ("known hosts", paths(connection.known_hosts_files().collect())),
    ];
    for (what, value) in rows
        .into_iter()
        .filter(|(what, value)| *what != "way" || !value.is_empty())
    {
        let _ = writeln!(text, "{what:15} {value}");
    }
    for (name, key) in host.vars.iter() {
        let (line, _) = key.origin.line_column();
        let place = format!("{}:{line}", key.origin.source.name.display());
        let _ = writeln!(text, "{:15} {name} (set in {place})", "variable");
    }
    for layer in &host.config {
        for (module, key) in layer.iter() {
            let (line, _) = key.origin.line_column();
            let place = format!("{}:{line}", key.origin.source.name.display());
            let _ = writeln!(text, "{:15} {module} (set in {place})", "config");
        }
    }
    text
}
