//! One `[[step]]` of a module in TOML, as it is written: its texts are not rendered yet.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde_json::Value as Json;

use super::template::{self, Scope, Templates};
use crate::config::{Data, Fields, Table, Value, duration, from_value};
use crate::diagnostic::{Diagnostic, Diagnostics, Origin, Source};
use crate::profile::{ON_FAILURE, OnFailure};
use crate::resource::{self, Conduct};

/// Keys that every step takes, whatever its kind. Where a kind has a key of the same name, it is the kind's.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "the shape that editors are told; it is read key by key")]
pub(super) struct StepKeys {
    /// An expression: the step is there only where it comes to `true`. With `for_each` it is asked for each item.
    when: Option<Json>,
    /// A list, a table, or an expression that comes to one: the step is there once for each item.
    for_each: Option<Json>,
    /// What the item is called; of a table it has a `key` and a `value`.
    #[schemars(default = "item")]
    r#as: String,
    /// A service, or a list of them, that owes a reload or restart once the step has changed something.
    notify: Option<Json>,
    /// What its failure means: `"stop"` ends the host's run, `"continue"` goes on with the next step. When not said,
    /// what the profile says of the module. A run with a failed step has failed either way.
    on_failure: Option<OnFailure>,
    /// How long its apply may take, and its check, such as `"30s"` or `"10m"`. Then everything it has started on the host
    /// is ended, and the step has failed.
    timeout: Option<Json>,
    /// How often it is tried again when it has failed. A try counts as a success when the step's own check holds.
    #[schemars(default)]
    retries: u32,
    /// How long to wait between two tries, such as `"5s"`.
    #[schemars(default = "five_seconds")]
    delay: String,
}

fn five_seconds() -> String {
    "5s".to_owned()
}

fn item() -> String {
    "item".to_owned()
}

/// A step before it is a resource.
#[derive(Debug)]
pub(super) struct Step {
    /// Its kind.
    pub(super) key: &'static str,
    /// Its table, without the keys that every kind has.
    pub(super) value: Value,
    /// The services it notifies.
    pub(super) notify: Vec<Value>,
    /// The bytes of the file it copies.
    pub(super) source: Option<Vec<u8>>,
    /// Whether it is there at all.
    pub(super) when: Option<Value>,
    /// What it is there for.
    pub(super) each: Option<Each>,
    /// How it is carried out.
    pub(super) conduct: Conduct,
    /// Whether a text of it names a fact, as far as it was learnt.
    pub(super) uses_facts: bool,
}

/// A step's loop.
#[derive(Debug)]
pub(super) struct Each {
    /// A list or table, or the text of an expression.
    pub(super) over: Value,
    /// What an item is called.
    pub(super) name: String,
}

impl Step {
    /// One `[[step]]`: what kind it is, its own keys taken out, the file it names read.
    pub(super) fn read(item: &Value, folder: &Path) -> Result<Self, Diagnostics> {
        let Data::Table(table) = &item.data else {
            return Err(Diagnostic::new("a step is a table").at(&item.origin).into());
        };
        let key = kind(table, &item.origin)?;
        let mut table = table.clone();
        let mut own = Table::default();
        for name in OWN.iter().filter(|name| !resource::takes(key, name)) {
            if let Some(key) = table.remove(name) {
                own.insert(*name, key.origin, key.value);
            }
        }
        let mut fields = Fields::of(&own);
        let when = fields.key("when").map(|key| &key.value);
        let when = when.and_then(|when| match &when.data {
            Data::String(_) | Data::Boolean(_) => Some(when.clone()),
            other => {
                let what = format!(
                    "expected an expression or a boolean, found {}",
                    other.kind_with_article()
                );
                fields.mistake(Diagnostic::new(what).at(&when.origin));
                None
            }
        });
        let over = fields.key("for_each").map(|key| &key.value);
        let over = over.and_then(|over| match &over.data {
            Data::String(_) | Data::Array(_) | Data::Table(_) => Some(over.clone()),
            other => {
                let what = format!(
                    "`for_each` goes over a list or a table, not over {}",
                    other.kind_with_article()
                );
                fields.mistake(Diagnostic::new(what).at(&over.origin));
                None
            }
        });
        let name = fields.key("as");
        let each = over.map(|over| Each {
            over,
            name: name
                .and_then(|name| fields.keep(loop_name(&name.value)))
                .unwrap_or_else(self::item),
        });
        if let (Some(name), None) = (name, own.get("for_each")) {
            let mistake =
                Diagnostic::new("`as` names the item of a `for_each`, and there is none").at(&name.origin);
            fields.mistake(mistake);
        }
        let notify = fields.one_or_many("notify").unwrap_or_default().to_vec();
        for service in &notify {
            let is_name = service.as_str().map(|_| ()).map_err(|_| {
                let found = service.data.kind();
                Diagnostic::new(format!(
                    "expected a service's name or a list of names, found {found}"
                ))
                .at(&service.origin)
            });
            fields.keep(is_name);
        }
        let conduct = Conduct {
            on_failure: fields.choice("on_failure", ON_FAILURE),
            timeout: fields
                .key("timeout")
                .and_then(|key| fields.keep(seconds(&key.value))),
            retries: fields.read("retries").unwrap_or(0),
            delay: fields
                .key("delay")
                .and_then(|key| fields.keep(seconds(&key.value)))
                .unwrap_or(5),
        };
        if let (Some(delay), 0) = (own.key("delay"), conduct.retries) {
            let mistake = Diagnostic::new("`delay` stands between `retries`, and there are none");
            fields.mistake(mistake.at(&delay.origin));
        }
        if key == "assert" {
            let change = ["notify", "retries", "delay"].into_iter();
            for own in change.filter_map(|name| own.key(name).map(|key| (name, key))) {
                let what = format!("`{}` is about a change, and an `assert` makes none", own.0);
                fields.mistake(Diagnostic::new(what).at(&own.1.origin));
            }
        }
        let mut mistakes = fields.finish();
        let source = source(key, &mut table, item, folder, &mut mistakes);
        mistakes.into_result(Self {
            key,
            value: Value {
                data: Data::Table(table),
                origin: item.origin.clone(),
            },
            notify,
            source,
            when,
            each,
            conduct,
            uses_facts: false,
        })
    }

