//! Where secrets come from: environment, files, programs, a person at the terminal, files encrypted with age.
//!
//! A table with one key, such as `{ secret_env = "DB_PASSWORD" }`, stands for a secret anywhere in the config of a
//! profile, group or host, in a module's defaults and in `--set`. Each is fetched once a run, by the controller, and
//! only where a module that is used is given it. A program is started with the words of its list: no shell reads them.

mod fetch;
mod prompt;

pub use prompt::prompt;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{Data, Table, Value, from_value};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::script::Secret;

/// The keys, in the order they are told.
const KEYS: &[&str] = &[
    "secret_env",
    "secret_file",
    "secret_command",
    "secret_prompt",
    "secret_age",
];

/// Whether secrets are fetched, or only said to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// They are fetched.
    Fetch,
    /// Each is stars: enough to check everything else.
    Pretend,
}

/// Where one secret comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Provider {
    /// A variable of the controller's environment.
    Environment(String),
    /// A file's content.
    File(PathBuf),
    /// What a program, started in a folder, writes to stdout.
    Command(PathBuf, Vec<String>),
    /// What a person at the terminal answers to a question.
    Prompt(String),
    /// A file's content, decrypted by `age` or `rage`.
    Age(PathBuf),
}

/// Where one secret comes from, as it is written outside a module's config.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference(Provider);

impl Reference {
    /// Reads a table such as `{ secret_env = "NAME" }`; anything else is a mistake, above all the secret itself.
    pub fn read(value: &Value) -> Result<Self, Diagnostic> {
        provider(value).map_or_else(
            || {
                let mistake = Diagnostic::new("a secret does not stand here itself").at(&value.origin);
                Err(mistake.help(
                    "say where it comes from: `{ secret_env = \"NAME\" }`, or secret_file, secret_command, …",
                ))
            },
            |provider| provider.map(Self),
        )
    }
}

/// The secrets of one run.
#[derive(Debug)]
pub struct Secrets {
    mode: Mode,
    known: HashMap<Provider, Result<Secret, String>>,
}

impl Secrets {
    /// None fetched yet.
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            known: HashMap::new(),
        }
    }

    /// Everything that was fetched, so that whoever tells can leave it out.
    pub fn fetched(&self) -> Vec<Secret> {
        let fetched = self.known.values().filter_map(|known| known.as_ref().ok());
        fetched.filter(|_| self.mode == Mode::Fetch).cloned().collect()
    }

    /// Puts secrets in the place of every table in `value` that says where one comes from.
    pub fn resolve(&mut self, value: &mut Value, mistakes: &mut Diagnostics) {
        match provider(value) {
            Some(Ok(provider)) => match self.fetch(&provider) {
                Ok(secret) => value.data = Data::Secret(secret),
                Err(what) => mistakes.push(Diagnostic::new(what).at(&value.origin)),
            },
            Some(Err(mistake)) => mistakes.push(mistake),
            None => match &mut value.data {
                Data::Array(items) => items.iter_mut().for_each(|item| self.resolve(item, mistakes)),
                Data::Table(table) => table.values_mut().for_each(|value| self.resolve(value, mistakes)),
                _ => {}
            },
        }
    }

    /// The same for the config of `modules` in `layer`, which is only copied when there is a secret in it.
    pub fn resolve_layer(&mut self, layer: &mut Arc<Table>, modules: &[&str], mistakes: &mut Diagnostics) {
        let concerned = |name: &&&str| layer.get(name).is_some_and(holds_one);
        let concerned: Vec<&str> = modules.iter().filter(concerned).copied().collect();
        for name in concerned {
            if let Some(value) = Arc::make_mut(layer).get_mut(name) {
                self.resolve(value, mistakes);
            }
        }
    }

    /// The secret that `reference` stands for; what went wrong, otherwise.
    pub fn get(&mut self, reference: &Reference) -> Result<Secret, String> {
        self.fetch(&reference.0)
    }

    fn fetch(&mut self, provider: &Provider) -> Result<Secret, String> {
        if self.mode == Mode::Pretend {
            return Ok(Secret::new("********"));
        }
        let known = self.known.entry(provider.clone());
        known.or_insert_with(|| fetch::fetch(provider)).clone()
    }
}

/// Whether a table in `value` says where a secret comes from, well or badly.
fn holds_one(value: &Value) -> bool {
    provider(value).is_some()
        || match &value.data {
            Data::Array(items) => items.iter().any(holds_one),
            Data::Table(table) => table.iter().any(|(_, key)| holds_one(&key.value)),
            _ => false,
        }
}

/// Where the secret comes from that a table stands for; nothing when it is another table.
fn provider(value: &Value) -> Option<Result<Provider, Diagnostic>> {
    let Data::Table(table) = &value.data else {
        return None;
    };
    let (name, key) = table.iter().find(|(name, _)| KEYS.contains(name)).or_else(|| {
        let alone = table.iter().next().filter(|_| table.len() == 1);
        alone.filter(|(name, _)| name.starts_with("secret_"))
    })?;
    if let Some((_, other)) = table.iter().find(|(other, _)| *other != name) {
        let mistake = Diagnostic::new(format!("`{name}` stands alone in its table")).at(&other.origin);
        return Some(Err(
            mistake.help(format!("write `{{ {name} = … }}` as the value of one key"))
        ));
    }
    Some(read(name, &key.value).map_err(|mistake| {
        if KEYS.contains(&name) {
            mistake
        } else {
            mistake.at(&key.origin)
        }
    }))
}

fn read(name: &str, value: &Value) -> Result<Provider, Diagnostic> {
    let text = || {
        let text = value.as_str()?;
        if text.is_empty() {
            return Err(Diagnostic::new(format!("`{name}` may not be empty")).at(&value.origin));
        }
        Ok(text.to_owned())
    };
    // Paths are relative to the file they stand in.
    let folder = value.origin.source.name.parent().unwrap_or(Path::new(""));
    let path = || text().map(|text| fetch::in_home(&text).unwrap_or_else(|| folder.join(text)));
    Ok(match name {
        "secret_env" => Provider::Environment(text()?),
        "secret_file" => Provider::File(path()?),
        "secret_age" => Provider::Age(path()?),
        "secret_prompt" => Provider::Prompt(text()?),
        "secret_command" => {
            let help = "write the program and its arguments: `[\"sops\", \"-d\", …]`; no shell reads them";
            let words: Vec<String> = from_value(value).map_err(|mistake| mistake.help(help))?;
            if words.first().is_none_or(String::is_empty) {
                return Err(Diagnostic::new("there is no program to start")
                    .at(&value.origin)
                    .help(help));
            }
            Provider::Command(folder.to_owned(), words)
        }
        unknown => {
            let mistake = Diagnostic::new(format!("a secret does not come from `{unknown}`"));
            return Err(mistake.suggest(unknown, KEYS.iter().copied()));
        }
    })
}
