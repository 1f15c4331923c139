//! Reads a table key by key and keeps every mistake, where a derived `Deserialize` stops at the first.
//!
//! The keys that were asked for are the keys that are known: whatever is left over is refused.

use serde::de::DeserializeOwned;

use super::de::from_value;
use super::value::{Data, Key, Table, Value};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// A table being read.
pub struct Fields<'a> {
    table: &'a Table,
    asked: Vec<&'static str>,
    mistakes: Diagnostics,
}

impl<'a> Fields<'a> {
    /// Starts reading `table`.
    pub fn of(table: &'a Table) -> Self {
        Self {
            table,
            asked: Vec::new(),
            mistakes: Diagnostics::default(),
        }
    }

    /// The key as it was written, for values with a reading of their own.
    pub fn key(&mut self, name: &'static str) -> Option<&'a Key> {
        self.asked.push(name);
        self.table.key(name)
    }

    /// The value of `name` as a `T`; nothing when it is missing or wrong.
    pub fn read<T: DeserializeOwned>(&mut self, name: &'static str) -> Option<T> {
        let value = &self.key(name)?.value;
        let read = from_value(value);
        self.keep(read)
    }

    /// The table `name` holds.
    pub fn table(&mut self, name: &'static str) -> Option<&'a Table> {
        let read = self.key(name)?.value.as_table();
        self.keep(read)
    }

    /// The values `name` lists.
    pub fn array(&mut self, name: &'static str) -> &'a [Value] {
        let Some(key) = self.key(name) else {
            return &[];
        };
        let read = key.value.as_array().map_err(|mistake| match key.value.as_str() {
            Ok(text) => mistake.help(format!("write it as `[{text:?}]`")),
            Err(_) => mistake,
        });
        self.keep(read).unwrap_or_default()
    }

    /// The one of `choices` that `name` says.
    pub fn choice<T: Copy>(&mut self, name: &'static str, choices: &[(&'static str, T)]) -> Option<T> {
        let value = &self.key(name)?.value;
        let words = || choices.iter().map(|(word, _)| *word);
        let (given, mistake) = match value.as_str() {
            Ok(text) => match choices.iter().find(|(word, _)| *word == text) {
                Some((_, choice)) => return Some(*choice),
                None => (
                    text,
                    Diagnostic::new(format!("unknown value {text:?} for `{name}`")).at(&value.origin),
                ),
            },
            Err(mistake) => ("", mistake),
        };
        self.mistakes.push(mistake.suggest(given, words()));
        None
    }

    /// The values of `name`: one alone, or an array of them.
    pub fn one_or_many(&mut self, name: &'static str) -> Option<&'a [Value]> {
        let value = &self.key(name)?.value;
        Some(match &value.data {
            Data::Array(items) => items,
            _ => std::slice::from_ref(value),
        })
    }

    /// Keeps a mistake and goes on.
    pub fn mistake(&mut self, mistake: Diagnostic) {
        self.mistakes.push(mistake);
    }

    /// Takes the value of `result`, or keeps its mistake and goes on.
    pub fn keep<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        result.map_err(|mistake| self.mistakes.push(mistake)).ok()
    }

    /// Refuses every key nobody asked for, and gives all mistakes found.
    pub fn finish(mut self) -> Diagnostics {
        for (name, key) in self.table.iter().filter(|(name, _)| !self.asked.contains(name)) {
            let mistake = Diagnostic::new(format!("unknown key `{name}`")).at(&key.origin);
            self.mistakes
                .push(mistake.suggest(name, self.asked.iter().copied()));
        }
        self.mistakes
    }
}