    /// Everything that is wrong with it whatever its names come to. Gives its title, when that is sure to be there.
    pub(super) fn learn(
        &self,
        templates: &mut Templates,
        scope: &Scope,
        mistakes: &mut Diagnostics,
    ) -> Option<String> {
        let scope = match &self.each {
            Some(each) => {
                match &each.over.data {
                    Data::String(text) => {
                        let text = template::exact(text).unwrap_or(text);
                        templates.learn_expression(text, &each.over.origin, scope, mistakes);
                    }
                    _ => templates.learn(&each.over, scope, mistakes),
                }
                &scope.with(&each.name)
            }
            None => scope,
        };
        if let Some(Value {
            data: Data::String(text),
            origin,
        }) = &self.when
        {
            let text = template::exact(text).unwrap_or(text);
            templates.learn_expression(text, origin, scope, mistakes);
        }
        for service in &self.notify {
            templates.learn(service, scope, mistakes);
        }
        templates.learn(&self.value, scope, mistakes);
        if is_written_out(&self.value) {
            let read = mistakes.take(resource::read(self.key, &self.value).map_err(Diagnostics::from));
            read.filter(|_| self.when.is_none())
                .map(|resource| resource.title())
        } else {
            mistakes
                .0
                .extend(resource::lint(self.key, &self.value, &template::known).0);
            None
        }
    }
}

/// Whether no text of it is a template.
fn is_written_out(value: &Value) -> bool {
    match &value.data {
        Data::String(text) => template::known(text) == resource::Known::All,
        Data::Array(items) => items.iter().all(is_written_out),
        Data::Table(table) => table.iter().all(|(_, key)| is_written_out(&key.value)),
        _ => true,
    }
}

/// The step-level keys.
const OWN: &[&str] = &[
    "when",
    "for_each",
    "as",
    "notify",
    "on_failure",
    "timeout",
    "retries",
    "delay",
];

/// The kind a step's table says it is of.
fn kind(table: &Table, origin: &Origin) -> Result<&'static str, Diagnostic> {
    let named: Vec<&'static str> = resource::KEYS
        .iter()
        .copied()
        .filter(|key| table.get(key).is_some())
        .collect();
    // Some keys are kinds and also fields of other kinds, such as `group`: the kind is the one that takes the others.
    let takes_others = |key: &&&'static str| {
        let others = named.iter().filter(|other| other != key);
        others.copied().all(|other| resource::takes(key, other))
    };
    if let Some(key) = named.iter().find(takes_others) {
        return Ok(key);
    }
    let [one, two, ..] = named.as_slice() else {
        let given = table
            .iter()
            .map(|(name, _)| name)
            .find(|name| !OWN.contains(name))
            .unwrap_or_default();
        let mistake = Diagnostic::new("the step does not say of what kind it is").at(origin);
        return Err(mistake.suggest(given, resource::KEYS.iter().copied()));
    };
    let second = table.key(two).map_or(origin, |key| &key.origin);
    let mistake = Diagnostic::new(format!("a step is of one kind, `{one}` or `{two}`")).at(second);
    // Where all else is one kind's, the other is probably a wrong name for a key of it.
    let rest = || {
        let all = table.iter().map(|(name, _)| name);
        all.filter(|name| !named.contains(name) && !OWN.contains(name))
    };
    let fits = |key: &&&str| rest().next().is_some() && rest().all(|name| resource::takes(key, name));
    let mut fitting = named.iter().filter(fits);
    Err(match (fitting.next(), fitting.next()) {
        (Some(key), None) => mistake.help(format!(
            "write two steps; one of the kind `{key}` takes: {}",
            resource::keys_of(key).join(", ")
        )),
        _ => mistake.help("write two steps"),
    })
}

