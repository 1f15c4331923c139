//! Modules that users write: `profiles/modules/NAME.toml`.
//!
//! A description, parameters with types and defaults, and steps. Every text of a step is a template over the
//! parameters, `host` and the item of the step's loop. What can be known without values is checked when the file is
//! read, whether anybody uses the module or not.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;

use super::param::{self, Param, shown};
use super::step::{Each, Step};
use super::template::{self, Names, Scope, Templates};
use super::{Module, Setting};
use crate::config::{Config, Data, Table, Value, from_value};
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

/// What a module's steps have become.
#[derive(Default)]
struct Placed {
    resources: Vec<Resource>,
    titles: HashSet<String>,
    outputs: BTreeMap<String, String>,
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
            .map(|key| param::read(&key.value, &mut mistakes))
            .unwrap_or_default();
        let mut templates = Templates::new();
        let mut steps = match table.remove("step") {
            Some(key) => steps(&key.value, folder, &mut mistakes),
            None => {
                mistakes.push(
                    Diagnostic::new("the module has no steps")
                        .at(&top)
                        .help("add a `[[step]]`"),
                );
                Vec::new()
            }
        };
        let scope = Scope::of(params.keys().map(String::as_str));
        let mut titles = HashSet::new();
        for step in &mut steps {
            let title = step.learn(&mut templates, &scope, &mut mistakes);
            step.uses_facts = templates.take_facts();
            if let Some(title) = title.filter(|title| titles.replace(title.clone()).is_some()) {
                mistakes.push(twice(&title, step));
            }
            mistakes.0.extend(loop_over_a_parameter(step, &params));
        }
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

    /// The parameters' values under `config`, defaults filled in; `None` for one that may be left out, and is.
    fn values(&self, config: &Config) -> Result<IndexMap<&str, Option<Value>>, Diagnostics> {
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
            let value = config.values.get(name).or(param.default.as_ref());
            if value.is_none() && param.required {
                let help = format!(
                    "set it under `[config.{}]` in the profile, or for a group or host",
                    self.name
                );
                let what = format!("module `{}` needs a value for `{name}`", self.name);
                mistakes.push(Diagnostic::new(what).help(help));
            }
            let checked = value.map_or(Ok(()), |value| param.check(name, value));
            mistakes.take(checked.map_err(Diagnostics::from));
            let value = value.map(|value| {
                if param.secret {
                    param::hidden(value)
                } else {
                    value.clone()
                }
            });
            values.insert(name.as_str(), value);
        }
        mistakes.into_result(values)
    }

    /// The resources of one step: none, one, or one for each item.
    fn place(&self, step: &Step, names: &Names<'_>, placed: &mut Placed) -> Result<(), Diagnostics> {
        let Some(each) = &step.each else {
            return self.place_once(step, names, placed);
        };
        let mut mistakes = Diagnostics::default();
        for item in self.items(each, names)? {
            mistakes.take(self.place_once(step, &names.with(&each.name, &item), placed));
        }
        mistakes.into_result(())
    }

    fn place_once(&self, step: &Step, names: &Names<'_>, placed: &mut Placed) -> Result<(), Diagnostics> {
        if !self.applies(step, names)? {
            return Ok(());
        }
        let mut mistakes = Diagnostics::default();
        let mut notify = Vec::new();
        for service in &step.notify {
            let Some(Some(rendered)) = mistakes.take(self.templates.render(service, names)) else {
                continue;
            };
            notify.extend(mistakes.take(from_value::<String>(&rendered).map_err(Diagnostics::from)));
        }
        let Some(Some(value)) = mistakes.take(self.templates.render(&step.value, names)) else {
            return mistakes.into_result(());
        };
        let Some(mut resource) = mistakes.take(resource::read(step.key, &value).map_err(Diagnostics::from))
        else {
            return mistakes.into_result(());
        };
        if let Some(bytes) = &step.source {
            resource = resource.with_content(bytes.clone());
            let valid = resource.validate();
            let mistake =
                valid.map_err(|invalid| Diagnostic::new(invalid.message).at(&step.value.origin).into());
            mistakes.take(mistake);
        }
        resource = resource.with_outputs(self.name.as_str(), &mut placed.outputs);
        resource.notify = notify;
        resource.conduct = step.conduct.clone();
        let title = resource.title();
        if placed.titles.contains(&title) {
            mistakes.push(twice(&title, step));
        }
        placed.titles.insert(title);
        placed.resources.push(resource);
        mistakes.into_result(())
    }

    fn applies(&self, step: &Step, names: &Names<'_>) -> Result<bool, Diagnostic> {
        let Some(when) = &step.when else {
            return Ok(true);
        };
        let came_to = match &when.data {
            Data::String(text) => {
                let text = template::exact(text).unwrap_or(text);
                self.templates.evaluate(text, &when.origin, names)?
            }
            _ => Some(when.clone()),
        };
        match came_to.as_ref().map(|value| &value.data) {
            Some(Data::Boolean(it)) => Ok(*it),
            other => {
                let found = other.map_or("none".to_owned(), Data::kind_with_article);
                let mistake = Diagnostic::new(format!("`when` comes to {found}, not to true or false"));
                Err(mistake
                    .at(&when.origin)
                    .help("compare it, such as `… == 'x'`, `… | length > 0` or `… is not none`"))
            }
        }
    }

    /// What a step is there for: the items of a list, or the keys and values of a table.
    fn items(&self, each: &Each, names: &Names<'_>) -> Result<Vec<Value>, Diagnostics> {
        let over = match &each.over.data {
            Data::String(text) => {
                let text = template::exact(text).unwrap_or(text);
                self.templates.evaluate(text, &each.over.origin, names)?
            }
            _ => self.templates.render(&each.over, names)?,
        };
        match over {
            None => Ok(Vec::new()),
            Some(Value {
                data: Data::Array(items),
                ..
            }) => Ok(items),
            Some(Value {
                data: Data::Table(table),
                ..
            }) => Ok(table.iter().map(pair).collect()),
            Some(other) => Err(no_loop(&each.over.origin, &other.data.kind_with_article()).into()),
        }
    }
}

