//! Modules that users write: `profiles/modules/NAME.toml`.
//!
//! A description, parameters with types and defaults, and steps. Every text of a step is a template over the
//! parameters and `host` (`name`, `address`, `user`, `groups`).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::step::Step;
use super::template::Templates;
use super::{Module, Setting};
use crate::config::{Config, Data, HostView, Value, from_value};
use crate::diagnostic::{Diagnostic, Diagnostics, Origin, Source};
use crate::document;
use crate::name::Name;
use crate::resource::{self, Resource};

/// A module read from a file.
#[derive(Debug)]
pub struct TomlModule {
    name: Name,
    description: String,
    params: IndexMap<String, Param>,
    steps: Vec<Step>,
    templates: Templates,
}

/// The kinds of value a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    String,
    Integer,
    Float,
    Boolean,
    Array,
    Table,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParamText {
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default)]
    description: String,
    #[serde(default, rename = "default")]
    _default: Option<serde::de::IgnoredAny>,
    #[serde(default, rename = "allowed")]
    _allowed: Option<Vec<serde::de::IgnoredAny>>,
}

#[derive(Clone, Debug)]
struct Param {
    kind: Kind,
    description: String,
    default: Option<Value>,
    allowed: Vec<Value>,
}

#[derive(Serialize)]
struct Names<'a> {
    host: &'a HostView,
    #[serde(flatten)]
    params: IndexMap<&'a str, &'a Value>,
}

/// Reads every module in `folder`; none when there is no such folder. All mistakes of all files at once.
pub fn load(folder: &Path) -> Result<Vec<TomlModule>, Diagnostics> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(Diagnostic::new(format!("cannot read {}: {error}", folder.display())).into());
        }
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    paths.sort();
    let mut mistakes = Diagnostics::default();
    let mut modules = Vec::new();
    for path in paths {
        modules.extend(mistakes.take(TomlModule::read(&path)));
    }
    mistakes.into_result(modules)
}

impl TomlModule {
    /// Reads the module in the file at `path`, and the files its steps name.
    pub fn read(path: &Path) -> Result<Self, Diagnostics> {
        let stem = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default();
        let name = Name::parse(stem).map_err(|error| {
            Diagnostic::new(format!(
                "{}: a module is named after its file: {error}",
                path.display()
            ))
        })?;
        Self::parse(
            name,
            &document::read_source(path)?,
            path.parent().unwrap_or(Path::new(".")),
        )
    }

    /// Reads the module `name` in `source`, and the files its steps name, which are relative to `folder`.
    pub fn parse(name: Name, source: &Arc<Source>, folder: &Path) -> Result<Self, Diagnostics> {
        let mut table = document::parse(source)?;
        let top = Origin::new(source, 0..0);
        let mut mistakes = Diagnostics::default();
        let description = match table.remove("description") {
            Some(key) => mistakes
                .take(from_value(&key.value).map_err(Diagnostics::from))
                .unwrap_or_default(),
            None => {
                mistakes.push(
                    Diagnostic::new("missing key `description`")
                        .at(&top)
                        .help("say in one line what the module provides"),
                );
                String::new()
            }
        };
        let params = table
            .remove("params")
            .map(|key| params(&key.value, &mut mistakes))
            .unwrap_or_default();
        let mut templates = Templates::new();
        let steps = match table.remove("step") {
            Some(key) => steps(&key.value, folder, &mut templates, &mut mistakes),
            None => {
                mistakes.push(
                    Diagnostic::new("the module has no steps")
                        .at(&top)
                        .help("add a `[[step]]`"),
                );
                Vec::new()
            }
        };
        for (unknown, key) in table.iter() {
            let mistake = Diagnostic::new(format!("unknown key `{unknown}`")).at(&key.origin);
            mistakes.push(mistake.suggest(unknown, ["description", "params", "step"]));
        }
        mistakes.into_result(Self {
            name,
            description,
            params,
            steps,
            templates,
        })
    }

    /// The parameters' values under `config`, defaults filled in.
    fn values<'a>(&'a self, config: &'a Config) -> Result<IndexMap<&'a str, &'a Value>, Diagnostics> {
        let mut mistakes = Diagnostics::default();
        for (name, key) in config
            .values
            .iter()
            .filter(|(name, _)| !self.params.contains_key(*name))
        {
            let mistake =
                Diagnostic::new(format!("module `{}` has no parameter `{name}`", self.name)).at(&key.origin);
            mistakes.push(mistake.suggest(name, self.params.keys().map(String::as_str)));
        }
        let mut values = IndexMap::new();
        for (name, param) in &self.params {
            match config.values.get(name).or(param.default.as_ref()) {
                Some(value) => {
                    mistakes.take(param.check(name, value));
                    values.insert(name.as_str(), value);
                }
                None => mistakes.push(
                    Diagnostic::new(format!("module `{}` needs a value for `{name}`", self.name)).help(
                        format!(
                            "set it under `[config.{}]` in the profile, or for a group or host",
                            self.name
                        ),
                    ),
                ),
            }
        }
        mistakes.into_result(values)
    }
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Float => "float",
            Self::Boolean => "boolean",
            Self::Array => "array",
            Self::Table => "table",
        }
    }
}

