//! `group_vars` and `host_vars`: variables in files named after groups and hosts, beside the inventory.

use std::path::{Path, PathBuf};

use super::fleet::Fleet;
use super::node::{self, Node};
use super::yaml;
use crate::config::Table;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::document;

/// What a file of variables may end in; the first that is there is taken.
const EXTENSIONS: [&str; 4] = ["", ".yml", ".yaml", ".json"];

/// Reads what is in `folder` for the fleet's groups and hosts.
pub(super) fn read(folder: &Path, fleet: &mut Fleet) -> Result<(), Diagnostics> {
    let mut mistakes = Diagnostics::default();
    let groups: Vec<String> = fleet.groups.keys().cloned().collect();
    for name in groups {
        if let Some(table) = mistakes.take(named(&folder.join("group_vars"), &name, fleet)) {
            fleet.groups[&name].beside.replace(&table);
        }
    }
    let hosts: Vec<String> = fleet.hosts.keys().cloned().collect();
    for name in hosts {
        if let Some(table) = mistakes.take(named(&folder.join("host_vars"), &name, fleet)) {
            fleet.hosts[&name].beside.replace(&table);
        }
    }
    mistakes.into_result(())
}

/// The variables of the file or folder `name` in `folder`.
fn named(folder: &Path, name: &str, fleet: &mut Fleet) -> Result<Table, Diagnostics> {
    let mut all = Table::default();
    // A name with a slash in it would lead elsewhere.
    if name.contains('/') || name.starts_with('.') || !folder.is_dir() {
        return Ok(all);
    }
    for extension in EXTENSIONS {
        let path = folder.join(format!("{name}{extension}"));
        if path.is_dir() {
            for file in files(&path)? {
                all.replace(&variables(&file, fleet)?);
            }
            break;
        }
        if path.is_file() {
            all.replace(&variables(&path, fleet)?);
            break;
        }
    }
    Ok(all)
}

/// The files of a folder and of folders in it, in order of their names.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Diagnostics> {
    let failed =
        |error: std::io::Error| Diagnostic::new(format!("cannot read {}: {error}", folder.display()));
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        entries.push(entry.map_err(failed)?.path());
    }
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if EXTENSIONS[1..].iter().any(|extension| name.ends_with(extension)) || !name.contains('.') {
            found.push(path);
        }
    }
    Ok(found)
}

fn variables(path: &Path, fleet: &mut Fleet) -> Result<Table, Diagnostics> {
    let source = document::read_source(path)?;
    if source.text.starts_with("$ANSIBLE_VAULT;") {
        fleet.notes.push(format!(
            "{} is locked by ansible-vault and left out",
            path.display()
        ));
        return Ok(Table::default());
    }
    let node = node::parse(&source)?;
    if !matches!(node, Node::Map(..) | Node::Null(_)) {
        let mistake = Diagnostic::new("a file of variables is a mapping").at(node.origin());
        return Err(mistake.help("write each one as `name: value`").into());
    }
    Ok(yaml::table(node, &path.display().to_string(), fleet))
}
