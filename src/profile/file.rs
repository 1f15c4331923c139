//! One profile as it is written.

use super::{OnFailure, Rollout};
use crate::config::{Data, Fields, Table, Value};
use crate::diagnostic::{Diagnostic, Diagnostics, Origin};
use crate::name::Name;

/// The words for what a failure means.
pub const ON_FAILURE: &[(&str, OnFailure)] = &[("stop", OnFailure::Stop), ("continue", OnFailure::Continue)];

/// A profile's file, its includes not followed yet.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) name: Name,
    pub(super) description: Option<String>,
    pub(super) include: Vec<(Name, Origin)>,
    pub(super) modules: Vec<Mention>,
    /// By module name; every value is a table.
    pub(super) config: Table,
    pub(super) rollout: Rollout,
}

/// A module in the list of a file.
#[derive(Clone, Debug)]
pub(super) struct Mention {
    pub(super) name: Name,
    /// What it says, if it says anything.
    pub(super) on_failure: Option<OnFailure>,
    pub(super) origin: Origin,
}

impl File {
    /// Reads the whole file, with all its mistakes.
    pub(super) fn read(name: Name, root: &Table) -> Result<Self, Diagnostics> {
        let mut fields = Fields::of(root);
        let description = fields.read("description");
        let include = list(&mut fields, "include", "profile", |value| Ok((value, None)));
        let modules = list(&mut fields, "modules", "module", mention);
        let config = fields.table("config").cloned().unwrap_or_default();
        for (module, key) in config.iter() {
            fields.keep(parse_name("module", module, &key.origin));
            let help = || format!("settings of a module stand in its table: `[config.{module}]`");
            fields.keep(key.value.as_table().map_err(|mistake| mistake.help(help())));
        }
        let mut of_rollout = Vec::new();
        let rollout = fields
            .table("rollout")
            .map(|table| Rollout::read(table, &mut of_rollout))
            .unwrap_or_default();
        let is_empty = ["include", "modules"].iter().all(|key| root.get(key).is_none());
        let mut mistakes = fields.finish();
        mistakes.0.extend(of_rollout);
        if is_empty {
            let mistake = Diagnostic::new(format!("profile `{name}` has no modules"));
            mistakes.push(mistake.help("list some: `modules = [\"…\"]`, or `include` other profiles"));
        }
        mistakes.sort();
        mistakes.into_result(Self {
            name,
            description,
            include: include.into_iter().map(|it| (it.name, it.origin)).collect(),
            modules,
            config,
            rollout,
        })
    }
}

/// Reads an array of names, each of which may stand in it once.
fn list<'a>(
    fields: &mut Fields<'a>,
    key: &'static str,
    what: &str,
    read: impl Fn(&'a Value) -> Result<(&'a Value, Option<OnFailure>), Diagnostics>,
) -> Vec<Mention> {
    let mut mentions: Vec<Mention> = Vec::new();
    for value in fields.array(key) {
        let (value, on_failure) = match read(value) {
            Ok(read) => read,
            Err(mistakes) => {
                mistakes.0.into_iter().for_each(|mistake| fields.mistake(mistake));
                continue;
            }
        };
        let name = value
            .as_str()
            .and_then(|text| parse_name(what, text, &value.origin));
        let Some(name) = fields.keep(name) else {
            continue;
        };
        if mentions.iter().any(|mention| mention.name == name) {
            let mistake = Diagnostic::new(format!("{what} `{name}` is listed twice")).at(&value.origin);
            fields.mistake(mistake.help("take one of them out"));
            continue;
        }
        let origin = value.origin.clone();
        mentions.push(Mention {
            name,
            on_failure,
            origin,
        });
    }
    mentions
}

/// Reads `"name"` or `{ name = "…", on_failure = "…" }` into the name's value and what it says about failure.
fn mention(value: &Value) -> Result<(&Value, Option<OnFailure>), Diagnostics> {
    let Data::Table(table) = &value.data else {
        return Ok((value, None));
    };
    let mut fields = Fields::of(table);
    let name = fields.key("name").map(|key| &key.value);
    let on_failure = fields.choice("on_failure", ON_FAILURE);
    let mut mistakes = fields.finish();
    if let Some(config) = table.key("config") {
        for mistake in &mut mistakes.0 {
            if mistake.origin.as_ref() == Some(&config.origin) {
                mistake.help = Some("write config of a module under `[config.MODULE]`".to_owned());
            }
        }
    }
    let Some(name) = name else {
        mistakes.push(Diagnostic::new("missing key `name`").at(&value.origin));
        return Err(mistakes);
    };
    mistakes.into_result((name, on_failure))
}

fn parse_name(what: &str, text: &str, origin: &Origin) -> Result<Name, Diagnostic> {
    Name::parse(text)
        .map_err(|error| Diagnostic::new(format!("{text:?} is no {what} name: {error}")).at(origin))
}
