//! From Ansible's variables to the tables of an inventory in TOML.

use indexmap::IndexMap;

use super::Imported;
use super::fleet::{ALL, Fleet, UNGROUPED};
use super::ini::split;
use crate::config::{Data, Table, Value};
use crate::diagnostic::{Diagnostic, Diagnostics, Origin};

/// Variables that say how a host is reached, and the words `-e` takes for them; they are no `vars` of a host.
const CONNECTION: &[&str] = &[
    "ansible_host",
    "ansible_ssh_host",
    "ansible_port",
    "ansible_ssh_port",
    "ansible_user",
    "ansible_ssh_user",
    "ansible_ssh_private_key_file",
    "ansible_private_key_file",
    "ansible_become",
    "ansible_become_method",
    "ansible_become_user",
    "ansible_connection",
    "ansible_ssh_args",
    "ansible_ssh_common_args",
    "ansible_ssh_extra_args",
    "ansible_group_priority",
];

/// Variables that hold passwords; they are asked for or come from a secret, and are never kept.
const PASSWORDS: &[&str] = &[
    "ansible_password",
    "ansible_ssh_pass",
    "ansible_become_password",
    "ansible_become_pass",
];

/// Options of `ssh` that change neither whom it trusts nor which way it goes.
const HARMLESS: &[&str] = &[
    "controlmaster",
    "controlpath",
    "controlpersist",
    "forwardagent",
    "loglevel",
    "tcpkeepalive",
    "preferredauthentications",
];

/// The tables of `fleet`.
pub(super) fn root(fleet: &Fleet) -> Result<Imported, Diagnostics> {
    let whole = Origin::new(&fleet.source, 0..0);
    let mut notes = fleet.notes.clone();
    let mut mistakes = Diagnostics::default();
    // Once for each group, not for each host in it.
    let of_groups: IndexMap<&str, Table> = fleet
        .groups
        .iter()
        .map(|(name, group)| {
            let mut vars = group.vars.clone();
            vars.replace(&group.beside);
            (name.as_str(), vars)
        })
        .collect();

    let mut hosts: IndexMap<&str, Table> = IndexMap::new();
    let mut grouped: Vec<&str> = Vec::new();
    for name in fleet.hosts.keys() {
        let groups = fleet.groups_of(name);
        let vars = fleet.vars_of(name, &groups);
        let mut below = of_groups[ALL].clone();
        for group in &groups {
            below.replace(&of_groups[group]);
            if !grouped.contains(group) {
                grouped.push(group);
            }
        }
        let mut own = Table::at(whole.clone());
        for (key, value) in vars.iter() {
            if below.get(key).is_none_or(|known| known.data != value.value.data) {
                own.insert(key, value.origin.clone(), value.value.clone());
            }
        }
        let origin = &fleet.hosts[name].origin;
        let mut table = connection(name, &vars, origin, &mut notes, &mut mistakes);
        let list = groups.iter().map(|group| text(group, origin)).collect();
        put(
            &mut table,
            "groups",
            Value {
                data: Data::Array(list),
                origin: origin.clone(),
            },
        );
        put_vars(&mut table, own, &whole);
        hosts.insert(name, table);
    }

    let mut defaults = shared(&mut hosts, &whole);
    put_vars(&mut defaults, of_groups[ALL].clone(), &whole);
    let groups = fleet.groups.keys().filter(|name| *name != ALL);
    let groups = groups
        .filter(|name| *name != UNGROUPED || grouped.contains(&UNGROUPED))
        .map(|name| {
            let mut table = Table::at(whole.clone());
            put_vars(&mut table, of_groups[name.as_str()].clone(), &whole);
            (name.as_str(), fleet.groups[name].origin.clone(), table)
        });
    let groups: Vec<_> = groups.collect();
    let mut root = Table::at(whole.clone());
    put(
        &mut root,
        "defaults",
        Value {
            data: Data::Table(defaults),
            origin: whole.clone(),
        },
    );
    put(&mut root, "groups", tables(groups, &whole));
    let hosts = hosts
        .into_iter()
        .map(|(name, table)| (name, fleet.hosts[name].origin.clone(), table));
    put(&mut root, "hosts", tables(hosts, &whole));
    notes.sort();
    notes.dedup();
    mistakes.into_result(Imported { root, notes })
}

