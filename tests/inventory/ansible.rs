//! Inventories of Ansible against `ansible-inventory --list`: `tests/inventory/ansible/<case>/`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use provision::inventory::{Environment, Host, Inventory};
use serde_json::{Map, Value};

use crate::kit::{program, tools};

fn environment() -> Environment {
    Environment {
        home: Some("/home/ada".into()),
        user: Some("ada".to_owned()),
        ..Environment::default()
    }
}

/// The inventory file of every case.
fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = fs::read_dir("tests/inventory/ansible")
        .unwrap()
        .map(|entry| inventory_in(&entry.unwrap().path()))
        .collect();
    cases.sort();
    cases
}

fn inventory_in(case: &Path) -> PathBuf {
    let entries = fs::read_dir(case).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.is_file()).collect();
    assert_eq!(files.len(), 1, "{}: one file beside the folders", case.display());
    files.remove(0)
}

/// What Ansible makes of `path`. It takes lists in JSON from programs only, so one that prints it stands in their place.
fn oracle(ansible: &Path, path: &Path) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("empty.cfg");
    fs::write(&settings, "").unwrap();
    let text = fs::read_to_string(path).unwrap();
    let mut given = path.to_owned();
    if path.extension().is_some_and(|it| it == "json") && text.contains("_meta") {
        given = folder.path().join("list");
        program::write(&given, &format!("#!/bin/sh\ncat <<'END'\n{text}\nEND\n"));
    }
    let output = Command::new(ansible)
        .arg("-i")
        .arg(&given)
        .arg("--list")
        // Nothing of this machine's own settings, nor of its home.
        .env("ANSIBLE_CONFIG", &settings)
        .env("ANSIBLE_HOME", folder.path())
        .env("ANSIBLE_INVENTORY_UNPARSED_FAILED", "true")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Without null, which TOML does not have, and without the mark of texts that are no templates.
fn without_null(value: &Value) -> Option<Value> {
    Some(match value {
        Value::Null => return None,
        Value::Object(entries) if entries.contains_key("__ansible_unsafe") => {
            entries["__ansible_unsafe"].clone()
        }
        Value::Array(items) => Value::Array(items.iter().filter_map(without_null).collect()),
        Value::Object(entries) => Value::Object(
            entries
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), without_null(value)?)))
                .collect(),
        ),
        other => other.clone(),
    })
}

