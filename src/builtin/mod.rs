//! The modules that come with `provision`: one file each, a few resources each.
//!
//! To add one: a file here with a type that implements [`Module`], and its line in [`ALL`].

mod backup;
mod docker;
mod fail2ban;
mod firewall;
mod mariadb;
mod motd;
mod nginx;
mod node_exporter;
mod nodejs;
mod packages;
mod postgresql;
mod python;
mod redis;
mod ssh_server;
mod swap;
mod sysctl;
mod time;
mod toolchain;
mod unattended_upgrades;
mod users;

use crate::config::{Config, Data, Table, Value};
use crate::diagnostic::Diagnostic;
use crate::module::{Duplicate, Module, Registry};
use crate::name::Name;

/// Every builtin module.
pub const ALL: &[fn() -> Box<dyn Module>] = &[
    || Box::new(packages::Packages::default()),
    || Box::new(users::Users::default()),
    || Box::new(motd::Motd::default()),
    || Box::new(nginx::Nginx::default()),
    || Box::new(postgresql::Postgresql::default()),
    || Box::new(docker::Docker::default()),
    || Box::new(nodejs::Nodejs::default()),
    || Box::new(python::Python::default()),
    || Box::new(toolchain::Toolchain::go()),
    || Box::new(toolchain::Toolchain::rust()),
    || Box::new(node_exporter::NodeExporter::default()),
    || Box::new(backup::Backup::default()),
    || Box::new(ssh_server::SshServer::default()),
    || Box::new(sysctl::Sysctl::default()),
    || Box::new(swap::Swap::default()),
    || Box::new(time::Time::default()),
    || Box::new(unattended_upgrades::UnattendedUpgrades::default()),
    || Box::new(fail2ban::Fail2ban::default()),
    || Box::new(mariadb::Mariadb::default()),
    || Box::new(redis::Redis::default()),
    || Box::new(firewall::Firewall::default()),
];

/// Registers every builtin module.
pub fn register(registry: &mut Registry) -> Result<(), Duplicate> {
    ALL.iter().try_for_each(|make| registry.register(make()))
}

/// The name of a builtin, which is known to be one.
fn name(text: &'static str) -> Name {
    Name::parse(text).unwrap_or_else(|error| unreachable!("the builtin's name {text:?}: {error}"))
}

/// Takes the table `settings` out of `config`: what goes into a server's own file, key by key.
fn own_settings(config: &mut Config) -> Result<Table, Diagnostic> {
    match config.values.remove("settings").map(|key| key.value) {
        None => Ok(Table::default()),
        Some(Value {
            data: Data::Table(table),
            ..
        }) => Ok(table),
        Some(other) => {
            Err(Diagnostic::new(format!("expected a table, found {}", other.data.kind())).at(&other.origin))
        }
    }
}
