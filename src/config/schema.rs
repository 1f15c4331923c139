//! JSON schemas of the kinds, for editors and for the reference under `docs/`.
//!
//! The one promise: what is said about a kind stands once, in its doc comments.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::Value;

/// The schema of `T`, complete in itself.
pub fn of<T: JsonSchema>() -> Schema {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(tidy).transform(&mut schema);
    schema
}

/// TOML has no null: what may be missing is left out. Docs lose what only rustdoc reads.
fn tidy(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|it| it != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            object.insert("type".to_owned(), one);
        }
    }
    if let Some(Value::Array(variants)) = object.get_mut("enum") {
        variants.retain(|it| !it.is_null());
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|it| it.get("type").is_none_or(|it| it != "null"));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            for (key, value) in only {
                object.entry(key).or_insert(value);
            }
        }
    }
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
    // A number's Rust type is no JSON schema format that editors know.
    if object
        .get("format")
        .and_then(Value::as_str)
        .is_some_and(|it| it.starts_with(['u', 'i']))
    {
        object.remove("format");
    }
    if let Some(Value::String(text)) = object.get_mut("description") {
        *text = without_links(text);
    }
}

/// Rustdoc's `` [`Name`](path) `` and `` [`Name`] `` as `` `Name` ``.
fn without_links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("[`") {
        out += &rest[..start];
        rest = &rest[start + 1..];
        let Some(end) = rest.find("`]") else {
            out.push('[');
            continue;
        };
        out += &rest[..=end];
        rest = &rest[end + 2..];
        if rest.starts_with('(')
            && let Some(end) = rest.find(')')
        {
            rest = &rest[end + 1..];
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_rustdoc_are_taken_out() {
        assert_eq!(
            without_links("a [`B`], [`C::d`](super::C) and [e]"),
            "a `B`, `C::d` and [e]"
        );
        assert_eq!(without_links("[`a"), "[`a");
    }

    #[test]
    fn what_may_be_missing_is_not_null() {
        #[derive(JsonSchema)]
        #[schemars(rename_all = "lowercase")]
        #[expect(dead_code, reason = "only its shape matters")]
        enum State {
            Present,
            Absent,
        }
        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only its shape matters")]
        struct Both {
            /// Of type [`u16`].
            number: Option<u16>,
            nested: Option<State>,
        }
        let schema = serde_json::to_string(&of::<Both>()).unwrap();
        assert!(!schema.contains("null"), "{schema}");
        assert!(schema.contains("Of type `u16`."), "{schema}");
        assert!(schema.contains("absent"), "{schema}");
    }
}
