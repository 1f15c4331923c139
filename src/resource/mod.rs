//! Kinds of state: one file each, writing its check and its apply.
//!
//! The one promise: a check changes nothing and its exit status says whether the state holds; an apply brings it
//! about, and only the check decides whether it did. To add one: a struct in its own file that implements [`State`] and
//! derives `JsonSchema`, one line in `resources!`, one folder of golden cases; `UPDATE_GOLDEN=1` then writes its page
//! in `docs/steps/`.

mod archive;
mod assert;
mod authorized_key;
mod block;
mod certificate;
mod conduct;
mod container;
mod cron;
mod directory;
mod download;
mod fields;
mod file;
mod fstab;
mod git;
mod given;
mod group;
mod hostname;
mod hosts_entry;
mod ini;
mod kernel_module;
mod line;
mod link;
mod lint;
mod locale;
mod manager;
mod mount;
mod mysql;
mod mysql_database;
mod mysql_user;
mod nft;
mod npm;
mod package;
mod pattern;
mod pip;
mod postgres_database;
mod postgres_extension;
mod postgres_role;
mod reboot;
mod replace;
mod repository;
mod service;
mod shell;
mod sshd_config;
mod sudoers;
mod swap;
mod sysctl;
mod timer;
mod timezone;
mod traffic;
mod ufw;
mod unit_file;
mod url;
mod user;
mod wait_for;
mod whole;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use schemars::Schema;

use crate::config::{Data, Value, from_value, schema};
use crate::diagnostic::Diagnostic;
use crate::script::{Script, Secret};

pub use archive::Archive;
pub use assert::Assert;
pub use authorized_key::AuthorizedKey;
pub use block::Block;
pub use certificate::{Certificate, KeyType};
pub use conduct::Conduct;
pub use container::{Container, Restart};
pub use cron::Cron;
pub use directory::Directory;
pub use download::Download;
pub use fields::{Mode, Presence, Span};
pub use file::{Content, File};
pub use git::Git;
pub use group::Group;
pub use hostname::Hostname;
pub use hosts_entry::HostsEntry;
pub use ini::Ini;
pub use kernel_module::KernelModule;
pub use line::Line;
pub use link::Link;
pub use lint::{Known, keys_of, lint, takes};
pub use locale::Locale;
pub use mount::Mount;
pub use mysql_database::MysqlDatabase;
pub use mysql_user::{Grant, MysqlUser};
pub use nft::{Nft, Policy, Protocol, Rule};
pub use npm::Npm;
pub use package::{Package, PackageState};
pub use pattern::Pattern;
pub use pip::Pip;
pub use postgres_database::PostgresDatabase;
pub use postgres_extension::PostgresExtension;
pub use postgres_role::PostgresRole;
pub use reboot::{REBOOT, Reboot};
pub use replace::Replace;
pub use repository::Repository;
pub use service::{OnChange, Service};
pub use shell::Sh;
pub use sshd_config::SshdConfig;
pub use sudoers::Sudoers;
pub use swap::Swap;
pub use sysctl::Sysctl;
pub use timer::Timer;
pub use timezone::Timezone;
pub use traffic::{Network, PortRange, Ports};
pub use ufw::{Action, Ufw};
pub use unit_file::{UnitFile, UnitState};
pub use url::Url;
pub use user::User;
pub use wait_for::WaitFor;

/// What every kind of state can do. All of it is pure: values in, shell text out.
pub trait State: fmt::Debug + Send + Sync {
    /// What a person calls it, such as `package nginx`; unique within a module.
    fn title(&self) -> String;

    /// Exit status 0 when the state holds. Reads through prelude functions, changes nothing, prints nothing.
    fn check(&self) -> Script;

    /// Brings the state about. Runs in a subshell under `set -e`, stdin empty, output shown when it fails.
    fn apply(&self) -> Script;

    /// Refuses what no host could satisfy, such as a relative path.
    fn validate(&self) -> Result<(), Invalid> {
        Ok(())
    }

    /// Whether the check starts processes of its own, beyond what is asked in bulk.
    fn asks_itself(&self) -> bool {
        false
    }

    /// The driver's variable that its check sets, for later steps.
    fn hands_on(&self) -> Option<&str> {
        None
    }

    /// The files whose content it decides, all of it or some, for `--diff`.
    fn files(&self) -> Vec<FileView<'_>> {
        Vec::new()
    }

    /// Content its apply reads from `$run/content.STEP`: what is too large to travel to hosts that have it already.
    fn large_content(&self) -> Option<&[u8]> {
        None
    }

    /// The service whose debts it pays: other steps may notify it by this name.
    fn pays_for(&self) -> Option<&str> {
        None
    }

    /// Whether one transaction does for it and for the step right behind it.
    fn joins(&self, _next: &Resource) -> bool {
        false
    }

    /// Adds its name to the words of `missing`, unless its state holds.
    fn missing(&self) -> Script {
        Script::default()
    }

    /// Its apply where it joins: one transaction for all that are `missing`, those of the neighbours behind included.
    fn joined(&self) -> Script {
        self.apply()
    }

    /// For a step whose apply has the host go down: how many seconds it may take to come back.
    fn reboots_within(&self) -> Option<u32> {
        None
    }

    /// Whether its apply takes something away that the host has, and that no later push would bring back, or stops what
    /// runs: such are counted, and agreed to, apart.
    fn destroys(&self) -> bool {
        false
    }

    /// For what only looks, and has failed where it does not hold: what to tell then, perhaps nothing.
    fn assertion(&self) -> Option<&str> {
        None
    }

    /// Secrets that must never be shown, beyond those its scripts hold.
    fn secrets(&self) -> Vec<Secret> {
        Vec::new()
    }
}

