//! Works the includes of a profile into one list.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::file::File;
use super::{ModuleRef, Profile};
use crate::config::Table;
use crate::diagnostic::{Diagnostic, Diagnostics, Origin};
use crate::name::Name;

type Files = BTreeMap<String, Result<File, Diagnostics>>;

/// How deep profiles may include one another.
const MAX_DEPTH: usize = 64;

/// The profile `name`, or everything wrong with it and with what it includes.
pub(super) fn resolve(files: &Files, name: &str) -> Result<Profile, Diagnostics> {
    let file = match files.get(name) {
        Some(Ok(file)) => file,
        Some(Err(mistakes)) => return Err(mistakes.clone()),
        None => return Err(unknown(files, name).into()),
    };
    let mut resolver = Resolver {
        files,
        path: Vec::new(),
        done: BTreeMap::new(),
        modules: IndexMap::new(),
        config: Table::default(),
        incomplete: false,
        mistakes: Diagnostics::default(),
    };
    resolver.visit(file);
    resolver.mistakes.into_result(Profile {
        name: file.name.clone(),
        description: file.description.clone(),
        modules: resolver.modules.into_values().collect(),
        config: resolver.config,
        rollout: file.rollout.clone(),
    })
}

fn unknown(files: &Files, name: &str) -> Diagnostic {
    let stem = name.strip_suffix(".toml").unwrap_or(name);
    let stem = stem.rsplit('/').next().unwrap_or(stem);
    let mistake = Diagnostic::new(format!("there is no profile {name:?}"));
    if files.contains_key(stem) {
        return mistake.help(format!("a profile is given by its name: `{stem}`"));
    }
    if files.is_empty() {
        return mistake.help("the folder of profiles is empty");
    }
    mistake.suggest(stem, files.keys().map(String::as_str))
}

struct Resolver<'a> {
    files: &'a Files,
    /// The profiles being visited, outermost first.
    path: Vec<&'a Name>,
    /// The profiles that were visited, with the modules each brings.
    done: BTreeMap<&'a str, BTreeSet<&'a str>>,
    modules: IndexMap<&'a Name, ModuleRef>,
    config: Table,
    /// Whether an include is missing, so that a list may lack modules it should have.
    incomplete: bool,
    mistakes: Diagnostics,
}

impl<'a> Resolver<'a> {
    fn visit(&mut self, file: &'a File) {
        self.path.push(&file.name);
        let mut brought = BTreeSet::new();
        for (name, origin) in &file.include {
            self.include(name, origin);
            brought.extend(self.done.get(name.as_str()).into_iter().flatten().copied());
        }
        for mention in &file.modules {
            brought.insert(mention.name.as_str());
            let module = self.modules.entry(&mention.name).or_insert_with(|| ModuleRef {
                name: mention.name.clone(),
                on_failure: mention.on_failure.unwrap_or_default(),
                origin: Some(mention.origin.clone()),
            });
            if let Some(on_failure) = mention.on_failure {
                module.on_failure = on_failure;
            }
        }
        if !self.incomplete {
            self.refuse_unlisted(file, &brought);
        }
        self.config.overlay(&file.config);
        self.done.insert(file.name.as_str(), brought);
        self.path.pop();
    }

    fn include(&mut self, name: &'a Name, origin: &Origin) {
        if self.done.contains_key(name.as_str()) {
            return;
        }
        let mistakes = match self.files.get(name.as_str()) {
            _ if self.path.contains(&name) => self.circle(name).at(origin).label("closes the circle").into(),
            _ if self.path.len() == MAX_DEPTH => {
                let message = format!("profiles include each other more than {MAX_DEPTH} deep");
                Diagnostic::new(message).at(origin).into()
            }
            Some(Ok(file)) => return self.visit(file),
            Some(Err(mistakes)) => {
                self.done.insert(name.as_str(), BTreeSet::new());
                mistakes.clone()
            }
            None => unknown(self.files, name.as_str()).at(origin).into(),
        };
        self.incomplete = true;
        self.mistakes.0.extend(mistakes.0);
    }

    fn circle(&self, name: &Name) -> Diagnostic {
        let round = self.path.iter().skip_while(|above| **above != name).copied();
        let round: Vec<&str> = round.chain([name]).map(Name::as_str).collect();
        let message = format!("profiles include each other in a circle: {}", round.join(" → "));
        Diagnostic::new(message).help("take one of the includes out")
    }

    fn refuse_unlisted(&mut self, file: &File, brought: &BTreeSet<&str>) {
        for (module, key) in file.config.iter() {
            if !brought.contains(module) {
                let message = format!(
                    "config for `{module}`, a module that profile `{}` does not list",
                    file.name
                );
                let mistake = Diagnostic::new(message).at(&key.origin);
                self.mistakes
                    .push(mistake.suggest(module, brought.iter().copied()));
            }
        }
    }
}
