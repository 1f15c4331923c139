//! A file of `ssh_config(5)` taken for an inventory: every host it names is one, patterns are none.
//!
//! What it says about them stays where it is and is looked up as for any other host. A host's `Tag` is its group.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use super::super::environment::Environment;
use super::connection::Way;
use super::keyword::{self, Role};
use super::parse::{Criterion, HostPattern, Line, Test};
use super::pattern::matches;
use super::{Layer, Resolved, SshConfig, Target, lex};
use crate::config::{Data, Table, Value};
use crate::diagnostic::{Diagnostic, Diagnostics, Origin, Source};
use crate::inventory::ansible::shared;
use crate::inventory::connection::HostKeyPolicy;
use crate::name::Name;

/// Directives an inventory has keys for, and those that only tell how others are read.
const WRITTEN: &[&str] = &[
    "connecttimeout",
    "globalknownhostsfile",
    "hostname",
    "identitiesonly",
    "identityfile",
    "ignoreunknown",
    "port",
    "proxyjump",
    "serveraliveinterval",
    "stricthostkeychecking",
    "tag",
    "user",
    "userknownhostsfile",
];

/// Whether a file is one by its name: `ssh_config`, or one in `.ssh`.
pub(in crate::inventory) fn is_named_so(path: &Path) -> bool {
    let is = |part: Option<&std::ffi::OsStr>, name: &str| part.is_some_and(|part| part == name);
    is(path.file_name(), "ssh_config") || is(path.parent().and_then(Path::file_name), ".ssh")
}

/// Whether a text is one: it has a line that begins with `Host`, `Match` or `Include` and goes on with words that set
/// nothing, as variables of a host named so would in an inventory of Ansible, and no line that begins a section.
pub(in crate::inventory) fn looks_so(text: &str) -> bool {
    let begins = |line: &str| {
        let Ok(Some(head)) = lex::head(line) else {
            return false;
        };
        let rest = &line[head.rest.min(line.len())..];
        matches!(head.keyword.text.as_str(), "host" | "match" | "include")
            && !rest.is_empty()
            && !line.contains('=')
    };
    !text.lines().any(|line| line.trim_start().starts_with('['))
        && text.lines().any(|line| begins(lex::trimmed(line)))
}

/// The hosts the first file of `config` names, as the tables of an inventory, and what was left out. `source` is the file.
pub(in crate::inventory) fn root(
    config: &SshConfig,
    source: &Arc<Source>,
    environment: &Environment,
) -> Result<(Table, Vec<String>), Diagnostics> {
    let (hosts, notes) = named(config);
    if hosts.is_empty() {
        let shown = source.name.display();
        let mistake = Diagnostic::new(format!("{shown} names no host: what it has are patterns"));
        return Err(mistake
            .help("a host is what stands in a `Host` line without `*`, `?` and `!`")
            .into());
    }
    let tagged = config.0.files.iter().any(|lines| !tags(lines).is_empty());
    let mut mistakes = Diagnostics::default();
    let mut all = Table::at(Origin::new(source, 0..0));
    for (name, origin) in &hosts {
        let mut host = Table::at(origin.clone());
        // Only where there are tags, since all files are gone through for it.
        let tag = match tagged.then(|| resolved(config, name, environment)).transpose() {
            Ok(resolved) => resolved.and_then(|resolved| resolved.value("tag").map(str::to_owned)),
            Err(wrong) => {
                let new = wrong.0.into_iter().filter(|one| !mistakes.0.contains(one));
                let new: Vec<Diagnostic> = new.collect();
                mistakes.0.extend(new);
                None
            }
        };
        if let Some(tag) = tag {
            let group = value(Data::String(tag), origin);
            put(&mut host, "groups", Data::Array(vec![group]), origin);
        }
        put(&mut all, name.as_str(), Data::Table(host), origin);
    }
    let whole = Origin::new(source, 0..0);
    let mut root = Table::at(whole.clone());
    put(&mut root, "hosts", Data::Table(all), &whole);
    mistakes.into_result((root, notes))
}

/// The names of the first file's hosts, and all its tags; nothing is asked or run for it.
pub(in crate::inventory) fn outline(config: &SshConfig) -> (Vec<Name>, Vec<String>) {
    let (hosts, _) = named(config);
    let tags = config
        .0
        .files
        .first()
        .map(|lines| tags(lines))
        .unwrap_or_default();
    (hosts.into_iter().map(|(name, _)| name).collect(), tags)
}

