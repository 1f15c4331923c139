//! What a module's file may hold, as editors are told.

use serde_json::{Map, Value, json};

use super::param::ParamKeys;
use super::step::StepKeys;
use crate::config::schema;
use crate::resource;

/// The JSON schema of a module in TOML.
pub fn module_schema() -> Value {
    let own = schema::of::<StepKeys>().to_value();
    let kinds: Vec<Value> = resource::schemas()
        .into_iter()
        .map(|(_, kind)| step(kind.to_value(), &own))
        .collect();
    json!({
        "type": "object",
        "description": "A named piece of provisioning, made of steps.",
        "properties": {
            "description": { "type": "string", "description": "What it provides, in one line." },
            "params": {
                "type": "object",
                "description": "What it takes, by name.",
                "additionalProperties": schema::of::<ParamKeys>().to_value(),
            },
            "step": { "type": "array", "description": "The steps, in order.", "items": { "anyOf": kinds } },
        },
        "required": ["description", "step"],
        "additionalProperties": false,
    })
}

/// The keys every step takes, for `docs/modules.md`.
pub fn step_keys() -> Value {
    schema::of::<StepKeys>().to_value()
}

/// The keys of a parameter, for `docs/modules.md`.
pub fn param_keys() -> Value {
    schema::of::<ParamKeys>().to_value()
}

/// A kind's table with the keys of every step, whose values may be templates.
fn step(mut kind: Value, own: &Value) -> Value {
    loosen(&mut kind);
    let none = Map::new();
    let own = own["properties"].as_object().unwrap_or(&none);
    if let Some(properties) = kind["properties"].as_object_mut() {
        for (name, property) in own {
            properties.entry(name.clone()).or_insert_with(|| property.clone());
        }
    }
    kind
}

/// Lets a text with a template in it stand for every value that is not any text.
fn loosen(schema: &mut Value) {
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(value);
    }
    if let Some(items) = schema.get_mut("items") {
        value(items);
    }
}

fn value(schema: &mut Value) {
    loosen(schema);
    let any_text =
        schema["type"] == "string" && schema.get("enum").is_none() && schema.get("pattern").is_none();
    if any_text {
        return;
    }
    let description = schema
        .as_object_mut()
        .and_then(|object| object.remove("description"));
    let exact = schema.take();
    *schema = json!({ "anyOf": [exact, { "type": "string", "pattern": "\\{[{%]" }] });
    if let Some(description) = description {
        schema["description"] = description;
    }
}
