//! What can be said of a step before its texts are rendered: its keys, and the kinds of what is written out.
//!
//! The one promise: what is refused here would be refused with every value, too.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::Value as Schema;

use super::schemas;
use crate::config::{Data, Table, Value};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// What is known of a text before it is rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It stands as it is written.
    All,
    /// It will be some text.
    Text,
    /// It may become anything.
    Nothing,
}

static SCHEMAS: LazyLock<HashMap<&'static str, Schema>> = LazyLock::new(|| {
    let schemas = schemas().into_iter();
    schemas.map(|(key, schema)| (key, schema.to_value())).collect()
});

/// Everything that is wrong with the step's table whatever its texts come to; `known` says how much of one is sure.
pub fn lint(key: &str, step: &Value, known: &dyn Fn(&str) -> Known) -> Diagnostics {
    let mut mistakes = Diagnostics::default();
    if let Some(schema) = SCHEMAS.get(key) {
        value(schema, step, known, &mut mistakes);
    }
    mistakes
}

/// Whether steps of the kind `key` have a key `name`.
pub fn takes(key: &str, name: &str) -> bool {
    SCHEMAS
        .get(key)
        .is_some_and(|schema| schema["properties"].get(name).is_some())
}

/// The keys of steps of the kind `key`.
pub fn keys_of(key: &str) -> Vec<&'static str> {
    let properties = SCHEMAS
        .get(key)
        .and_then(|schema| schema["properties"].as_object());
    properties
        .into_iter()
        .flatten()
        .map(|(name, _)| name.as_str())
        .collect()
}

fn value(schema: &Schema, it: &Value, known: &dyn Fn(&str) -> Known, mistakes: &mut Diagnostics) {
    let sure = match &it.data {
        Data::String(text) => known(text),
        _ => Known::All,
    };
    if sure == Known::Nothing {
        return;
    }
    if let Some(choices) = choices(schema) {
        let mut of_each = choices.iter().map(|choice| {
            let mut mistakes = Diagnostics::default();
            value(choice, it, known, &mut mistakes);
            mistakes.0
        });
        if of_each.any(|mistakes| mistakes.is_empty()) {
            return;
        }
        return mistakes.push(refused(schema, it, sure));
    }
    let fits = match (schema["type"].as_str(), &it.data) {
        (_, Data::String(text)) if sure == Known::All && !words(schema).is_empty() => {
            words(schema).contains(&text.as_str())
        }
        (Some("string"), Data::String(_) | Data::Secret(_))
        | (Some("array"), Data::Array(_))
        | (Some("object"), Data::Table(_))
        | (Some("boolean"), Data::Boolean(_))
        | (Some("number"), Data::Integer(_) | Data::Float(_))
        | (Some("integer"), Data::Integer(_)) => true,
        // A schema that names no type takes what it likes.
        (None, _) => words(schema).is_empty() || sure != Known::All,
        _ => false,
    };
    match (&it.data, fits) {
        (_, false) => mistakes.push(refused(schema, it, sure)),
        (Data::Array(items), true) => {
            for item in items {
                value(&schema["items"], item, known, mistakes);
            }
        }
        (Data::Table(table), true) => keys(schema, it, table, known, mistakes),
        _ => {}
    }
}

fn keys(
    schema: &Schema,
    it: &Value,
    table: &Table,
    known: &dyn Fn(&str) -> Known,
    mistakes: &mut Diagnostics,
) {
    let Some(properties) = schema["properties"].as_object() else {
        // Any key, with values of one form.
        if schema["additionalProperties"].is_object() {
            for (_, key) in table.iter() {
                value(&schema["additionalProperties"], &key.value, known, mistakes);
            }
        }
        return;
    };
    for (name, key) in table.iter() {
        match properties.get(name) {
            Some(schema) => value(schema, &key.value, known, mistakes),
            None if schema["additionalProperties"] == false => {
                let mistake = Diagnostic::new(format!("unknown key `{name}`")).at(&key.origin);
                mistakes.push(mistake.suggest(name, properties.keys().map(String::as_str)));
            }
            None => {}
        }
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap_or_default();
        if table.get(name).is_none() {
            mistakes.push(Diagnostic::new(format!("missing key `{name}`")).at(&it.origin));
        }
    }
}

fn choices(schema: &Schema) -> Option<&Vec<Schema>> {
    let all_words = |choices: &&Vec<Schema>| choices.iter().all(|choice| choice.get("const").is_some());
    ["anyOf", "oneOf"]
        .iter()
        .find_map(|key| schema[*key].as_array())
        .filter(|choices| !all_words(choices))
}

/// The words a schema lists, if it lists some.
fn words(schema: &Schema) -> Vec<&str> {
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().filter_map(Schema::as_str).collect();
    }
    let choices = ["anyOf", "oneOf"].iter().find_map(|key| schema[*key].as_array());
    choices
        .into_iter()
        .flatten()
        .filter_map(|choice| choice["const"].as_str())
        .chain(schema["const"].as_str())
        .collect()
}

fn refused(schema: &Schema, it: &Value, sure: Known) -> Diagnostic {
    let words = words(schema);
    if let (Data::String(text), Known::All, false) = (&it.data, sure, words.is_empty()) {
        let mistake = Diagnostic::new(format!("unknown value {text:?}")).at(&it.origin);
        return mistake.suggest(text, words);
    }
    let found = match &it.data {
        Data::String(_) if sure == Known::Text => "a text".to_owned(),
        Data::String(text) => format!("string {text:?}"),
        Data::Boolean(it) => format!("boolean `{it}`"),
        Data::Integer(it) => format!("integer `{it}`"),
        Data::Float(it) => format!("float `{it}`"),
        other => other.kind_with_article(),
    };
    let mistake = Diagnostic::new(format!("expected {}, found {found}", wanted(schema))).at(&it.origin);
    if sure == Known::Text {
        return mistake.help("write nothing but one `{{ … }}` in it to hand over a value with its type");
    }
    mistake
}

/// What a schema takes, in the words of the loaders' messages.
fn wanted(schema: &Schema) -> String {
    if let Some(choices) = choices(schema) {
        return choices.iter().map(wanted).collect::<Vec<_>>().join(" or ");
    }
    match schema["type"].as_str() {
        Some("object") => "a table",
        Some("array") => "an array",
        Some("integer") => "an integer",
        Some("number") => "a number",
        Some("boolean") => "a boolean",
        _ => "a string",
    }
    .to_owned()
}
