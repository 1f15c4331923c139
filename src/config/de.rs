//! Reads values into structs; every error stands at the value that caused it.
//!
//! The `toml` crate's own spans get lost in tagged enums and merged layers, so the tree keeps its origins itself
//! and this deserialiser attaches the innermost one.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};

use super::value::{Data, Key, NO_PLACE, Table, Value};
use crate::diagnostic::{Diagnostic, Origin};
use crate::script::Secret;

/// Reads `value` into a `T`.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, Diagnostic> {
    T::deserialize(ValueDe(value)).map_err(|error| *error.0)
}

/// Reads `table` into a `T`.
pub(super) fn from_table<T: DeserializeOwned>(table: &Table) -> Result<T, Diagnostic> {
    T::deserialize(TableDe(table)).map_err(|error| *error.0)
}

/// A diagnostic on its way up.
#[derive(Debug)]
struct Error(Box<Diagnostic>);

impl Error {
    fn at(mut self, origin: &Origin) -> Self {
        self.0.origin.get_or_insert_with(|| origin.clone());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {}

/// serde says "string \"x\""; a person reads TOML's word for the kind.
fn found(unexpected: &Unexpected<'_>) -> String {
    match unexpected {
        Unexpected::Bool(it) => format!("boolean `{it}`"),
        Unexpected::Signed(it) => format!("integer `{it}`"),
        Unexpected::Unsigned(it) => format!("integer `{it}`"),
        Unexpected::Float(it) => format!("float `{it}`"),
        Unexpected::Str(it) => format!("string {it:?}"),
        Unexpected::Seq => "an array".to_owned(),
        Unexpected::Map => "a table".to_owned(),
        other => other.to_string(),
    }
}

/// serde says "u16"; a person reads what numbers fit.
fn wanted(expected: &dyn Expected) -> String {
    let expected = expected.to_string();
    match expected.as_str() {
        "u8" => format!("an integer from 0 to {}", u8::MAX),
        "u16" => format!("an integer from 0 to {}", u16::MAX),
        "u32" => format!("an integer from 0 to {}", u32::MAX),
        "u64" | "usize" | "u128" => "an integer of 0 or more".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" | "i128" => "an integer".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a sequence" => "an array".to_owned(),
        "a map" => "a table".to_owned(),
        _ if expected.starts_with("struct ") => "a table".to_owned(),
        _ => expected,
    }
}

impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(Box::new(Diagnostic::new(message.to_string())))
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(Box::new(Diagnostic::new(format!(
            "expected {}, found {}",
            wanted(expected),
            found(&unexpected)
        ))))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(unexpected, expected)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let diagnostic = Diagnostic::new(format!("unknown key `{field}`"));
        Self(Box::new(diagnostic.suggest(field, expected.iter().copied())))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let diagnostic = Diagnostic::new(format!("unknown value {variant:?}"));
        Self(Box::new(diagnostic.suggest(variant, expected.iter().copied())))
    }

    fn missing_field(field: &'static str) -> Self {
        Self(Box::new(Diagnostic::new(format!("missing key `{field}`"))))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self(Box::new(Diagnostic::new(format!("`{field}` is set twice"))))
    }
}

struct ValueDe<'a>(&'a Value);

impl<'de> Deserializer<'de> for ValueDe<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.0.data {
            Data::Rendered(data, _) => visit(data, visitor),
            data => visit(data, visitor),
        }
        .map_err(|error: Error| error.at(&self.0.origin))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.0.data {
            Data::Rendered(_, text) => visitor
                .visit_str(text)
                .map_err(|error: Error| error.at(&self.0.origin)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        let origin = &self.0.origin;
        if name == Secret::TOKEN {
            return match &self.0.data {
                Data::Secret(secret) => {
                    let text: StrDeserializer<'_, Error> = secret.expose().into_deserializer();
                    visitor.visit_newtype_struct(text)
                }
                _ => self.deserialize_str(visitor),
            }
            .map_err(|error| error.at(origin));
        }
        visitor
            .visit_newtype_struct(ValueDe(self.0))
            .map_err(|error| error.at(origin))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let origin = &self.0.origin;
        match &self.0.data {
            Data::String(it) => visitor.visit_enum(it.as_str().into_deserializer()),
            Data::Table(table) => match (table.iter().next(), table.iter().count()) {
                (Some((name, key)), 1) => visitor.visit_enum(Variant { name, key }),
                _ => Err(serde::de::Error::custom("expected a table with one key")),
            },
            _ => self.deserialize_any(visitor),
        }
        .map_err(|error| error.at(origin))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

fn visit<'de, V: Visitor<'de>>(data: &Data, visitor: V) -> Result<V::Value, Error> {
    match data {
        Data::Boolean(it) => visitor.visit_bool(*it),
        Data::Integer(it) => visitor.visit_i64(*it),
        Data::Float(it) => visitor.visit_f64(*it),
        Data::String(it) => visitor.visit_str(it),
        Data::Array(it) => visitor.visit_seq(Items(it.iter())),
        Data::Table(it) => visitor.visit_map(Entries::new(it)),
        Data::Secret(_) => Err(serde::de::Error::custom(NO_PLACE)),
        Data::Rendered(data, _) => visit(data, visitor),
    }
}

struct TableDe<'a>(&'a Table);

impl<'de> Deserializer<'de> for TableDe<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor
            .visit_map(Entries::new(self.0))
            .map_err(|error| match &self.0.origin {
                Some(origin) => error.at(origin),
                None => error,
            })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Items<'a>(std::slice::Iter<'a, Value>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.0
            .next()
            .map(|value| seed.deserialize(ValueDe(value)))
            .transpose()
    }
}

