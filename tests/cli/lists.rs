//! Lists for programs: `--output json`, one object on one line, with the fields the documentation names.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::called::Place;
use super::files::project;
use crate::kit::host::TestHost;

/// What `args` print: one line, one object, of version 1.
fn object(place: &Place, args: &[&str], code: i32) -> Value {
    let said = place.call(args).fails_with(code);
    assert_eq!(said.stderr, "", "{args:?}");
    assert_eq!(said.stdout.matches('\n').count(), 1, "{args:?}\n{}", said.stdout);
    let object: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(object["v"], 1, "{object}");
    object
}

/// Every field of `value` and of what is in it.
fn fields(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields_of) => {
            for (name, value) in fields_of {
                found.insert(name.clone());
                fields(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| fields(item, found)),
        _ => {}
    }
}

#[test]
fn files_are_listed_for_programs() {
    let place = project();
    for (name, args) in [
        ("hosts", vec!["hosts"]),
        ("hosts-limit", vec!["hosts", "list", "--limit", "db1"]),
        ("hosts-show", vec!["hosts", "show", "db1"]),
        ("profiles", vec!["profiles"]),
        ("profiles-show", vec!["profiles", "show", "web"]),
        ("modules-show", vec!["modules", "show", "greeting"]),
        ("validate", vec!["validate"]),
        (
            "validate-profile",
            vec!["validate", "--profile", "web", "--set", "greeting.times=2"],
        ),
    ] {
        let args = [args.as_slice(), &["--output", "json"]].concat();
        object(&place, &args, 0);
        place.call(&args).success().golden(&format!("json-{name}"));
    }
    let modules = object(&place, &["modules", "--output", "json"], 0);
    let names: Vec<&str> = modules["modules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["module"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"greeting") && names.contains(&"nginx"),
        "{names:?}"
    );
    // Before the list's name as well as behind it.
    assert_eq!(
        object(&place, &["hosts", "--output", "json", "list"], 0),
        object(&place, &["hosts", "list", "--output", "json"], 0)
    );
    place
        .call(&["hosts", "--output", "json", "convert"])
        .fails_with(2);
}

#[test]
fn mistakes_are_listed_with_their_places() {
    let place = project();
    fs::write(
        place.path("profiles/modules/greeting.toml"),
        "descripton = \"x\"\n",
    )
    .unwrap();
    let found = object(&place, &["validate", "--output", "json"], 2);
    assert_eq!(found["sound"], false);
    let mistakes = found["mistakes"].as_array().unwrap();
    let unknown = mistakes
        .iter()
        .find(|one| one["message"] == "unknown key `descripton`")
        .unwrap();
    let place = serde_json::json!({ "file": "profiles/modules/greeting.toml", "line": 1, "column": 1 });
    assert_eq!(unknown["place"], place);
    assert_eq!(unknown["help"], "did you mean `description`?");
}

/// A host that is there and one that is not: facts, and then a run, as programs read them.
#[tokio::test(flavor = "multi_thread")]
async fn facts_and_runs_are_told_to_programs() {
    let host = TestHost::start().await;
    let place = project();
    let inventory = format!(
        "[defaults]\nuser = 'tester'\nidentity_file = '{0}/id'\nidentities_only = true\nknown_hosts = '{0}/known_hosts'\n\
         [hosts.one]\naddress = '127.0.0.1'\nport = {1}\n[hosts.two]\naddress = '127.0.0.1'\nport = 1\n",
        host.dir.path().display(),
        host.server.port()
    );
    fs::write(place.path("inventory.toml"), inventory).unwrap();
    fs::write(place.path("profiles/home.toml"), "modules = ['home']\n").unwrap();
    let module = "description = 'x'\n[[step]]\nfile = '~/x'\n[[step]]\nsh = { check = 'false', apply = 'echo no; false' }\n";
    fs::write(place.path("profiles/modules/home.toml"), module).unwrap();
    let facts = object(&place, &["facts", "--output", "json"], 3);
    assert_eq!(facts["hosts"][0]["host"], "one");
    assert!(facts["hosts"][0]["facts"]["kernel"].is_string(), "{facts}");
    assert_eq!(facts["hosts"][1]["facts"], Value::Null);
    assert!(facts["hosts"][1]["unreachable"].is_object(), "{facts}");

    let none = object(&place, &["runs", "--output", "json"], 0);
    assert_eq!(
        (&none["runs"], &none["recorded"]),
        (&Value::Array(Vec::new()), &0.into())
    );
    place.call(&["push", "--profile", "home"]).fails_with(1);
    let runs = object(&place, &["runs", "--output", "json"], 0);
    let run = &runs["runs"][0];
    assert_eq!(
        (
            &run["mode"],
            &run["profile"],
            &run["hosts"],
            &run["standing"],
            &run["exit_code"]
        ),
        (
            &"push".into(),
            &"home".into(),
            &2.into(),
            &"finished".into(),
            &1.into()
        ),
        "{runs}"
    );
    assert_eq!(run["summary"]["steps"]["changed"], 1, "{runs}");
    let shown = object(&place, &["runs", "show", "last", "--output", "json"], 0);
    assert_eq!(
        (&shown["run"], &shown["whole"]),
        (&run["run"], &true.into()),
        "{shown}"
    );
    let hosts = shown["hosts"].as_array().unwrap();
    let of = |name: &str| hosts.iter().find(|host| host["host"] == name).unwrap();
    assert_eq!(of("two")["status"], "unreachable", "{shown}");
    let finished = of("one")["finished"].as_array().unwrap();
    let outcomes: Vec<&Value> = finished.iter().map(|step| &step["outcome"]).collect();
    assert_eq!(outcomes, ["changed", "failed"], "{shown}");
    assert_eq!(finished[1]["output"], "no\n", "{shown}");
    assert_eq!(shown["summary"]["hosts"]["unreachable"], 1, "{shown}");

    // Every field of ours is in the documentation; those of events are those of NDJSON.
    let documented = fs::read_to_string("docs/cli.md").unwrap();
    let section = documented
        .split("## Lists for programs\n")
        .nth(1)
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap();
    let mut found = BTreeSet::new();
    fields(&runs, &mut found);
    for args in [
        vec!["hosts"],
        vec!["hosts", "show", "one"],
        vec!["profiles"],
        vec!["profiles", "show", "home"],
        vec!["modules"],
        vec!["modules", "show", "greeting"],
        vec!["modules", "show", "home", "--profile", "home"],
        vec!["validate", "--profile", "home"],
    ] {
        fields(
            &object(&place, &[args.as_slice(), &["--output", "json"]].concat(), 0),
            &mut found,
        );
    }
    found.extend(shown.as_object().unwrap().keys().cloned());
    found.extend(of("one").as_object().unwrap().keys().cloned());
    let missing: Vec<&String> = found
        .iter()
        .filter(|field| !section.contains(&format!("`{field}`")))
        .collect();
    assert!(missing.is_empty(), "not documented: {missing:?}");
}