fn tables<'a>(entries: impl IntoIterator<Item = (&'a str, Origin, Table)>, whole: &Origin) -> Value {
    let mut all = Table::at(whole.clone());
    for (name, origin, table) in entries {
        let value = Value {
            data: Data::Table(table),
            origin: origin.clone(),
        };
        all.insert(name, origin, value);
    }
    Value {
        data: Data::Table(all),
        origin: whole.clone(),
    }
}

fn put(table: &mut Table, name: &str, value: Value) {
    table.insert(name, value.origin.clone(), value);
}

/// Adds what is no matter of the connection as `vars`.
fn put_vars(table: &mut Table, mut vars: Table, whole: &Origin) {
    for name in CONNECTION.iter().chain(PASSWORDS) {
        vars.remove(name);
    }
    if !vars.is_empty() {
        put(
            table,
            "vars",
            Value {
                data: Data::Table(vars),
                origin: whole.clone(),
            },
        );
    }
}

fn text(text: &str, origin: &Origin) -> Value {
    Value {
        data: Data::String(text.to_owned()),
        origin: origin.clone(),
    }
}

/// Takes settings that every host has alike out of the hosts, into the defaults.
pub(in crate::inventory) fn shared(hosts: &mut IndexMap<&str, Table>, whole: &Origin) -> Table {
    let mut defaults = Table::at(whole.clone());
    let Some(first) = hosts.values().next().cloned() else {
        return defaults;
    };
    for (name, key) in first
        .iter()
        .filter(|(name, _)| !matches!(*name, "address" | "groups" | "vars"))
    {
        let alike = |table: &Table| table.get(name).is_some_and(|value| value.data == key.value.data);
        if hosts.len() > 1 && hosts.values().all(alike) {
            defaults.insert(name, key.origin.clone(), key.value.clone());
            hosts.values_mut().for_each(|table| drop(table.remove(name)));
        }
    }
    defaults
}

/// The connection settings in a host's variables.
fn connection(
    name: &str,
    vars: &Table,
    origin: &Origin,
    notes: &mut Vec<String>,
    mistakes: &mut Diagnostics,
) -> Table {
    let mut table = Table::at(origin.clone());
    let find = |names: &[&str]| names.iter().find_map(|name| vars.get(name));
    if let Some(value) = find(&["ansible_host", "ansible_ssh_host"]) {
        let address = shown(value).map(|text| with_name(&text, name));
        match address {
            Some(address) if !address.contains("{{") => {
                if address != name {
                    put(&mut table, "address", self::text(&address, &value.origin));
                }
            }
            _ => {
                let mistake =
                    Diagnostic::new(format!("host `{name}`: its address is a template")).at(&value.origin);
                mistakes.push(
                    mistake.help("only `{{ inventory_hostname }}` is known here; write the address out"),
                );
            }
        }
    }
    if let Some(value) = find(&["ansible_port", "ansible_ssh_port"]) {
        let port = match &value.data {
            Data::String(text) => text
                .trim()
                .parse()
                .map_or_else(|_| value.data.clone(), Data::Integer),
            other => other.clone(),
        };
        put(
            &mut table,
            "port",
            Value {
                data: port,
                origin: value.origin.clone(),
            },
        );
    }
    let texts = [
        ("user", &["ansible_user", "ansible_ssh_user"]),
        (
            "identity_file",
            &["ansible_ssh_private_key_file", "ansible_private_key_file"],
        ),
    ];
    for (key, names) in texts {
        if let Some(value) = find(names) {
            put(&mut table, key, value.clone());
        }
    }
    if let Some(value) = vars.get("ansible_become").filter(|value| is_true(value)) {
        let method = vars
            .get("ansible_become_method")
            .and_then(shown)
            .unwrap_or_else(|| "sudo".to_owned());
        let method = method.rsplit('.').next().unwrap_or_default();
        put(&mut table, "become", text(method, &value.origin));
        if let Some(user) = vars
            .get("ansible_become_user")
            .filter(|user| shown(user).is_some_and(|user| user != "root"))
        {
            put(&mut table, "become_user", user.clone());
        }
    }
    if let Some(kind) = vars.get("ansible_connection").and_then(shown)
        && !matches!(
            kind.rsplit('.').next(),
            Some("ssh" | "smart" | "paramiko" | "paramiko_ssh")
        )
    {
        notes.push(format!(
            "host `{name}` has ansible_connection={kind}; it is reached over SSH like any other"
        ));
    }
    if PASSWORDS.iter().any(|password| vars.get(password).is_some()) {
        notes.push(format!(
            "host `{name}` has a password in its variables, which is left out"
        ));
    }
    for key in [
        "ansible_ssh_common_args",
        "ansible_ssh_extra_args",
        "ansible_ssh_args",
    ] {
        if let Some(value) = vars.get(key)
            && let Some(arguments) = shown(value)
        {
            ssh_arguments(name, key, &arguments, &value.origin, &mut table, notes);
        }
    }
    table
}

