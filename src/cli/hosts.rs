//! `provision hosts`: what the inventory holds.

use std::fmt::Write as _;

use clap::Subcommand;

use crate::diagnostic::Diagnostic;
use crate::inventory::{Become, Connection, Host, ROOT, Route};
use crate::name::Name;

use super::Outcome;
use super::completions::offer;
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
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the hosts, one line each
    List,
    /// Show everything known about one host
    Show {
        /// Its name
        #[arg(add = offer::hosts())]
        name: String,
    },
    /// Connect to the hosts and say of each how that went, and what it is
    Test(super::hosts_test::Args),
    /// Print an inventory of Ansible, or of ssh_config(5), as one in TOML
    Convert,
}

pub(super) fn run(args: &Args) -> Outcome {
    if let Some(What::Convert) = &args.what {
        return super::convert::run(&args.hosts);
    }
    let inventory = args.hosts.inventory()?;
    note(&inventory.notes);
    if let Some(What::Test(test)) = &args.what {
        return super::hosts_test::run(test, args.hosts.select(&inventory)?, &whom::notes(&inventory));
    }
    if let Some(What::Show { name }) = &args.what {
        let host = inventory.host(name).ok_or_else(|| {
            let names = inventory.hosts.iter().map(|host| host.name.as_str());
            let mistake = Diagnostic::new(format!("no host `{name}` in {}", args.hosts.file().display()));
            mistake.suggest(name, names.take(20))
        })?;
        return print(&(shown(host) + &whom::notes(&inventory)));
    }
    let hosts = args.hosts.select(&inventory)?;
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
