//! Reads an inventory, keeping every mistake of the file instead of stopping at the first.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::environment::Environment;
use super::range::{MAX_NAMES, Pattern};
use super::routes::{self, Wanted, look_up};
use super::settings::Settings;
use super::{Group, Host, Inventory, address};
use crate::config::{Fields, Table, Value};
use crate::diagnostic::{Diagnostic, Diagnostics, Origin, Source, nearest};
use crate::name::Name;

/// Reads the tables of `source`; paths in it are relative to `folder`.
pub(super) fn tables(
    root: &Table,
    source: &Arc<Source>,
    folder: &Path,
    environment: &Environment,
) -> Result<Inventory, Diagnostics> {
    let mut loader = Loader {
        folder,
        environment,
        defaults: Settings::default(),
        vars: Table::default(),
        levels: HashMap::new(),
        given: HashMap::new(),
        inventory: Inventory::default(),
        wanted: Vec::new(),
        mistakes: Diagnostics::default(),
    };
    loader.root(root);
    if root
        .get("hosts")
        .is_none_or(|hosts| hosts.as_table().is_ok_and(Table::is_empty))
    {
        let message = format!("{} has no hosts", source.name.display());
        loader
            .mistakes
            .push(Diagnostic::new(message).help("add one: `[hosts.db1]`"));
    }
    loader.mistakes.sort();
    let Loader {
        mut inventory,
        wanted,
        mut mistakes,
        ..
    } = loader;
    if mistakes.0.is_empty() {
        routes::settle(&mut inventory, wanted, environment, &mut mistakes);
    }
    mistakes.into_result(inventory)
}

/// What a group says about its hosts.
#[derive(Default)]
struct Level {
    settings: Settings,
    config: Option<Arc<Table>>,
    vars: Option<Table>,
}

struct Loader<'a> {
    folder: &'a Path,
    environment: &'a Environment,
    defaults: Settings,
    vars: Table,
    levels: HashMap<Name, Level>,
    /// Every host's name with the key that gave it.
    given: HashMap<Name, Origin>,
    inventory: Inventory,
    /// For each host the jump it wants.
    wanted: Vec<Option<Wanted>>,
    mistakes: Diagnostics,
}