/// The hosts of `group` and of all groups in it.
fn members(list: &Value, group: &str, found: &mut BTreeSet<String>) {
    let names = |key: &str| {
        let names = list[group][key].as_array().into_iter().flatten();
        names
            .map(|name| name.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    found.extend(names("hosts"));
    for child in names("children") {
        members(list, &child, found);
    }
}

fn check_connection(host: &Host, vars: &mut Map<String, Value>, case: &str) {
    let mut said = |name: &str| vars.remove(name);
    let at = format!("{case}: {}", host.name);
    let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let address = said("ansible_host").map_or_else(|| host.name.to_string(), text);
    let address = address.replace("{{ inventory_hostname }}", host.name.as_str());
    assert_eq!(host.connection.address, address, "{at}");
    let port = said("ansible_port").map_or(22, |port| port.as_u64().unwrap());
    assert_eq!(u64::from(host.connection.port), port, "{at}");
    assert_eq!(
        host.connection.user,
        said("ansible_user").map_or("ada".to_owned(), text),
        "{at}"
    );
    if let Some(key) = said("ansible_ssh_private_key_file") {
        assert_eq!(host.connection.identity_files, [PathBuf::from(text(key))], "{at}");
    }
    let r#become =
        said("ansible_become").is_some_and(|value| value != false && value != "no" && value != "false");
    let method = said("ansible_become_method").map_or("sudo".to_owned(), text);
    let wanted = if r#become { method } else { "none".to_owned() };
    assert_eq!(
        format!("{:?}", host.connection.r#become).to_lowercase(),
        wanted,
        "{at}"
    );
    said("ansible_ssh_common_args");
}

#[test]
fn hosts_groups_and_values_are_those_of_ansible_inventory() {
    let Some(ansible) = tools::find(
        "ansible-inventory",
        "inventories were not compared with Ansible's",
    ) else {
        return;
    };
    let (mut hosts, mut values) = (0, 0);
    for path in cases() {
        let case = path.display().to_string();
        let list = oracle(&ansible, &path);
        let inventory =
            Inventory::load(&path, &environment()).unwrap_or_else(|mistakes| panic!("{case}: {mistakes:?}"));
        for group in list.as_object().unwrap().keys().filter(|name| *name != "_meta") {
            let mut theirs = BTreeSet::new();
            members(&list, group, &mut theirs);
            let in_group =
                |host: &&Host| group == "all" || host.groups.iter().any(|name| name.as_str() == group);
            let ours: BTreeSet<String> = inventory
                .hosts
                .iter()
                .filter(in_group)
                .map(|host| host.name.to_string())
                .collect();
            assert_eq!(ours, theirs, "{case}: group {group}");
        }
        for host in &inventory.hosts {
            let theirs = &list["_meta"]["hostvars"][host.name.as_str()];
            let mut theirs = match without_null(theirs) {
                Some(Value::Object(vars)) => vars,
                _ => Map::new(),
            };
            check_connection(host, &mut theirs, &case);
            let ours = serde_json::to_value(&*host.vars).unwrap();
            assert_eq!(ours, Value::Object(theirs), "{case}: {}", host.name);
            hosts += 1;
            values += host.vars.iter().count();
        }
    }
    println!("agreement with ansible-inventory: {hosts} of {hosts} hosts, {values} of {values} values");
    assert!(hosts > 40 && values > 150, "{hosts} hosts, {values} values");
}

#[test]
fn what_is_converted_says_the_same() {
    for path in cases() {
        let read = |path: &Path| {
            Inventory::load(path, &environment())
                .unwrap_or_else(|mistakes| panic!("{}: {mistakes:?}", path.display()))
        };
        let before = read(&path);
        let folder = tempfile::tempdir().unwrap();
        let toml = folder.path().join("inventory.toml");
        fs::write(
            &toml,
            provision::document::write(before.imported.as_ref().unwrap()),
        )
        .unwrap();
        let after = read(&toml);
        assert_eq!(before.hosts.len(), after.hosts.len());
        for (before, after) in before.hosts.iter().zip(&after.hosts) {
            assert_eq!(before.name, after.name);
            assert_eq!(before.groups, after.groups);
            assert_eq!(before.connection, after.connection);
            let json = |host: &Host| serde_json::to_value(&*host.vars).unwrap();
            assert_eq!(json(before), json(after), "{}: {}", path.display(), before.name);
        }
    }
}

/// Reads `text` as a file of this name.
fn refused(name: &str, text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    match Inventory::load(&path, &environment()) {
        Ok(inventory) => panic!("{name} was taken: {inventory:?}"),
        Err(mistakes) => {
            let text = provision::report::diagnostic::render(&mistakes, false);
            text.replace(folder.path().to_str().unwrap(), "")
        }
    }
}

#[test]
fn mistakes_are_told_with_their_place() {
    for (name, text, says) in [
        ("hosts.ini", "[web]\nw1 port\n", "\"port\" is no `key=value`"),
        ("hosts.ini", "[web]\nw[1:\n", "this bracket has no partner"),
        ("hosts.ini", "[web:kids]\nx\n", "a section of kind `kids`"),
        ("hosts.ini", "[web:vars]\nx\n", "one variable in each line"),
        (
            "hosts.ini",
            "[a:children]\nb\n[b:children]\na\n[c]\nh\n",
            "circle: a, b",
        ),
        ("hosts.ini", "w 'x\n", "a quote is not closed"),
        ("hosts.ini", "w ansible_port=http\n", "a port is an integer"),
        (
            "hosts.ini",
            "w ansible_host='{{ lookup(1) }}'\n",
            "its address is a template",
        ),
        ("hosts.ini", "a/b\n", "no host name"),
        ("h.yml", "all: [a]\n", "group `all` is a mapping"),
        ("h.yml", "all:\n  hots: {a: }\n", "did you mean `hosts`?"),
        ("h.yml", "all: {hosts: {a: 1}}\n", "host `a` is a mapping"),
        ("h.yml", "all: [\n", "YAML"),
        ("h.yml", "a: 1\n---\nb: 2\n", "second YAML document"),
        ("h.yml", "a: &a [*a]\n", "alias"),
        ("h.json", "{\"a\": 1}", "list of hosts"),
        ("h.json", "{\"a\": {\"hosts\": [1]}}", "lists of names"),
        ("h.json", "{\"a\"\n", "JSON"),
    ] {
        let told = refused(name, text);
        assert!(told.contains(says), "{text:?}: {told}");
    }
}

#[test]
fn documents_that_blow_up_are_refused() {
    let mut text = "a: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = vec![format!("*a{}", level - 1); 10].join(", ");
        text += &format!("b{level}: &a{level} [{below}]\n");
    }
    assert!(refused("bomb.yml", &text).contains("too large"));
    let deep = format!("all: {}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(refused("deep.yml", &deep).contains("deep"));
    assert!(refused("hosts.ini", &format!("w[0:{}]", u64::MAX)).contains("at most"));
}

#[test]
fn a_script_is_asked_as_ansible_asks_it() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("cloud");
    let text = "#!/bin/sh\ncase $1 in\n\
                --list) echo '{\"web\": {\"hosts\": [\"w1\", \"w2\"]}}' ;;\n\
                --host) echo \"{\\\"name\\\": \\\"$2\\\"}\" ;;\nesac\n";
    program::write(&script, text);
    let inventory = Inventory::load(&script, &environment()).unwrap();
    let named: Vec<_> = inventory
        .hosts
        .iter()
        .map(|host| serde_json::to_value(&*host.vars).unwrap())
        .collect();
    assert_eq!(
        named,
        [
            serde_json::json!({"name": "w1"}),
            serde_json::json!({"name": "w2"})
        ]
    );
    program::write(&script, "#!/bin/sh\necho no cloud >&2\nexit 3\n");
    let failed = Inventory::load(&script, &environment()).unwrap_err();
    let told = provision::report::diagnostic::render(&failed, false);
    assert!(
        told.contains("no cloud") && told.contains("exit status: 3"),
        "{told}"
    );
}
