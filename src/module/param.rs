//! Parameters of a module in TOML: what it takes, and what stands there when nobody says.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::config::{Data, Fields, Value, from_value};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::script::Secret;

/// The kinds of value a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// A number with a fraction.
    Float,
    /// `true` or `false`.
    Boolean,
    /// A list of values.
    Array,
    /// Keys and values.
    Table,
}

/// A parameter as it is written.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape that editors are told; it is read key by key")]
pub(super) struct ParamKeys {
    /// What it takes.
    #[schemars(rename = "type")]
    kind: Kind,
    /// What it means, in one line.
    description: Option<String>,
    /// Its value when nothing is set. Without one it must be set, unless it is not `required`.
    default: Option<Json>,
    /// Whether it must be set. With `false` and no default it is `none` when nothing is set.
    required: Option<bool>,
    /// The only values it takes.
    allowed: Option<Vec<Json>>,
    /// Whether its value is never shown: all that is made of it is kept out of output, logs, diffs and reports.
    #[schemars(default)]
    secret: bool,
}

/// A parameter.
#[derive(Clone, Debug)]
pub(super) struct Param {
    pub(super) kind: Kind,
    pub(super) description: String,
    pub(super) default: Option<Value>,
    pub(super) required: bool,
    pub(super) allowed: Vec<Value>,
    pub(super) secret: bool,
}

impl Kind {
    pub(super) const ALL: &[(&'static str, Self)] = &[
        ("string", Self::String),
        ("integer", Self::Integer),
        ("float", Self::Float),
        ("boolean", Self::Boolean),
        ("array", Self::Array),
        ("table", Self::Table),
    ];

    pub(super) fn word(self) -> &'static str {
        let of = |(_, kind): &&(&str, Self)| *kind == self;
        Self::ALL.iter().find(of).map_or("", |(word, _)| word)
    }

    fn takes(self, data: &Data) -> bool {
        match data {
            Data::Secret(_) => self == Self::String,
            // A whole number is a number, too.
            Data::Integer(_) if self == Self::Float => true,
            data => data.kind() == self.word(),
        }
    }
}

impl Param {
    /// What is wrong with `value` for this parameter.
    pub(super) fn check(&self, name: &str, value: &Value) -> Result<(), Diagnostic> {
        if !self.kind.takes(&value.data) {
            let found = value.data.kind();
            let mistake = Diagnostic::new(format!(
                "parameter `{name}` takes a value of type {}, not {found}",
                self.kind.word()
            ));
            return Err(mistake.at(&value.origin));
        }
        if !self.allowed.is_empty()
            && !self
                .allowed
                .iter()
                .any(|allowed| same(&allowed.data, &value.data))
        {
            let allowed: Vec<String> = self.allowed.iter().map(shown).collect();
            let mistake = Diagnostic::new(format!("{} is not allowed for parameter `{name}`", shown(value)));
            return Err(mistake
                .at(&value.origin)
                .help(format!("allowed: {}", allowed.join(", "))));
        }
        Ok(())
    }

    /// What stands in descriptions for what it takes.
    pub(super) fn takes(&self) -> String {
        let secret = if self.secret { ", secret" } else { "" };
        match self.allowed.as_slice() {
            [] => format!("{}{secret}", self.kind.word()),
            allowed => {
                let allowed: Vec<String> = allowed.iter().map(shown).collect();
                format!("{}: {}", self.kind.word(), allowed.join(" or "))
            }
        }
    }
}

/// Whether two values are the same, wherever they were written.
fn same(one: &Data, other: &Data) -> bool {
    match (one, other) {
        (Data::Array(one), Data::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| same(&one.data, &other.data))
        }
        (Data::Table(one), Data::Table(other)) => {
            let held = |(name, key): (&str, &crate::config::Key)| {
                other
                    .get(name)
                    .is_some_and(|value| same(&key.value.data, &value.data))
            };
            one.len() == other.len() && one.iter().all(held)
        }
        _ => one == other,
    }
}