impl Loader<'_> {
    fn root(&mut self, root: &Table) {
        let mut fields = Fields::of(root);
        let defaults = fields.table("defaults");
        let groups = section(&mut fields, "groups");
        let hosts = section(&mut fields, "hosts");
        self.mistakes.0.extend(fields.finish().0);
        if let Some(table) = defaults {
            self.defaults(table);
        }
        for (name, key) in groups.into_iter().flat_map(Table::iter) {
            self.group(name, &key.origin, &key.value);
        }
        for (name, key) in hosts.into_iter().flat_map(Table::iter) {
            self.host(name, &key.origin, &key.value);
        }
    }

    fn defaults(&mut self, table: &Table) {
        let mut fields = Fields::of(table);
        self.defaults = Settings::read(&mut fields, self.folder, self.environment);
        self.vars = fields.table("vars").cloned().unwrap_or_default();
        let mut mistakes = fields.finish();
        for mistake in &mut mistakes.0 {
            if table
                .key("config")
                .is_some_and(|key| mistake.origin.as_ref() == Some(&key.origin))
            {
                mistake.help = Some("config for every host belongs into the profile".to_owned());
            }
        }
        self.mistakes.0.extend(mistakes.0);
    }

    fn group(&mut self, text: &str, origin: &Origin, value: &Value) {
        let name = Name::parse(text).map_err(|error| bad_name("group", text, &error).at(origin));
        let name = self.mistakes.take(name.map_err(Diagnostics::from));
        let Some(table) = self.entry("groups", text, value) else {
            return;
        };
        let mut fields = Fields::of(table);
        let description = fields.read("description");
        let settings = Settings::read(&mut fields, self.folder, self.environment);
        let config = fields.table("config");
        let vars = fields.table("vars").cloned();
        self.mistakes.0.extend(fields.finish().0);
        let config = config.and_then(|table| self.config("groups", text, table));
        if let Some(name) = name {
            self.inventory.groups.insert(name.clone(), Group { description });
            self.levels.insert(
                name,
                Level {
                    settings,
                    config,
                    vars,
                },
            );
        }
    }

    fn host(&mut self, text: &str, origin: &Origin, value: &Value) {
        let Some(table) = self.entry("hosts", text, value) else {
            return;
        };
        let names = self.names(text, origin);
        let mut fields = Fields::of(table);
        let own = Settings::read(&mut fields, self.folder, self.environment);
        let groups = groups(&mut fields);
        let config = fields.table("config");
        let vars = fields.table("vars");
        let addresses = match fields.key("address") {
            Some(key) if !names.is_empty() => fields.keep(address::read(&key.value, names.len())),
            _ => None,
        };
        self.mistakes.0.extend(fields.finish().0);

        let mut settings = self.defaults.clone();
        let mut layers = Vec::new();
        let mut all_vars = self.vars.clone();
        for group in &groups {
            self.inventory.groups.entry(group.clone()).or_default();
            if let Some(level) = self.levels.get(group) {
                settings.overlay(&level.settings);
                layers.extend(level.config.clone());
                level.vars.iter().for_each(|vars| all_vars.replace(vars));
            }
        }
        settings.overlay(&own);
        layers.extend(config.and_then(|table| self.config("hosts", text, table)));
        if let Some(vars) = vars {
            all_vars.replace(vars);
        }
        let vars = Arc::new(all_vars);
        if let Some(port) = addresses.as_ref().and_then(|all| all.port) {
            if own.port.is_some() {
                let mistake = Diagnostic::new("the port is given twice").at(origin);
                self.mistakes
                    .push(mistake.help("give it with `address` or with `port`"));
            }
            settings.port = Some(port);
        }
        for (index, name) in names.into_iter().enumerate() {
            let address = addresses.as_ref().map_or(name.as_str(), |all| &all.each[index]);
            let looked_up = look_up(address, &settings, self.environment);
            let Ok(found) = looked_up.map_err(|mistakes| self.once(mistakes)) else {
                continue;
            };
            for note in found.notes {
                if !self.inventory.ssh_notes.contains(&note) {
                    self.inventory.ssh_notes.push(note);
                }
            }
            let Some(connection) = settings.clone().connection(found.layer, self.environment) else {
                self.nobody(origin);
                return;
            };
            self.wanted.push(found.wanted);
            self.inventory.hosts.push(Host {
                name,
                connection: Arc::new(connection),
                groups: groups.clone(),
                config: layers.clone(),
                vars: Arc::clone(&vars),
            });
        }
    }

    /// Keeps mistakes that many hosts lead to once.
    fn once(&mut self, mistakes: Diagnostics) {
        for mistake in mistakes.0 {
            if !self.mistakes.0.contains(&mistake) {
                self.mistakes.push(mistake);
            }
        }
    }

    /// The names a host's key stands for, without those that cannot be taken.
    fn names(&mut self, text: &str, origin: &Origin) -> Vec<Name> {
        let room = MAX_NAMES - self.given.len();
        let pattern = match Pattern::parse(text) {
            Ok(pattern) if pattern.len().is_some_and(|len| len > room) => {
                let mistake = Diagnostic::new("an inventory has at most 100,000 hosts").at(origin);
                self.mistakes
                    .push(mistake.help("split the fleet into several inventories"));
                return Vec::new();
            }
            Ok(pattern) => pattern,
            Err(error) => {
                let mistake = Diagnostic::new(error.message).at(&origin.part(text, error.span));
                self.mistakes.push(mistake.help(error.help));
                return Vec::new();
            }
        };
        let mut names = Vec::new();
        let mut twice: Option<(Name, Origin, usize)> = None;
        for text in pattern.names() {
            let name = match Name::parse(&text) {
                Ok(name) => name,
                Err(error) => {
                    self.mistakes.push(bad_name("host", &text, &error).at(origin));
                    return names;
                }
            };
            if let Some(first) = self.given.get(&name) {
                let (.., count) = twice.get_or_insert_with(|| (name, first.clone(), 0));
                *count += 1;
            } else {
                self.given.insert(name.clone(), origin.clone());
                names.push(name);
            }
        }
        if let Some((name, first, count)) = twice {
            let more = match count {
                1 => String::new(),
                _ => format!(", and so are {} more", count - 1),
            };
            let mistake = Diagnostic::new(format!("host `{name}` is given twice{more}")).at(origin);
            let written = first.source.text.get(first.span.clone()).unwrap_or_default();
            let help = format!("it is also given by {written} in line {}", first.line_column().0);
            self.mistakes.push(mistake.label("the second time").help(help));
        }
        names
    }

    /// The table of a host or group; a name whose dots made tables of their own is explained.
    fn entry<'t>(&mut self, section: &str, text: &str, value: &'t Value) -> Option<&'t Table> {
        let help = || format!("write it as `[{section}.{text}]`, then its keys");
        let table = value.as_table().map_err(|mistake| mistake.help(help()).into());
        let table = self.mistakes.take(table)?;
        let known = ["config", "description", "vars", "become_password"];
        let dotted = table
            .iter()
            .find(|(name, key)| key.value.as_table().is_ok() && nearest(name, &known).is_none());
        let Some((next, key)) = dotted else {
            return Some(table);
        };
        let mut name = format!("{text}.{next}");
        let mut inner = key.value.as_table().ok();
        while let Some((next, key)) = inner.and_then(|table| table.iter().next()) {
            inner = key.value.as_table().ok();
            if inner.is_some() && !known.contains(&next) {
                name = format!("{name}.{next}");
            }
        }
        let mistake = Diagnostic::new(format!("unknown key `{next}`")).at(&key.origin);
        self.mistakes
            .push(mistake.help(format!("a name with dots needs quotes: `[{section}.\"{name}\"]`")));
        None
    }

    /// Checks that a `config` holds tables by module name.
    fn config(&mut self, section: &str, text: &str, table: &Table) -> Option<Arc<Table>> {
        for (module, key) in table.iter() {
            if let Err(error) = Name::parse(module) {
                self.mistakes
                    .push(bad_name("module", module, &error).at(&key.origin));
            }
            if let Err(mistake) = key.value.as_table() {
                let help =
                    format!("settings of a module stand in its table: `[{section}.{text}.config.{module}]`");
                self.mistakes.push(mistake.help(help));
            }
        }
        (!table.is_empty()).then(|| Arc::new(table.clone()))
    }

    /// Says once that it is unknown which user logs in.
    fn nobody(&mut self, origin: &Origin) {
        let message = "it is not said which user logs in";
        if self.mistakes.0.iter().all(|one| one.message != message) {
            let help = "set `user = \"…\"` in `[defaults]`, or $USER";
            self.mistakes.push(Diagnostic::new(message).at(origin).help(help));
        }
    }
}

/// The table `name` holds, one inner table for each host or group.
fn section<'a>(fields: &mut Fields<'a>, name: &'static str) -> Option<&'a Table> {
    let table = fields.key(name)?.value.as_table();
    fields.keep(table.map_err(|mistake| mistake.help(format!("write each one as `[{name}.NAME]`"))))
}

fn groups(fields: &mut Fields<'_>) -> Vec<Name> {
    let mut groups = Vec::new();
    for value in fields.array("groups") {
        let Some(text) = fields.keep(value.as_str()) else {
            continue;
        };
        match Name::parse(text) {
            Ok(name) if groups.contains(&name) => {
                let mistake = Diagnostic::new(format!("group `{name}` is listed twice")).at(&value.origin);
                fields.mistake(mistake.help("take one of them out"));
            }
            Ok(name) => groups.push(name),
            Err(error) => fields.mistake(bad_name("group", text, &error).at(&value.origin)),
        }
    }
    groups
}

fn bad_name(what: &str, text: &str, error: &crate::name::NameError) -> Diagnostic {
    Diagnostic::new(format!("{text:?} is no {what} name: {error}"))
}