/// Every host with the first place it is named at, in the order of the file, and which names cannot be taken.
fn named(config: &SshConfig) -> (Vec<(Name, Origin)>, Vec<String>) {
    let mut found = Found::default();
    if let Some(lines) = config.0.files.first() {
        found.lines(lines, &mut Vec::new());
    }
    (found.hosts.into_iter().collect(), found.notes)
}

#[derive(Default)]
struct Found {
    hosts: IndexMap<Name, Origin>,
    notes: Vec<String>,
}

impl Found {
    /// Goes through `lines`, which hold for hosts that match all of `within`.
    fn lines<'a>(&mut self, lines: &'a [Line], within: &mut Vec<&'a Line>) {
        let mut block: Option<&Line> = None;
        for line in lines {
            match line {
                Line::Host(patterns) => {
                    block = Some(line);
                    for one in patterns.iter().filter(|one| is_host(one)) {
                        let holds = |outer: &&Line| may_hold(outer, &one.pattern);
                        if within.iter().all(holds) && may_hold(line, &one.pattern) {
                            self.host(one);
                        }
                    }
                }
                Line::Match(_) => block = Some(line),
                Line::Included(lines) => {
                    within.extend(block);
                    self.lines(lines, within);
                    if block.is_some() {
                        within.pop();
                    }
                }
                Line::Set(..) | Line::Unknown(..) => {}
            }
        }
    }

    fn host(&mut self, one: &HostPattern) {
        match Name::parse(&one.pattern) {
            Ok(name) => drop(self.hosts.entry(name).or_insert_with(|| one.origin.clone())),
            Err(error) => {
                let (line, _) = one.origin.line_column();
                let place = format!("{}:{line}", one.origin.source.name.display());
                let note = format!("{place}: {:?} is left out: {error}", one.pattern);
                if !self.notes.contains(&note) {
                    self.notes.push(note);
                }
            }
        }
    }
}

fn is_host(one: &HostPattern) -> bool {
    !one.negated && !one.pattern.contains(['*', '?'])
}

/// Whether what follows `line` is for `host` for sure: what `Match` asks is known when a run begins, but for `all`.
fn may_hold(line: &Line, host: &str) -> bool {
    match line {
        Line::Host(patterns) => {
            let matched = |negated: bool| {
                let mut these = patterns.iter().filter(|one| one.negated == negated);
                these.any(|one| matches(host, &one.pattern))
            };
            matched(false) && !matched(true)
        }
        Line::Match(criteria) => criteria.iter().all(is_all),
        _ => true,
    }
}

fn is_all(criterion: &Criterion) -> bool {
    !criterion.negated && matches!(criterion.test, Test::All)
}

fn tags(lines: &[Line]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in lines {
        match line {
            Line::Set(keyword, values, _) if keyword.name == "tag" => found.extend(values.iter().cloned()),
            Line::Included(lines) => found.extend(tags(lines)),
            _ => {}
        }
    }
    found.sort();
    found.dedup();
    found
}

fn resolved(config: &SshConfig, name: &Name, environment: &Environment) -> Result<Resolved, Diagnostics> {
    let target = Target {
        host: name.as_str(),
        user: None,
        port: None,
    };
    config.resolve(&target, environment)
}

/// The tables of `root` with all that is said about its hosts, and what an inventory has no place for.
pub(in crate::inventory) fn written_out(
    root: &Table,
    environment: &Environment,
) -> Result<(Table, Vec<String>), Diagnostics> {
    let mut notes = Vec::new();
    let mut hosts: IndexMap<&str, Table> = IndexMap::new();
    for (text, key) in root
        .get("hosts")
        .map(Value::as_table)
        .transpose()?
        .into_iter()
        .flat_map(Table::iter)
    {
        let mut table = key.value.as_table()?.clone();
        if let Ok(name) = Name::parse(text) {
            write_out(&name, &mut table, environment, &mut notes)?;
        }
        hosts.insert(text, table);
    }
    let whole = root
        .origin
        .clone()
        .unwrap_or_else(|| Origin::new(&Source::new("", ""), 0..0));
    let mut written = Table::at(whole.clone());
    let defaults = shared(&mut hosts, &whole);
    if !defaults.is_empty() {
        put(&mut written, "defaults", Data::Table(defaults), &whole);
    }
    let mut all = Table::at(whole.clone());
    for (name, table) in hosts {
        put(&mut all, name, Data::Table(table), &whole);
    }
    put(&mut written, "hosts", Data::Table(all), &whole);
    Ok((written, notes))
}

