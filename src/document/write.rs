//! Tables as TOML text, in the order they are in: every table of a table has its header, everything deeper is inline.

use std::fmt::Write as _;

use crate::config::{Data, Table, Value};

/// The text of `root`, whose tables hold tables by name, as an inventory's do.
pub fn write(root: &Table) -> String {
    let mut text = String::new();
    for (name, key) in root.iter() {
        if let Data::Table(table) = &key.value.data {
            section(&word(name), table, 0, &mut text);
        }
    }
    text.trim_start().to_owned()
}

/// `[path]` with its values, then the tables in it, of which only one level more has headers.
fn section(path: &str, table: &Table, depth: usize, text: &mut String) {
    let has_header = |value: &Value| depth < 2 && matches!(value.data, Data::Table(_));
    let (tables, values): (Vec<_>, Vec<_>) = table.iter().partition(|(_, key)| has_header(&key.value));
    if !values.is_empty() || tables.is_empty() {
        let _ = writeln!(text, "\n[{path}]");
    }
    for (name, key) in values {
        let _ = writeln!(text, "{} = {}", word(name), inline(&key.value.data));
    }
    for (name, key) in tables {
        if let Data::Table(table) = &key.value.data {
            section(&format!("{path}.{}", word(name)), table, depth + 1, text);
        }
    }
}

/// A key, quoted where TOML wants it.
fn word(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.chars().all(bare) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// A basic string. Not multi-line: values stay where their key is.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn inline(data: &Data) -> String {
    match data {
        Data::Boolean(truth) => truth.to_string(),
        Data::Integer(number) => number.to_string(),
        Data::Float(number) => toml::Value::Float(*number).to_string(),
        Data::String(text) => quoted(text),
        Data::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| inline(&item.data)).collect();
            format!("[{}]", items.join(", "))
        }
        Data::Table(table) => {
            let entries: Vec<String> = table
                .iter()
                .map(|(name, key)| format!("{} = {}", word(name), inline(&key.value.data)))
                .collect();
            if entries.is_empty() {
                "{}".to_owned()
            } else {
                format!("{{ {} }}", entries.join(", "))
            }
        }
        // No file gets to hold one; what was read from files are plain texts.
        Data::Secret(stars) => quoted(&stars.to_string()),
        Data::Rendered(data, _) => inline(data),
    }
}