/// Reads `"30s"`, `"10m"`, `"1h"`, or a whole number of seconds, from one second to a day.
fn seconds(value: &Value) -> Result<u32, Diagnostic> {
    let unknown = || {
        let mistake = Diagnostic::new("this is no time of one second to one day").at(&value.origin);
        mistake.help("write it with a unit, s, m or h, such as `\"30s\"`")
    };
    let text = match &value.data {
        Data::Integer(seconds) => format!("{seconds}s"),
        _ => value.as_str().map_err(|_| unknown())?.to_owned(),
    };
    let time = duration(&text).map_err(|_| unknown())?;
    let whole = time.subsec_nanos() == 0;
    whole
        .then(|| u32::try_from(time.as_secs()).ok())
        .flatten()
        .ok_or_else(unknown)
}

fn loop_name(value: &Value) -> Result<String, Diagnostic> {
    let name = value.as_str()?;
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(letters) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Diagnostic::new(format!("{name:?} cannot be an item's name"))
            .at(&value.origin)
            .help("letters, digits and `_`"));
    }
    if ["host", "facts"].contains(&name) {
        return Err(Diagnostic::new(format!("`{name}` is taken")).at(&value.origin));
    }
    Ok(name.to_owned())
}

/// The bytes of the file that a step of the kind `key` copies.
fn source(
    key: &str,
    table: &mut Table,
    item: &Value,
    folder: &Path,
    mistakes: &mut Diagnostics,
) -> Option<Vec<u8>> {
    match key {
        "file" => mistakes
            .take(bring(table, item, folder).map_err(Diagnostics::from))
            .flatten(),
        // It keeps the name, by which it says where it comes from.
        "archive" => table.get("source").and_then(|named| {
            let read = read_named(named, folder).map_err(Diagnostics::from);
            mistakes.take(read).map(|(_, bytes)| bytes)
        }),
        _ => None,
    }
}

/// Reads what a file's `source` or `template` names: the former's bytes are given, the latter's text becomes `content`.
fn bring(table: &mut Table, item: &Value, folder: &Path) -> Result<Option<Vec<u8>>, Diagnostic> {
    let given: Vec<&str> = ["content", "source", "template"]
        .into_iter()
        .filter(|key| table.get(key).is_some())
        .collect();
    if let [one, two, ..] = given.as_slice() {
        let origin = table.key(two).map_or(&item.origin, |key| &key.origin);
        let mistake = Diagnostic::new(format!("a file takes `{one}` or `{two}`, not both"));
        return Err(mistake.at(origin));
    }
    if let Some(named) = table.remove("template") {
        let (path, bytes) = read_named(&named.value, folder)?;
        let Ok(text) = String::from_utf8(bytes) else {
            let what = format!("the template {} is not UTF-8", path.display());
            let mistake = Diagnostic::new(what).at(&named.value.origin);
            return Err(mistake.help("use `source` to copy a file as it is"));
        };
        let origin = Origin::new(&Source::new(&path, text.clone()), 0..text.len());
        let data = Data::String(text);
        table.insert("content", named.origin, Value { data, origin });
    }
    match table.remove("source") {
        Some(named) => read_named(&named.value, folder).map(|(_, bytes)| Some(bytes)),
        None => Ok(None),
    }
}

/// The largest file a step may carry; it travels inside the program.
const MAX_SOURCE: usize = 1024 * 1024;

fn read_named(named: &Value, folder: &Path) -> Result<(PathBuf, Vec<u8>), Diagnostic> {
    let name: String = from_value(named)?;
    let path = folder.join(&name);
    let failed = |what: String| {
        Diagnostic::new(what)
            .at(&named.origin)
            .help(format!("looked for {}", path.display()))
    };
    let bytes = std::fs::read(&path).map_err(|error| failed(format!("cannot read {name:?}: {error}")))?;
    if bytes.len() > MAX_SOURCE {
        return Err(failed(format!(
            "{name:?} has {} bytes; at most {MAX_SOURCE} can be sent",
            bytes.len()
        )));
    }
    Ok((path, bytes))
}