fn twice(title: &str, step: &Step) -> Diagnostic {
    let what = format!("two steps of the module are both `{title}`");
    Diagnostic::new(what).at(&step.value.origin)
}

/// A key and its value, as an item of a loop.
fn pair((name, key): (&str, &crate::config::Key)) -> Value {
    let mut pair = Table::at(key.origin.clone());
    let name = Value {
        data: Data::String(name.to_owned()),
        origin: key.origin.clone(),
    };
    pair.insert("key", key.origin.clone(), name);
    pair.insert("value", key.origin.clone(), key.value.clone());
    Value {
        data: Data::Table(pair),
        origin: key.origin.clone(),
    }
}

fn no_loop(origin: &Origin, over: &str) -> Diagnostic {
    Diagnostic::new(format!("`for_each` goes over a list or a table, not over {over}")).at(origin)
}

/// A loop over a parameter that is no list and no table, seen without any value.
fn loop_over_a_parameter(step: &Step, params: &IndexMap<String, Param>) -> Option<Diagnostic> {
    let over = &step.each.as_ref()?.over;
    let text = over.as_str().ok()?;
    let param = params.get(template::exact(text).unwrap_or(text))?;
    let what = match param.kind {
        param::Kind::Array | param::Kind::Table => return None,
        param::Kind::Integer => "an integer",
        param::Kind::String => "a string",
        param::Kind::Float => "a float",
        param::Kind::Boolean => "a boolean",
    };
    Some(no_loop(&over.origin, what).help(format!("`{}` is of type {}", text.trim(), param.kind.word())))
}

fn steps(value: &Value, folder: &Path, mistakes: &mut Diagnostics) -> Vec<Step> {
    let Data::Array(items) = &value.data else {
        mistakes.push(Diagnostic::new("`step` is a list: write `[[step]]`").at(&value.origin));
        return Vec::new();
    };
    let read = items.iter().map(|item| Step::read(item, folder));
    read.filter_map(|step| mistakes.take(step)).collect()
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
            kind: param.takes(),
            default: match &param.default {
                Some(_) if param.secret => Some("********".to_owned()),
                Some(default) => Some(shown(default)),
                None => (!param.required).then(|| "none".to_owned()),
            },
            meaning: param.description.clone(),
        };
        self.params.iter().map(setting).collect()
    }

    fn defaults_mut(&mut self) -> Vec<&mut Value> {
        let params = self.params.values_mut();
        params.filter_map(|param| param.default.as_mut()).collect()
    }

    fn uses_facts(&self) -> bool {
        self.steps.iter().any(|step| step.uses_facts)
    }

    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let values = self.values(config)?;
        let facts = config.facts.as_deref();
        let params = values
            .iter()
            .map(|(name, value)| (*name, value.as_ref()))
            .collect();
        let names = Names::of(&config.host, facts, params);
        let mut mistakes = Diagnostics::default();
        let mut placed = Placed::default();
        // Without facts nobody knows all of its steps; what is wrong with those that need none shows all the same.
        for step in self
            .steps
            .iter()
            .filter(|step| facts.is_some() || !step.uses_facts)
        {
            mistakes.take(self.place(step, &names, &mut placed));
        }
        let all = facts.is_some() || !self.uses_facts();
        mistakes.into_result(if all { placed.resources } else { Vec::new() })
    }
}