/// A value as TOML would write it; a secret as stars.
pub(super) fn shown(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// `value` with every text in it made a secret.
pub(super) fn hidden(value: &Value) -> Value {
    let data = match &value.data {
        Data::String(text) => Data::Secret(Secret::new(text.clone())),
        Data::Array(items) => Data::Array(items.iter().map(hidden).collect()),
        Data::Table(table) => {
            let mut table = table.clone();
            for value in table.values_mut() {
                *value = hidden(value);
            }
            Data::Table(table)
        }
        other => other.clone(),
    };
    Value {
        data,
        origin: value.origin.clone(),
    }
}

/// Reads `[params]`.
pub(super) fn read(value: &Value, mistakes: &mut Diagnostics) -> IndexMap<String, Param> {
    let mut params = IndexMap::new();
    let Data::Table(table) = &value.data else {
        mistakes.push(Diagnostic::new("`params` is a table of parameters").at(&value.origin));
        return params;
    };
    for (name, key) in table.iter() {
        let taken = [
            "host", "facts", "true", "false", "none", "not", "and", "or", "in", "is",
        ];
        let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if taken.contains(&name)
            || !name.chars().all(letters)
            || name.starts_with(|c: char| c.is_ascii_digit())
        {
            let mistake = Diagnostic::new(format!("`{name}` cannot be a parameter's name")).at(&key.origin);
            mistakes.push(mistake.help("letters, digits and `_`; `host` and `facts` are taken"));
        }
        // One that is wrong is there all the same, or whatever names it would be wrong, too.
        let param = mistakes.take(param(name, &key.value)).unwrap_or(Param {
            kind: Kind::Table,
            description: String::new(),
            default: None,
            required: true,
            allowed: Vec::new(),
            secret: false,
        });
        params.insert(name.to_owned(), param);
    }
    params
}

fn param(name: &str, value: &Value) -> Result<Param, Diagnostics> {
    let table = value
        .as_table()
        .map_err(|mistake| mistake.help(format!("write it as `{name} = {{ type = \"string\" }}`")))?;
    let mut fields = Fields::of(table);
    let kind = fields.choice("type", Kind::ALL);
    if table.get("type").is_none() {
        fields.mistake(Diagnostic::new("missing key `type`").at(&value.origin));
    }
    let description = fields.read("description").unwrap_or_default();
    let default = fields.key("default").map(|key| key.value.clone());
    let required = fields.key("required");
    let allowed = fields.array("allowed").to_vec();
    let secret = fields.read("secret").unwrap_or(false);
    if let (Some(required), true) = (required, default.is_some()) {
        let mistake = Diagnostic::new("a parameter with a default needs no `required`").at(&required.origin);
        fields.mistake(mistake.help("take one of them out"));
    }
    let required = required.and_then(|key| fields.keep(from_value::<bool>(&key.value)));
    if let (true, Some(first)) = (secret, allowed.first()) {
        let mistake = Diagnostic::new("a secret cannot be one of a list of known values").at(&first.origin);
        fields.mistake(mistake.help("take out `allowed` or `secret`"));
    }
    let param = Param {
        kind: kind.unwrap_or(Kind::String),
        description,
        default,
        required: required.unwrap_or(true),
        allowed,
        secret,
    };
    if kind.is_some() {
        for allowed in &param.allowed {
            let any = Param {
                allowed: Vec::new(),
                ..param.clone()
            };
            fields.keep(any.check(name, allowed));
        }
        // A secret that comes from elsewhere is not here yet.
        let here = param.default.as_ref().filter(|default| !is_reference(default));
        fields.keep(here.map_or(Ok(()), |default| param.check(name, default)));
    }
    fields.finish().into_result(param)
}

/// Whether a value only says where a secret comes from.
fn is_reference(value: &Value) -> bool {
    matches!(&value.data, Data::Table(table) if table.iter().any(|(name, _)| name.starts_with("secret_")))
}