/// `text` with the host's name where a template asks for it, which is all that addresses use templates for.
fn with_name(text: &str, name: &str) -> String {
    let short = name.split('.').next().unwrap_or(name);
    let mut text = text.to_owned();
    for (variable, value) in [("inventory_hostname_short", short), ("inventory_hostname", name)] {
        for written in [format!("{{{{ {variable} }}}}"), format!("{{{{{variable}}}}}")] {
            text = text.replace(&written, value);
        }
    }
    text
}

fn shown(value: &Value) -> Option<String> {
    match &value.data {
        Data::String(text) => Some(text.clone()),
        Data::Integer(number) => Some(number.to_string()),
        _ => None,
    }
}

fn is_true(value: &Value) -> bool {
    match &value.data {
        Data::Boolean(truth) => *truth,
        Data::Integer(number) => *number == 1,
        Data::String(text) => matches!(
            text.to_ascii_lowercase().as_str(),
            "yes" | "true" | "on" | "1" | "y" | "t"
        ),
        _ => false,
    }
}

/// What arguments of `ssh` say: those about the route are taken, those about trust only where they are as strict as we
/// are, and the rest is noted.
fn ssh_arguments(
    name: &str,
    key: &str,
    arguments: &str,
    origin: &Origin,
    table: &mut Table,
    notes: &mut Vec<String>,
) {
    let left_out = |what: &str| format!("host `{name}`: `{what}` of {key} is left out");
    let Ok(words) = split(arguments) else {
        return notes.push(left_out(arguments));
    };
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let (flag, glued) = word.split_at_checked(2).unwrap_or((word.as_str(), ""));
        let value = match flag {
            "-o" | "-J" | "-p" | "-l" | "-i" if glued.is_empty() => words.next().unwrap_or_default(),
            _ => glued.to_owned(),
        };
        let (option, value) = match flag {
            "-o" => value
                .split_once(['=', ' '])
                .map_or((value.clone(), String::new()), |(option, value)| {
                    (option.trim().to_ascii_lowercase(), value.trim().to_owned())
                }),
            "-J" => ("proxyjump".to_owned(), value),
            "-p" => ("port".to_owned(), value),
            "-l" => ("user".to_owned(), value),
            "-i" => ("identityfile".to_owned(), value),
            _ => (word.clone(), String::new()),
        };
        match (option.as_str(), value.as_str()) {
            ("proxyjump", jump) => put(table, "jump", text(jump, origin)),
            ("proxycommand", command) => put(table, "proxy_command", text(command, origin)),
            ("user", user) if table.get("user").is_none() => put(table, "user", text(user, origin)),
            ("identityfile", file) if table.get("identity_file").is_none() => {
                put(table, "identity_file", text(file, origin));
            }
            ("stricthostkeychecking", "yes") => put(table, "host_key_policy", text("strict", origin)),
            ("stricthostkeychecking", "accept-new") => {
                put(table, "host_key_policy", text("accept-new", origin));
            }
            ("stricthostkeychecking" | "userknownhostsfile", value) => {
                notes.push(format!(
                    "{key} says {option}={value}; host keys are checked all the same"
                ));
            }
            (option, _) if HARMLESS.contains(&option) => {}
            _ => notes.push(left_out(&word)),
        }
    }
}