struct Entries<'a> {
    rest: Box<dyn Iterator<Item = (&'a str, &'a Key)> + 'a>,
    value: Option<&'a Value>,
}

impl<'a> Entries<'a> {
    fn new(table: &'a Table) -> Self {
        Self {
            rest: Box::new(table.iter()),
            value: None,
        }
    }
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((name, key)) = self.rest.next() else {
            return Ok(None);
        };
        self.value = Some(&key.value);
        let name: StrDeserializer<'_, Error> = name.into_deserializer();
        seed.deserialize(name)
            .map(Some)
            .map_err(|error| error.at(&key.origin))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        match self.value.take() {
            Some(value) => seed
                .deserialize(ValueDe(value))
                .map_err(|error| error.at(&value.origin)),
            None => Err(serde::de::Error::custom("a value was asked for before its key")),
        }
    }
}

struct Variant<'a> {
    name: &'a str,
    key: &'a Key,
}

impl<'a, 'de> EnumAccess<'de> for Variant<'a> {
    type Error = Error;
    type Variant = Content<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Content<'a>), Error> {
        let name: StrDeserializer<'_, Error> = self.name.into_deserializer();
        let variant = seed
            .deserialize(name)
            .map_err(|error| error.at(&self.key.origin))?;
        Ok((variant, Content(&self.key.value)))
    }
}

struct Content<'a>(&'a Value);

impl<'de> VariantAccess<'de> for Content<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(ValueDe(self.0))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        ValueDe(self.0).deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        ValueDe(self.0).deserialize_any(visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Site {
        #[expect(dead_code, reason = "only read by serde")]
        port: u16,
    }

    fn table(text: &str, entries: Vec<(&str, std::ops::Range<usize>, Data)>) -> Table {
        let source = Source::new("t.toml", text);
        let mut table = Table::at(Origin::new(&source, 0..text.len()));
        for (name, span, data) in entries {
            let origin = Origin::new(&source, span);
            table.insert(name, origin.clone(), Value { data, origin });
        }
        table
    }

    #[test]
    fn an_unknown_key_stands_at_the_key() {
        let table = table(
            "port = 1\nprot = 2",
            vec![
                ("port", 0..4, Data::Integer(1)),
                ("prot", 9..13, Data::Integer(2)),
            ],
        );
        let error = from_table::<Site>(&table).unwrap_err();
        assert_eq!(error.message, "unknown key `prot`");
        assert_eq!(error.help.as_deref(), Some("did you mean `port`?"));
        assert_eq!(error.origin.unwrap().line_column(), (2, 1));
    }

    #[test]
    fn a_wrong_type_stands_at_the_value() {
        let table = table("port = 'x'", vec![("port", 7..10, Data::String("x".into()))]);
        let error = from_table::<Site>(&table).unwrap_err();
        assert_eq!(
            error.message,
            "expected an integer from 0 to 65535, found string \"x\""
        );
        assert_eq!(error.origin.unwrap().line_column(), (1, 8));
    }

    #[test]
    fn a_number_out_of_range_is_refused() {
        let table = table("port = 99999", vec![("port", 7..12, Data::Integer(99999))]);
        assert!(from_table::<Site>(&table).unwrap_err().message.contains("99999"));
    }

    #[test]
    fn a_missing_key_is_named() {
        let error = from_table::<Site>(&table("", vec![])).unwrap_err();
        assert_eq!(error.message, "missing key `port`");
    }
}
