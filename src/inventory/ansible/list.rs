//! The JSON that `ansible-inventory --list` and inventory scripts print.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::fleet::{ALL, Fleet};
use crate::config::{Data, Table, Value};
use crate::diagnostic::{Diagnostic, Diagnostics, Origin, Source};

pub(super) type Groups = IndexMap<String, Json>;

/// Reads the `groups` of `source` into `fleet`.
pub(super) fn read(groups: &Groups, source: &Arc<Source>, fleet: &mut Fleet) -> Result<(), Diagnostics> {
    let origin = Origin::new(source, 0..0);
    let mut mistakes = Diagnostics::default();
    for (name, group) in groups.iter().filter(|(name, _)| *name != "_meta") {
        fleet.group(name, &origin);
        let refused = |what: &str| Diagnostic::new(format!("group `{name}`: {what}")).at(&origin);
        let (hosts, children, vars) = match group {
            Json::Array(_) => (Some(group), None, None),
            Json::Object(group) => (group.get("hosts"), group.get("children"), group.get("vars")),
            _ => {
                mistakes.push(refused(
                    "it is a list of hosts, or an object with `hosts`, `children` and `vars`",
                ));
                continue;
            }
        };
        for (list, is_host) in [(hosts, true), (children, false)] {
            let Some(names) = list.map_or(Some(Vec::new()), texts) else {
                mistakes.push(refused("`hosts` and `children` are lists of names"));
                continue;
            };
            for one in names {
                if is_host {
                    fleet.host(one, &origin);
                    fleet.group(name, &origin).hosts.insert(one.to_owned());
                } else {
                    fleet.group(one, &origin);
                    if one != ALL {
                        fleet.group(name, &origin).children.insert(one.to_owned());
                    }
                }
            }
        }
        match vars {
            None | Some(Json::Null) => {}
            Some(Json::Object(_)) => fleet.group(name, &origin).vars = table(vars, &origin),
            Some(_) => mistakes.push(refused("`vars` is an object")),
        }
    }
    if let Some(Json::Object(vars)) = groups.get("_meta").and_then(|meta| meta.get("hostvars")) {
        for (name, vars) in vars {
            fleet.host(name, &origin).vars = table(Some(vars), &origin);
        }
    }
    mistakes.into_result(())
}

/// Whether groups hold their hosts and children by name, as in the YAML form, rather than listed.
pub(super) fn holds_mappings(groups: &Groups) -> bool {
    let named = |group: &Json| {
        ["hosts", "children"]
            .iter()
            .any(|key| group.get(key).is_some_and(Json::is_object))
    };
    groups.values().any(named)
}

/// The same list with `_meta` put together from what `ask` says of each host; nothing when it has one already.
pub(super) fn with_host_answers(
    source: &Arc<Source>,
    ask: impl Fn(&str) -> Result<String, Diagnostic>,
) -> Result<Option<String>, Diagnostics> {
    let mut groups = groups(source)?;
    if groups.contains_key("_meta") {
        return Ok(None);
    }
    let mut vars = serde_json::Map::new();
    for group in groups.values() {
        let hosts = if group.is_array() {
            Some(group)
        } else {
            group.get("hosts")
        };
        for host in hosts.and_then(texts).unwrap_or_default() {
            if vars.contains_key(host) {
                continue;
            }
            let text = ask(host)?;
            let answer = serde_json::from_str(&text).map_err(|error| {
                let message = format!("{} --host {host}: {error}", source.name.display());
                Diagnostics::from(Diagnostic::new(message))
            })?;
            vars.insert(host.to_owned(), answer);
        }
    }
    groups.insert("_meta".to_owned(), serde_json::json!({ "hostvars": vars }));
    Ok(serde_json::to_string(&groups).ok())
}

/// The groups of `source` by name, and `_meta`.
pub(super) fn groups(source: &Arc<Source>) -> Result<Groups, Diagnostics> {
    serde_json::from_str(&source.text).map_err(|error| {
        let line = source
            .text
            .split_inclusive('\n')
            .take(error.line().saturating_sub(1));
        let at =
            (line.map(str::len).sum::<usize>() + error.column().saturating_sub(1)).min(source.text.len());
        let mistake = Diagnostic::new(format!("JSON: {error}")).at(&Origin::new(source, at..at));
        mistake
            .help("an inventory in JSON is what `ansible-inventory --list` prints")
            .into()
    })
}

fn texts(list: &Json) -> Option<Vec<&str>> {
    list.as_array()?.iter().map(Json::as_str).collect()
}

fn table(object: Option<&Json>, origin: &Origin) -> Table {
    let mut table = Table::at(origin.clone());
    for (name, json) in object.and_then(Json::as_object).into_iter().flatten() {
        if let Some(value) = value(json, origin) {
            table.insert(name, origin.clone(), value);
        }
    }
    table
}

/// A value; nothing for null.
fn value(json: &Json, origin: &Origin) -> Option<Value> {
    let data = match json {
        Json::Null => return None,
        Json::Bool(truth) => Data::Boolean(*truth),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Data::Integer(number),
            None => Data::Float(number.as_f64()?),
        },
        Json::String(text) => Data::String(text.clone()),
        Json::Array(items) => Data::Array(items.iter().filter_map(|item| value(item, origin)).collect()),
        // How `ansible-inventory --list` writes texts that are no templates, and values that are locked.
        Json::Object(entries) if entries.len() == 1 && entries.contains_key("__ansible_unsafe") => {
            return value(&entries["__ansible_unsafe"], origin);
        }
        Json::Object(entries) if entries.contains_key("__ansible_vault") => return None,
        Json::Object(_) => Data::Table(table(Some(json), origin)),
    };
    Some(Value {
        data,
        origin: origin.clone(),
    })
}
