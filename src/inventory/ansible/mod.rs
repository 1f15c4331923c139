//! Inventories of Ansible, read as they are: INI and YAML files, the JSON of `ansible-inventory --list` and of inventory
//! scripts, and the `group_vars` and `host_vars` beside them.
//!
//! All of them become the tables an inventory in TOML has, and go on from there: groups with `vars`, hosts with their
//! groups in Ansible's order of precedence. What `ansible_*` variables say about connections becomes connection settings.
//! The oracle is `ansible-inventory --list`; templates in values stay as they are written.

mod fleet;
mod ini;
mod list;
mod literal;
mod node;
mod pattern;
mod scalar;
mod translate;
mod vars;
mod yaml;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use crate::config::Table;
use crate::diagnostic::{Diagnostic, Diagnostics, Source};

use fleet::Fleet;

pub(super) use translate::shared;

/// The forms Ansible's inventories come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `[group]` sections with a host in each line.
    Ini,
    /// Groups as nested mappings.
    Yaml,
    /// What `--list` of a script or of `ansible-inventory` prints.
    List,
}

/// What an inventory said: the tables of one in TOML, and what was left out of it.
pub(super) struct Imported {
    pub(super) root: Table,
    pub(super) notes: Vec<String>,
}

/// Reads `source`, and the variables in `folder`.
pub(super) fn read(source: &Arc<Source>, form: Form, folder: &Path) -> Result<Imported, Diagnostics> {
    let mut fleet = Fleet::new(source);
    match form {
        Form::Ini => ini::read(source, &mut fleet)?,
        Form::Yaml => yaml::read(source, &mut fleet)?,
        Form::List => {
            let groups = list::groups(source)?;
            // JSON is YAML, and may also hold what the YAML form holds.
            if list::holds_mappings(&groups) {
                yaml::read(source, &mut fleet)?;
            } else {
                list::read(&groups, source, &mut fleet)?;
            }
        }
    }
    fleet.close()?;
    vars::read(folder, &mut fleet)?;
    translate::root(&fleet)
}

/// The form of a file; nothing when it says by its name that it is TOML.
pub(super) fn form(path: &Path, text: &str) -> Option<Form> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("toml") => return None,
        Some("yml" | "yaml") => return Some(Form::Yaml),
        Some("json") => return Some(Form::List),
        Some("ini") => return Some(Form::Ini),
        _ => {}
    }
    let start = text.trim_start();
    if start.starts_with('{') {
        Some(Form::List)
    } else if start.starts_with("---") {
        Some(Form::Yaml)
    } else {
        Some(Form::Ini)
    }
}

/// Whether a file says by its name what it holds.
pub(super) fn is_data(path: &Path) -> bool {
    let known = ["toml", "yml", "yaml", "json", "ini"];
    let ending = path.extension().and_then(|it| it.to_str());
    ending.is_some_and(|it| known.contains(&it))
}

/// Whether the file at `path` is to be run, as Ansible does with files that may be.
pub(super) fn is_script(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;

    let runs = |found: std::fs::Metadata| found.is_file() && found.permissions().mode() & 0o111 != 0;
    !is_data(path) && std::fs::metadata(path).is_ok_and(runs)
}

/// Runs an inventory script: `--list`, and `--host NAME` for each host where the list has no `_meta`.
pub(super) fn run(path: &Path) -> Result<Arc<Source>, Diagnostics> {
    let text = answer(path, &["--list"])?;
    let source = Source::new(path, text);
    if let Some(with_hosts) = list::with_host_answers(&source, |host| answer(path, &["--host", host]))? {
        return Ok(Source::new(path, with_hosts));
    }
    Ok(source)
}

fn answer(script: &Path, arguments: &[&str]) -> Result<String, Diagnostic> {
    let shown = script.display();
    let called = format!("`{shown} {}`", arguments.join(" "));
    let absolute = std::path::absolute(script).unwrap_or_else(|_| script.to_owned());
    let output = Command::new(absolute)
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(|error| Diagnostic::new(format!("cannot run {called}: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said: String = said.trim().chars().take(500).collect();
        return Err(Diagnostic::new(format!(
            "{called} ended with {}: {said}",
            output.status
        )));
    }
    String::from_utf8(output.stdout).map_err(|_| Diagnostic::new(format!("{called} wrote what is not UTF-8")))
}
