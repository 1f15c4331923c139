//! Ansible's YAML form: groups with `hosts`, `children` and `vars`.

use std::sync::Arc;

use super::fleet::{ALL, Fleet};
use super::node::{Node, parse};
use super::pattern;
use crate::config::{Data, Table, Value};
use crate::diagnostic::{Diagnostic, Diagnostics, Origin, Source};

/// How deep groups may be nested.
const MAX_DEPTH: usize = 64;

/// Reads an inventory into `fleet`.
pub(super) fn read(source: &Arc<Source>, fleet: &mut Fleet) -> Result<(), Diagnostics> {
    let node = parse(source)?;
    let mut mistakes = Diagnostics::default();
    match node.entries("an inventory in YAML") {
        Ok(groups) => {
            for (name, origin, node) in groups {
                group(name, origin, node, fleet, &mut mistakes, 0);
            }
        }
        Err(mistake) => mistakes.push(mistake.help("it holds groups by name, such as `all:`")),
    }
    mistakes.into_result(())
}

fn group(
    name: &str,
    origin: &Origin,
    node: &Node,
    fleet: &mut Fleet,
    mistakes: &mut Diagnostics,
    depth: usize,
) {
    fleet.group(name, origin);
    let what = format!("group `{name}`");
    let entries = match node.entries(&what) {
        Ok(entries) if depth < MAX_DEPTH => entries,
        Ok(_) => return,
        Err(mistake) => return mistakes.push(mistake),
    };
    for (section, at, node) in entries {
        let what = format!("`{section}` of group `{name}`");
        let alone;
        let entries = match node {
            // One name alone is a mapping with nothing behind it.
            Node::Leaf(Value {
                data: Data::String(one),
                origin,
            }) if section != "vars" => {
                alone = [(one.clone(), origin.clone(), Node::Null(origin.clone()))];
                &alone[..]
            }
            node => match node.entries(&what) {
                Ok(entries) => entries,
                Err(mistake) => {
                    mistakes.push(mistake);
                    continue;
                }
            },
        };
        match section.as_str() {
            "vars" => {
                let vars = table(node.clone(), &what, fleet);
                fleet.group(name, at).vars.replace(&vars);
            }
            "children" => {
                for (child, origin, node) in entries {
                    group(child, origin, node, fleet, mistakes, depth + 1);
                    if child != ALL {
                        fleet.group(name, origin).children.insert(child.clone());
                    }
                }
            }
            "hosts" => {
                for (host, origin, node) in entries {
                    hosts(name, host, origin, node, fleet, mistakes);
                }
            }
            other => {
                let mistake = Diagnostic::new(format!("unknown key `{other}` of group `{name}`")).at(at);
                mistakes.push(mistake.suggest(other, ["hosts", "children", "vars"]));
            }
        }
    }
}

fn hosts(
    group: &str,
    text: &str,
    origin: &Origin,
    node: &Node,
    fleet: &mut Fleet,
    mistakes: &mut Diagnostics,
) {
    let (names, port) = match pattern::expand(text) {
        Ok(expanded) => expanded,
        Err(message) => return mistakes.push(Diagnostic::new(message).at(origin)),
    };
    let what = format!("host `{text}`");
    if let Err(mistake) = node.entries(&what) {
        return mistakes.push(mistake.help("its variables stand below it, as `name: value`"));
    }
    let vars = table(node.clone(), &what, fleet);
    for name in names {
        fleet.group(group, origin).hosts.insert(name.clone());
        let host = fleet.host(&name, origin);
        if let Some(port) = port {
            let data = Data::Integer(port.into());
            host.vars.insert(
                "ansible_port",
                origin.clone(),
                Value {
                    data,
                    origin: origin.clone(),
                },
            );
        }
        host.vars.replace(&vars);
    }
}

/// Variables out of a mapping; those that are locked are left out, and noted.
pub(super) fn table(node: Node, what: &str, fleet: &mut Fleet) -> Table {
    let notes = &mut fleet.notes;
    let value = node.value(&mut |origin| {
        notes.push(format!(
            "{what}: the value at {origin} is locked by ansible-vault and left out"
        ));
    });
    match value.map(|value| value.data) {
        Some(Data::Table(table)) => table,
        _ => Table::default(),
    }
}