/// Why no host could satisfy a step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Invalid {
    /// The key whose value is wrong, when it is one key's.
    pub key: Option<&'static str>,
    /// What is wrong with it.
    pub message: String,
}

impl Invalid {
    /// Says that it is the value of `key` that is wrong.
    fn of(key: &'static str) -> impl Fn(String) -> Self {
        move |message| Self {
            key: Some(key),
            message,
        }
    }
}

impl From<String> for Invalid {
    fn from(message: String) -> Self {
        Self { key: None, message }
    }
}

/// A file's wanted side of a diff.
#[derive(Clone, Debug)]
pub struct FileView<'a> {
    /// Its path, or words for a crontab.
    pub path: Cow<'a, str>,
    /// What is wanted of it.
    pub wanted: Wanted<'a>,
    /// Whether the content is not to be shown.
    pub secret: bool,
}

/// What is wanted of a file.
#[derive(Clone, Debug)]
pub enum Wanted<'a> {
    /// This content, whatever it holds now.
    Content(Cow<'a, [u8]>),
    /// That it is not there.
    Gone,
    /// What an edit makes of what it holds now: the host's `show_edit` tells both, by the very text that a push edits with.
    Edited(Script),
}

impl<'a> FileView<'a> {
    /// The file at `path` as `show`, which calls `show_edit`, tells it.
    fn edited(path: impl Into<Cow<'a, str>>, show: Script) -> Self {
        Self {
            path: path.into(),
            wanted: Wanted::Edited(show),
            secret: false,
        }
    }
}

/// One wanted piece of state, and whom a change of it concerns. Cloning is cheap: the kind is shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    kind: Kind,
    /// Services that owe a reload or restart once this has changed.
    pub notify: Vec<String>,
    /// How it is carried out.
    pub conduct: Conduct,
}

impl Resource {
    /// A change of this resource makes `service` reload or restart, in this run or the next that gets so far.
    #[must_use]
    pub fn notify(mut self, service: impl Into<String>) -> Self {
        self.notify.push(service.into());
        self
    }
}

impl std::ops::Deref for Resource {
    type Target = dyn State;

    fn deref(&self) -> &Self::Target {
        self.kind.state()
    }
}

/// Lists the kinds: the key a TOML step is known by, and its struct.
macro_rules! resources {
    ($($key:literal => $kind:ident,)*) => {
        /// Each kind of state there is.
        #[derive(Clone, Debug, PartialEq, Eq)]
        enum Kind {
            $($kind(Arc<$kind>),)*
        }

        impl Kind {
            fn state(&self) -> &(dyn State + 'static) {
                match self {
                    $(Self::$kind(it) => it.as_ref(),)*
                }
            }
        }

        $(impl From<$kind> for Resource {
            fn from(it: $kind) -> Self {
                Self { kind: Kind::$kind(Arc::new(it)), notify: Vec::new(), conduct: Conduct::default() }
            }
        })*

        /// The keys steps in TOML are known by.
        pub const KEYS: &[&str] = &[$($key),*];

        /// What a table of each kind may hold, as a JSON schema, by the kind's key; made from the doc comments here.
        pub fn schemas() -> Vec<(&'static str, Schema)> {
            vec![$(($key, schema::of::<$kind>())),*]
        }

        /// Reads a step's table, already without its step-level keys, as the kind named by `key`.
        pub fn read(key: &str, step: &Value) -> Result<Resource, Diagnostic> {
            let resource: Resource = match key {
                $($key => from_value::<$kind>(step)?.into(),)*
                _ => return Err(Diagnostic::new(format!("unknown kind of step `{key}`")).at(&step.origin).suggest(key, KEYS.iter().copied())),
            };
            resource.validate().map_err(|invalid| {
                // At the value that is wrong, where it is known, else at the step.
                let value = match (&step.data, invalid.key) {
                    (Data::Table(table), Some(key)) => table.get(key),
                    _ => None,
                };
                Diagnostic::new(invalid.message).at(value.map_or(&step.origin, |value| &value.origin))
            })?;
            Ok(resource)
        }
    };
}

resources! {
    "package" => Package,
    "repository" => Repository,
    "download" => Download,
    "archive" => Archive,
    "git" => Git,
    "pip" => Pip,
    "npm" => Npm,
    "file" => File,
    "directory" => Directory,
    "link" => Link,
    "line" => Line,
    "block" => Block,
    "replace" => Replace,
    "ini" => Ini,
    "authorized_key" => AuthorizedKey,
    "sudoers" => Sudoers,
    "sshd_config" => SshdConfig,
    "user" => User,
    "group" => Group,
    "service" => Service,
    "unit_file" => UnitFile,
    "timer" => Timer,
    "cron" => Cron,
    "sysctl" => Sysctl,
    "kernel_module" => KernelModule,
    "mount" => Mount,
    "swap" => Swap,
    "hostname" => Hostname,
    "hosts_entry" => HostsEntry,
    "timezone" => Timezone,
    "locale" => Locale,
    "postgres_role" => PostgresRole,
    "postgres_database" => PostgresDatabase,
    "postgres_extension" => PostgresExtension,
    "mysql_database" => MysqlDatabase,
    "mysql_user" => MysqlUser,
    "container" => Container,
    "wait_for" => WaitFor,
    "assert" => Assert,
    "reboot" => Reboot,
    "nft" => Nft,
    "ufw" => Ufw,
    "certificate" => Certificate,
    "sh" => Sh,
}

impl Resource {
    /// The package it is, if it is one.
    fn as_package(&self) -> Option<&Package> {
        match &self.kind {
            Kind::Package(package) => Some(package),
            _ => None,
        }
    }
}
