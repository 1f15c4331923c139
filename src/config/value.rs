//! The tree of values, each with its origin.

use indexmap::IndexMap;
use serde::{Serialize, Serializer};

use crate::diagnostic::{Diagnostic, Origin};
use crate::script::Secret;

/// A value and the place it was written at.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// The value itself.
    pub data: Data,
    /// Where it was written.
    pub origin: Origin,
}

impl Value {
    /// The table this is, or a diagnostic that it is none.
    pub fn as_table(&self) -> Result<&Table, Diagnostic> {
        match &self.data {
            Data::Table(table) => Ok(table),
            other => Err(
                Diagnostic::new(format!("expected a table, found {}", other.kind_with_article()))
                    .at(&self.origin),
            ),
        }
    }

    /// The text this is, or a diagnostic that it is none.
    pub fn as_str(&self) -> Result<&str, Diagnostic> {
        match &self.data {
            Data::String(text) => Ok(text),
            Data::Secret(_) => Err(Diagnostic::new(NO_PLACE).at(&self.origin)),
            other => Err(
                Diagnostic::new(format!("expected a string, found {}", other.kind_with_article()))
                    .at(&self.origin),
            ),
        }
    }

    /// The list this is, or a diagnostic that it is none.
    pub fn as_array(&self) -> Result<&[Value], Diagnostic> {
        match &self.data {
            Data::Array(items) => Ok(items),
            other => Err(
                Diagnostic::new(format!("expected an array, found {}", other.kind_with_article()))
                    .at(&self.origin),
            ),
        }
    }
}

/// What is said where a secret would be shown.
pub(super) const NO_PLACE: &str = "a secret may not stand here, where it would be shown";

impl Table {
    /// The place of the longest text in here that `message` quotes, as `"text"`: the value it is about.
    pub fn quoted_in(&self, message: &str) -> Option<&Origin> {
        fn texts<'a>(value: &'a Value, found: &mut Vec<(&'a str, &'a Origin)>) {
            match &value.data {
                Data::String(text) => found.push((text, &value.origin)),
                Data::Array(items) => items.iter().for_each(|item| texts(item, found)),
                Data::Table(table) => table.iter().for_each(|(_, key)| texts(&key.value, found)),
                _ => {}
            }
        }
        let mut found = Vec::new();
        self.iter().for_each(|(_, key)| texts(&key.value, &mut found));
        found.retain(|(text, _)| message.contains(&format!("{text:?}")));
        found
            .into_iter()
            .max_by_key(|(text, _)| text.len())
            .map(|(_, origin)| origin)
    }
}

/// The kinds of value TOML has, and what becomes of them on the way to a step; dates are read as strings.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// A text.
    String(String),
    /// A list.
    Array(Vec<Value>),
    /// Keys and their values, in the order they were written.
    Table(Table),
    /// A text that must not be shown. It fits only where a [`Secret`] or a [`Text`](crate::script::Text) is asked for.
    Secret(Secret),
    /// A number or boolean that an expression came to: that, or its text where a text is wanted.
    Rendered(Box<Data>, String),
}

impl Data {
    /// The kind's name in TOML's own words, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "boolean",
            Self::Integer(_) => "integer",
            Self::Float(_) => "float",
            Self::String(_) => "string",
            Self::Array(_) => "array",
            Self::Table(_) => "table",
            Self::Secret(_) => "secret",
            Self::Rendered(data, _) => data.kind(),
        }
    }

    /// The kind's name with its article: "a string", "an integer".
    pub fn kind_with_article(&self) -> String {
        let article = match self {
            Self::Integer(_) | Self::Array(_) => "an",
            _ => "a",
        };
        format!("{article} {}", self.kind())
    }
}

/// A key as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Where the key was written.
    pub origin: Origin,
    /// What it holds.
    pub value: Value,
}

/// Keys and values, in the order they were written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Where the table was written, when it was written anywhere.
    pub origin: Option<Origin>,
    entries: IndexMap<String, Key>,
}

impl Table {
    /// An empty table written at `origin`.
    pub fn at(origin: Origin) -> Self {
        Self {
            origin: Some(origin),
            entries: IndexMap::new(),
        }
    }

    /// Sets `name`, replacing what it held.
    pub fn insert(&mut self, name: impl Into<String>, origin: Origin, value: Value) {
        self.entries.insert(name.into(), Key { origin, value });
    }

    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.entries.get(name).map(|key| &key.value)
    }

    /// The key `name` with its own origin.
    pub fn key(&self, name: &str) -> Option<&Key> {
        self.entries.get(name)
    }

    /// Takes `name` out, keeping the order of the others.
    pub fn remove(&mut self, name: &str) -> Option<Key> {
        self.entries.shift_remove(name)
    }

    /// The value of `name`, to be changed in place.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.entries.get_mut(name).map(|key| &mut key.value)
    }

    /// All values, to be changed in place.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.entries.values_mut().map(|key| &mut key.value)
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// All keys with their values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Key)> {
        self.entries.iter().map(|(name, key)| (name.as_str(), key))
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Lays `upper` over this table: every value replaces the one below it whole.
    pub fn replace(&mut self, upper: &Table) {
        for (name, key) in &upper.entries {
            self.entries.insert(name.clone(), key.clone());
        }
    }

    /// Lays `upper` over this table: tables merge, other values replace.
    pub fn overlay(&mut self, upper: &Table) {
        for (name, key) in &upper.entries {
            match (
                self.entries.get_mut(name).map(|below| &mut below.value.data),
                &key.value.data,
            ) {
                (Some(Data::Table(below)), Data::Table(above)) => below.overlay(above),
                _ => {
                    self.entries.insert(name.clone(), key.clone());
                }
            }
        }
        if self.origin.is_none() {
            self.origin.clone_from(&upper.origin);
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.data {
            Data::Boolean(it) => serializer.serialize_bool(*it),
            Data::Integer(it) => serializer.serialize_i64(*it),
            Data::Float(it) => serializer.serialize_f64(*it),
            Data::String(it) => serializer.serialize_str(it),
            Data::Array(it) => serializer.collect_seq(it),
            Data::Table(it) => it.serialize(serializer),
            Data::Secret(it) => serializer.collect_str(it),
            Data::Rendered(data, _) => Self {
                data: data.as_ref().clone(),
                origin: self.origin.clone(),
            }
            .serialize(serializer),
        }
    }
}

impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(name, key)| (name, &key.value)))
    }
}
