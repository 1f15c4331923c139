//! Whose inventory a file is, and the tables it comes to: ours, one of Ansible, or a file of `ssh_config(5)`.

use std::path::Path;
use std::sync::Arc;

use super::ansible;
use super::environment::Environment;
use super::range::Pattern;
use super::ssh_config::{SshConfig, hosts};
use crate::config::{Table, Value};
use crate::diagnostic::{Diagnostics, Source};
use crate::document;
use crate::name::Name;

/// Whose it is.
pub(super) enum Form {
    Ours,
    Ansible(ansible::Form),
    SshConfig,
}

/// What a file came to.
pub(super) struct Reading {
    pub(super) source: Arc<Source>,
    /// The tables of an inventory in TOML.
    pub(super) root: Table,
    pub(super) form: Form,
    /// What was left out, in a person's words.
    pub(super) notes: Vec<String>,
    /// What is in force where the file itself says how its hosts are reached.
    pub(super) ssh_config: Option<SshConfig>,
}

/// Reads the file at `path`, or what it prints when it is a script. `folder` is the one it is in, absolute.
pub(super) fn read(path: &Path, folder: &Path, environment: &Environment) -> Result<Reading, Diagnostics> {
    if !ansible::is_data(path) && hosts::is_named_so(path) {
        return ssh_config(Source::new(path, ""), environment);
    }
    if ansible::is_script(path) {
        return of_ansible(ansible::run(path)?, ansible::Form::List, folder);
    }
    let source = document::read_source(path)?;
    match form(path, &source) {
        Form::Ours => Ok(Reading {
            root: document::parse(&source)?,
            source,
            form: Form::Ours,
            notes: Vec::new(),
            ssh_config: None,
        }),
        Form::Ansible(form) => of_ansible(source, form, folder),
        Form::SshConfig => ssh_config(source, environment),
    }
}

fn form(path: &Path, source: &Arc<Source>) -> Form {
    if ansible::is_data(path) {
        return ansible::form(path, &source.text).map_or(Form::Ours, Form::Ansible);
    }
    if hosts::looks_so(&source.text) {
        Form::SshConfig
    } else if document::parse(source).is_ok() {
        Form::Ours
    } else {
        ansible::form(path, &source.text).map_or(Form::Ours, Form::Ansible)
    }
}

fn of_ansible(source: Arc<Source>, form: ansible::Form, folder: &Path) -> Result<Reading, Diagnostics> {
    let imported = ansible::read(&source, form, folder)?;
    Ok(Reading {
        source,
        root: imported.root,
        form: Form::Ansible(form),
        notes: imported.notes,
        ssh_config: None,
    })
}

fn ssh_config(source: Arc<Source>, environment: &Environment) -> Result<Reading, Diagnostics> {
    let config = SshConfig::load_inventory(&source.name, environment)?;
    let (root, notes) = hosts::root(&config, &source, environment)?;
    Ok(Reading {
        source,
        root,
        form: Form::SshConfig,
        notes,
        ssh_config: Some(config),
    })
}

/// The names in an inventory, as far as it can be read, for whoever only wants to offer them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The hosts, ranges written out.
    pub hosts: Vec<String>,
    /// The groups: those with a table, then those hosts merely name.
    pub groups: Vec<String>,
}

impl Outline {
    /// Reads the file at `path`. Nothing is run for it, so a script's hosts are not known; a broken file has no names.
    pub fn read(path: &Path, environment: &Environment) -> Option<Self> {
        let absolute = std::path::absolute(path).ok()?;
        let folder = absolute.parent().unwrap_or(&absolute);
        let named = !ansible::is_data(path) && hosts::is_named_so(path);
        if !named && ansible::is_script(path) {
            return None;
        }
        let source = if named {
            Source::new(path, "")
        } else {
            document::read_source(path).ok()?
        };
        let found = if named {
            Form::SshConfig
        } else {
            form(path, &source)
        };
        let root = match found {
            Form::Ours => document::parse(&source).ok()?,
            Form::Ansible(form) => ansible::read(&source, form, folder).ok()?.root,
            Form::SshConfig => {
                let config = SshConfig::load_inventory(path, environment).ok()?;
                let (hosts, groups) = hosts::outline(&config);
                let hosts = hosts.iter().map(Name::to_string).collect();
                return Some(Self { hosts, groups });
            }
        };
        Some(Self::of(&root))
    }

    fn of(root: &Table) -> Self {
        let section = |name: &str| root.get(name).and_then(|value| value.as_table().ok());
        let mut outline = Self::default();
        let groups = section("groups").into_iter().flat_map(Table::iter);
        outline.groups.extend(groups.map(|(name, _)| name.to_owned()));
        for (text, key) in section("hosts").into_iter().flat_map(Table::iter) {
            let Ok(pattern) = Pattern::parse(text) else {
                continue;
            };
            outline.hosts.extend(pattern.names());
            let groups = key.value.as_table().ok().and_then(|host| host.get("groups"));
            let groups = groups.and_then(|groups| groups.as_array().ok());
            let names = groups.into_iter().flatten().map(Value::as_str);
            for name in names.flatten() {
                if !outline.groups.iter().any(|known| known == name) {
                    outline.groups.push(name.to_owned());
                }
            }
        }
        outline
    }
}
