//! `provision demo`: a dry-run, a push and a second push on three throwaway hosts inside this process.
//!
//! The hosts are SSH servers on loopback that take one key, made for this run; each has a directory of its own, and
//! all of it is gone afterwards. No root, no Docker.

use std::path::Path;
use std::sync::Arc;

use crate::builtin;
use crate::config::Table;
use crate::diagnostic::{Diagnostic, Source};
use crate::document;
use crate::inventory::{Connection, Host};
use crate::module::{Registry, TomlModule};
use crate::name::Name;
use crate::plan::{self, Plan};
use crate::profile::{ModuleRef, OnFailure};
use crate::runner::{Fleet, Work};
use crate::transport::ssh::Ssh;
use crate::transport::ssh::embedded::{ClientKey, Embedded};

use super::outcome::print;
use super::signals;
use super::telling::TellingArgs;
use super::{Failure, Outcome};

const MODULE: &str = include_str!("demo.toml");

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  provision demo\n  provision demo --hosts 200 -v")]
pub(super) struct Args {
    /// How many hosts to start
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=300))]
    hosts: u16,
    #[command(flatten)]
    telling: TellingArgs,
}

pub(super) fn run(args: &Args) -> Outcome {
    let place = tempfile::Builder::new().prefix("provision-demo.").tempdir();
    let place = place.map_err(Failure::system("cannot make a temporary directory"))?;
    signals::runtime()?.block_on(demo(args, place.path()))
}

async fn demo(args: &Args, place: &Path) -> Outcome {
    let cancel = signals::listen()?;
    let key = ClientKey::generate().map_err(Failure::system("cannot make a key"))?;
    key.write(&place.join("id"))
        .map_err(Failure::system("cannot write the key"))?;
    let mut servers = Vec::new();
    let mut hosts = Vec::new();
    let mut known = String::new();
    for number in 1..=args.hosts {
        let name =
            Name::parse(&format!("demo{number}")).map_err(|error| Diagnostic::new(error.to_string()))?;
        let home = place.join(name.as_str());
        std::fs::create_dir(&home).map_err(Failure::system("cannot make a home directory"))?;
        let server = Embedded::start(&home, &key)
            .await
            .map_err(Failure::system("cannot start a host"))?;
        known += &server.known_hosts_line();
        known += "\n";
        hosts.push(Arc::new(host(name, server.port(), place)?));
        servers.push(server);
    }
    std::fs::write(place.join("known_hosts"), known).map_err(Failure::system("cannot write known_hosts"))?;
    let mut code = 0;
    let acts: [(&str, bool); 3] = [
        (
            "provision push --profile demo --dry-run --diff    what would change, without touching anything",
            false,
        ),
        (
            "provision push --profile demo                     the same for real",
            true,
        ),
        (
            "provision push --profile demo                     again: nothing left to do",
            true,
        ),
    ];
    for (title, apply) in acts {
        print(&format!("\n$ {title}\n\n"))?;
        let plans = plans(&hosts)?;
        let work = if apply {
            Work::Push(plans)
        } else {
            Work::DryRun(plans)
        };
        let (events, teller) = args.telling.start(Vec::new(), None)?;
        let fleet = Fleet::new(Arc::new(Ssh::new())).diff(!apply);
        let summary = fleet.run(Name::parse("demo").ok(), work, events, &cancel).await;
        code = teller.finish(&summary)?;
        if code != 0 {
            break;
        }
    }
    for server in servers {
        server.stop().await;
    }
    Ok(code)
}

fn host(name: Name, port: u16, place: &Path) -> Result<Host, Failure> {
    let connection = Connection {
        port,
        identity_files: vec![place.join("id")],
        identities_only: true,
        known_hosts: vec![place.join("known_hosts")],
        ..Connection::to("127.0.0.1", "demo")
    };
    // One of them is set up differently, so that there is something to tell apart.
    let mut config = Table::default();
    if name.as_str() == "demo2" {
        config = document::set_argument("app.workers=8")?;
    }
    Ok(Host {
        name,
        connection: Arc::new(connection),
        groups: Vec::new(),
        config: vec![Arc::new(config)],
        vars: Arc::default(),
    })
}

fn plans(hosts: &[Arc<Host>]) -> Result<Vec<Plan>, Failure> {
    let app = Name::parse("app").map_err(|error| Diagnostic::new(error.to_string()))?;
    let mut registry = Registry::new();
    builtin::register(&mut registry).map_err(|error| Diagnostic::new(error.to_string()))?;
    let module = TomlModule::parse(app.clone(), &Source::new("demo.toml", MODULE), Path::new("."))?;
    registry
        .register(Box::new(module))
        .map_err(|error| Diagnostic::new(error.to_string()))?;
    let modules = [ModuleRef {
        name: app,
        on_failure: OnFailure::Stop,
        origin: None,
    }];
    let none = Table::default();
    Ok(plan::build(hosts, &modules, &registry, &none, &none)?)
}