impl Param {
    fn check(&self, name: &str, value: &Value) -> Result<(), Diagnostics> {
        if value.data.kind() != self.kind.word() {
            let found = value.data.kind();
            let mistake = Diagnostic::new(format!(
                "parameter `{name}` takes a value of type {}, not {found}",
                self.kind.word()
            ));
            return Err(mistake.at(&value.origin).into());
        }
        if !self.allowed.is_empty() && !self.allowed.iter().any(|allowed| allowed.data == value.data) {
            let allowed: Vec<String> = self.allowed.iter().map(shown).collect();
            let mistake = Diagnostic::new(format!("{} is not allowed for parameter `{name}`", shown(value)));
            return Err(mistake
                .at(&value.origin)
                .help(format!("allowed: {}", allowed.join(", ")))
                .into());
        }
        Ok(())
    }
}

fn shown(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn params(value: &Value, mistakes: &mut Diagnostics) -> IndexMap<String, Param> {
    let mut params = IndexMap::new();
    let Data::Table(table) = &value.data else {
        mistakes.push(Diagnostic::new("`params` is a table of parameters").at(&value.origin));
        return params;
    };
    for (name, key) in table.iter() {
        let Some(text) = mistakes.take(from_value::<ParamText>(&key.value).map_err(Diagnostics::from)) else {
            continue;
        };
        if name == "host" || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            let mistake = Diagnostic::new(format!("`{name}` cannot be a parameter's name")).at(&key.origin);
            mistakes.push(mistake.help("letters, digits and `_`; `host` is taken"));
        }
        let field = |field: &str| match &key.value.data {
            Data::Table(table) => table.get(field).cloned(),
            _ => None,
        };
        let allowed = match field("allowed").map(|value| value.data) {
            Some(Data::Array(items)) => items,
            _ => Vec::new(),
        };
        let param = Param {
            kind: text.kind,
            description: text.description,
            default: field("default"),
            allowed,
        };
        if let Some(default) = &param.default {
            mistakes.take(param.check(name, default));
        }
        params.insert(name.to_owned(), param);
    }
    params
}

fn steps(value: &Value, folder: &Path, templates: &mut Templates, mistakes: &mut Diagnostics) -> Vec<Step> {
    let Data::Array(items) = &value.data else {
        mistakes.push(Diagnostic::new("`step` is a list: write `[[step]]`").at(&value.origin));
        return Vec::new();
    };
    let mut steps = Vec::new();
    for item in items {
        steps.extend(mistakes.take(Step::read(item, folder)));
    }
    for step in &steps {
        templates.learn(&step.value, mistakes);
    }
    steps
}

impl Module for TomlModule {
    fn name(&self) -> &Name {
        &self.name
    }

    fn description(&self) -> &str {
        &self.description
    }

    fn settings(&self) -> Vec<Setting> {
        let setting = |(name, param): (&String, &Param)| Setting {
            name: name.clone(),
            kind: match param.allowed.as_slice() {
                [] => param.kind.word().to_owned(),
                allowed => {
                    let allowed: Vec<String> = allowed.iter().map(shown).collect();
                    format!("{}: {}", param.kind.word(), allowed.join(" or "))
                }
            },
            default: param.default.as_ref().map(shown),
            meaning: param.description.clone(),
        };
        self.params.iter().map(setting).collect()
    }

    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let params = self.values(config)?;
        let names = Names {
            host: &config.host,
            params,
        };
        let mut mistakes = Diagnostics::default();
        let mut resources = Vec::new();
        for step in &self.steps {
            let Some(value) = mistakes.take(self.templates.render(&step.value, &names)) else {
                continue;
            };
            let Some(mut resource) =
                mistakes.take(resource::read(step.key, &value).map_err(Diagnostics::from))
            else {
                continue;
            };
            if let Some(bytes) = &step.source {
                resource = resource.with_content(bytes.clone());
            }
            resource.notify.clone_from(&step.notify);
            resources.push(resource);
        }
        mistakes.into_result(resources)
    }
}
