//! The reference of the kinds, `docs/steps/<kind>.md`: written from the doc comments and one golden step of each.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use provision::{module, resource, wire};
use serde_json::Value;

use crate::kit::golden::{Goldens, files};

const PAGES: &str = "docs/steps";

#[test]
fn every_kind_has_its_page_and_every_page_its_kind() {
    let mut goldens = Goldens::default();
    for (key, schema) in resource::schemas() {
        let path = Path::new(PAGES).join(format!("{key}.md"));
        goldens.compare(&path, page(key, schema.as_value()).as_bytes());
    }
    for page in files(PAGES, "md") {
        let key = page.file_stem().unwrap().to_str().unwrap();
        assert!(
            resource::KEYS.contains(&key),
            "{} is about no kind there is",
            page.display()
        );
    }
    goldens.finish();
}

#[test]
fn the_keys_of_every_step_and_parameter_are_in_the_page_on_modules() {
    let path = Path::new("docs/modules.md");
    let mut text = fs::read_to_string(path).unwrap();
    for (mark, schema) in [
        ("<!-- step keys -->", module::step_keys()),
        ("<!-- parameter keys -->", module::param_keys()),
    ] {
        let mut table = "\n| key | takes | default | meaning |\n|---|---|---|---|\n".to_owned();
        rows(&mut table, "", "", &schema);
        let start = text.find(mark).unwrap() + mark.len() + 1;
        let end = start + text[start..].find("<!-- end -->").unwrap();
        text.replace_range(start..end, &format!("{table}\n"));
    }
    let facts = wire::FACTS
        .iter()
        .map(|(path, meaning)| format!("| `{path}` | {meaning} |\n"));
    let facts: String = std::iter::once("\n| fact | what it is |\n|---|---|\n".to_owned())
        .chain(facts)
        .collect();
    let mark = "<!-- facts -->";
    let start = text.find(mark).unwrap() + mark.len() + 1;
    let end = start + text[start..].find("<!-- end -->").unwrap();
    text.replace_range(start..end, &format!("{facts}\n"));
    let mut goldens = Goldens::default();
    goldens.compare(path, text.as_bytes());
    goldens.finish();
}

fn page(key: &str, schema: &Value) -> String {
    let about = schema["description"]
        .as_str()
        .unwrap_or_else(|| panic!("the struct of `{key}` has no doc comment"));
    let mut text =
        format!("# `{key}`\n\n{about}\n\n| key | takes | default | meaning |\n|---|---|---|---|\n");
    rows(&mut text, key, "", schema);
    if let Some(example) = example(key) {
        let example = in_a_module(&example);
        let mut tables: toml::Table = format!("[[step]]\n{example}").parse().unwrap();
        tables.remove("step");
        assert!(
            tables.is_empty(),
            "{key}: the example holds more than a step: {tables}"
        );
        let _ = write!(text, "\nFor example:\n\n```toml\n[[step]]\n{example}```\n");
    }
    text + "\nKeys that every step takes, such as `when` and `notify`, are in [modules.md](../modules.md).\n"
}

/// One line for each key of a table, those of tables in it behind their own.
fn rows(text: &mut String, kind: &str, prefix: &str, schema: &Value) {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let properties = schema["properties"].as_object().unwrap();
    let is_required = |name: &str| required.iter().any(|it| it == name);
    let mut ordered: Vec<_> = properties.iter().collect();
    ordered.sort_by_key(|(name, _)| (!(prefix.is_empty() && *name == kind), !is_required(name)));
    for (name, property) in ordered {
        let meaning = property["description"]
            .as_str()
            .unwrap_or_else(|| panic!("`{prefix}{name}` of `{kind}` has no doc comment"))
            .replace('\n', " ")
            .replace('|', "\\|");
        let default = match &property["default"] {
            Value::Null if is_required(name) => "required".to_owned(),
            Value::Null => String::new(),
            default => format!("`{default}`"),
        };
        let _ = writeln!(
            text,
            "| `{prefix}{name}` | {} | {default} | {meaning} |",
            takes(property)
        );
        if property["properties"].is_object() {
            rows(text, kind, &format!("{prefix}{name}."), property);
        } else if property["items"]["properties"].is_object() {
            rows(text, kind, &format!("{prefix}{name}[]."), &property["items"]);
        }
    }
}

/// What a value may be, in TOML's words.
fn takes(schema: &Value) -> String {
    let all = |choices: &Value| {
        let words: Vec<String> = choices.as_array().unwrap().iter().map(takes).collect();
        words.join(" or ")
    };
    if schema["const"] != Value::Null {
        return format!("`{}`", schema["const"]);
    }
    for choices in ["oneOf", "anyOf"] {
        if schema[choices].is_array() {
            return all(&schema[choices]);
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        let words: Vec<String> = values.iter().map(|it| format!("`{it}`")).collect();
        return words.join(" or ");
    }
    match &schema["type"] {
        Value::String(kind) if kind == "array" => format!("array of {}", takes(&schema["items"])),
        Value::String(kind) if kind == "object" => "table".to_owned(),
        Value::String(kind) if kind == "string" && schema["writeOnly"] == true => "string, secret".to_owned(),
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => {
            let words: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
            words.join(" or ")
        }
        _ => "any value".to_owned(),
    }
}

/// A golden step of the kind, which is known to be right: all its keys, or plain use, or the one that says most.
/// The tables of a step that is written alone, as those of the step they stand behind.
fn in_a_module(example: &str) -> String {
    let lines = example.lines().map(|line| {
        let nested = line
            .strip_prefix("[[")
            .map(|rest| format!("[[step.{rest}"))
            .or_else(|| line.strip_prefix('[').map(|rest| format!("[step.{rest}")));
        nested.unwrap_or_else(|| line.to_owned()) + "\n"
    });
    lines.collect()
}

fn example(key: &str) -> Option<String> {
    let step = |case: &Path| fs::read_to_string(case.join("step.toml")).ok();
    let folder = Path::new("tests/golden/resource").join(key);
    let mut named = ["all-fields", "plain"].iter();
    let others = || {
        let cases = fs::read_dir(&folder)
            .ok()?
            .filter_map(|case| Some(case.ok()?.path()));
        let steps = cases
            .filter(|case| !case.to_string_lossy().contains("hostile"))
            .filter_map(|case| step(&case));
        steps.max_by_key(|step| (step.len(), step.clone()))
    };
    named.find_map(|case| step(&folder.join(case))).or_else(others)
}

#[test]
fn a_schema_takes_every_step_that_is_right() {
    for (kind, folder, _) in super::golden::cases() {
        let text = fs::read_to_string(folder.join("step.toml")).unwrap();
        let mistakes = resource::lint(kind, &super::written("step.toml", &text), &|_| {
            resource::Known::All
        });
        assert!(mistakes.0.is_empty(), "{}: {mistakes}", folder.display());
    }
}