/// Writes into the table of the host `name` what is said about it, and says of the rest that it is left out.
fn write_out(
    name: &Name,
    table: &mut Table,
    environment: &Environment,
    notes: &mut Vec<String>,
) -> Result<(), Diagnostics> {
    let resolved = resolved(&environment.ssh_config, name, environment)?;
    let layer = resolved.layer(environment)?;
    let Some(origin) = table.origin.clone() else {
        return Ok(());
    };
    let text = |text: &str| Data::String(text.to_owned());
    let said = |directive: &str| resolved.origin(directive).is_some();
    let mut write = |key: &str, data: Data| put(table, key, data, &origin);
    if layer.address != name.as_str() {
        write("address", text(&layer.address));
    }
    if let Some(port) = layer.port.filter(|port| *port != 22) {
        write("port", Data::Integer(port.into()));
    }
    if let Some(user) = &layer.user {
        write("user", text(user));
    }
    if let Some(Way::Jump(_)) = layer.way {
        let hops = resolved.value("proxyjump").unwrap_or_default();
        write("jump", one_or_many(hops.split(','), &origin));
    }
    let shown = |paths: &[std::path::PathBuf]| -> Vec<String> {
        paths.iter().map(|path| path.display().to_string()).collect()
    };
    if let Some(files) = layer.identity_files.as_deref().filter(|files| !files.is_empty()) {
        write("identity_file", one_or_many(shown(files).iter(), &origin));
    }
    if layer.identities_only == Some(true) {
        write("identities_only", Data::Boolean(true));
    }
    if said("userknownhostsfile") || said("globalknownhostsfile") {
        // Files an inventory names are all there are.
        let mut files = layer
            .known_hosts
            .clone()
            .unwrap_or_else(|| environment.known_hosts());
        let global = layer.global_known_hosts.clone();
        files.extend(global.unwrap_or_else(Environment::global_known_hosts));
        write("known_hosts", one_or_many(shown(&files).iter(), &origin));
    }
    match layer.host_key_policy {
        Some(HostKeyPolicy::AcceptNew) => write("host_key_policy", text("accept-new")),
        Some(HostKeyPolicy::Ask) => write("host_key_policy", text("ask")),
        _ => {}
    }
    for (key, time) in [
        ("connect_timeout", layer.connect_timeout),
        ("keepalive", layer.keepalive),
    ] {
        if let Some(time) = time.filter(|time| *time > Duration::ZERO) {
            write(key, text(&format!("{}s", time.as_secs())));
        }
    }
    leave_out(&resolved, &layer, notes);
    Ok(())
}

/// Notes what an inventory has no keys for, once for all hosts.
fn leave_out(resolved: &Resolved, layer: &Layer, notes: &mut Vec<String>) {
    let mut left: Vec<(&str, Origin)> = resolved
        .places()
        .filter(|(directive, _)| !WRITTEN.contains(directive) && is_followed(directive))
        .map(|(directive, origin)| (directive, origin.clone()))
        .collect();
    if layer.host_key_policy == Some(HostKeyPolicy::Off) {
        let place = resolved.origin("stricthostkeychecking");
        left.extend(place.map(|origin| ("stricthostkeychecking", origin)));
    }
    left.sort_by_key(|(directive, _)| *directive);
    for (directive, origin) in left {
        let (line, _) = origin.line_column();
        let place = format!("{}:{line}", origin.source.name.display());
        let note = format!("`{directive}` of {place} has no key in an inventory and is left out");
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
}

fn is_followed(directive: &str) -> bool {
    keyword::find(directive).is_some_and(|keyword| matches!(keyword.role, Role::Followed))
}

fn one_or_many(texts: impl Iterator<Item = impl AsRef<str>>, origin: &Origin) -> Data {
    let mut all: Vec<Value> = texts
        .map(|text| value(Data::String(text.as_ref().to_owned()), origin))
        .collect();
    if all.len() == 1 {
        return all.remove(0).data;
    }
    Data::Array(all)
}

fn value(data: Data, origin: &Origin) -> Value {
    Value {
        data,
        origin: origin.clone(),
    }
}

fn put(table: &mut Table, name: &str, data: Data, origin: &Origin) {
    table.insert(name, origin.clone(), value(data, origin));
}
