//! Secrets from their places, explained values, schemas: what is asked of the command from outside.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use super::called::Place;
use super::files::{BASE, WEB, project};

const MODULE: &str = r#"description = "Takes a secret"

[params]
token = { type = "string", secret = true, description = "what it logs in with" }

[[step]]
file = "/etc/token"
content = "{{ token }}"
"#;

/// A project whose only host cannot be reached, and whose module is given this token.
fn taking(token: &str) -> Place {
    Place::new(&[
        (
            "inventory.toml",
            "[hosts.a]\naddress = \"127.0.0.1\"\nport = 1\nuser = \"x\"\n",
        ),
        (
            "profiles/main.toml",
            &format!("modules = [\"taker\"]\n\n[config.taker]\ntoken = {token}\n"),
        ),
        ("profiles/modules/taker.toml", MODULE),
    ])
}

#[test]
fn a_secret_that_cannot_be_fetched_stops_before_any_contact() {
    for (name, token) in [
        ("env", "{ secret_env = \"NO_SUCH_VARIABLE\" }"),
        ("file", "{ secret_file = \"none.txt\" }"),
        ("command", "{ secret_command = [\"false\"] }"),
        ("command-unknown", "{ secret_command = [\"no-such-program\"] }"),
        ("command-empty", "{ secret_command = [\"true\"] }"),
        ("command-text", "{ secret_command = \"pass show db\" }"),
        ("unknown", "{ secret_evn = \"X\" }"),
        ("with-more", "{ secret_env = \"X\", default = \"y\" }"),
        ("number", "{ secret_env = 5 }"),
    ] {
        let place = taking(token);
        let said = place.call(&["push", "--profile", "main"]).fails_with(2);
        said.golden(&format!("secret-{name}"));
    }
    // Nobody to ask: cargo's own terminal, if there is one, is not this process's.
    let place = taking("{ secret_prompt = \"Password\" }");
    let mut command = std::process::Command::new("setsid");
    command
        .arg(env!("CARGO_BIN_EXE_provision"))
        .args(["push", "--profile", "main"]);
    let output = command
        .arg("--no-record")
        .current_dir(place.dir.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("there is no terminal"),
        "{output:?}"
    );
}

#[test]
fn a_secret_is_fetched_once_and_told_nowhere() {
    let place = taking("{ secret_command = [\"./vault\", \"a b\", \"$(id)\"] }");
    let vault = place.path("profiles/vault");
    fs::write(&vault, "#!/bin/sh\necho \"$#:$1:$2\" >>asked\necho canary7fQ\n").unwrap();
    fs::set_permissions(&vault, fs::Permissions::from_mode(0o700)).unwrap();
    let inventory = "[hosts.a1]\naddress = \"127.0.0.1\"\nport = 1\nuser = \"x\"\n[hosts.a2]\naddress = \"127.0.0.1\"\nport = 1\nuser = \"x\"\n";
    fs::write(place.path("inventory.toml"), inventory).unwrap();
    let said = place
        .call(&["push", "--profile", "main", "-v", "--diff", "--no-record"])
        .fails_with(3);
    assert!(!said.stdout.contains("canary") && !said.stderr.contains("canary"));
    // No shell has read its words; it was started where the file that names it is, once for both hosts.
    assert_eq!(
        fs::read_to_string(place.path("profiles/asked")).unwrap(),
        "2:a b:$(id)\n"
    );
    // Nothing that only looks fetches it.
    place.call(&["validate", "--profile", "main"]).success();
    place.call(&["validate"]).success();
    place
        .call(&["modules", "show", "taker", "--profile", "main"])
        .success()
        .golden("modules-show-placed");
    place
        .call(&["explain", "a1", "taker.token", "--profile", "main"])
        .success()
        .golden("explain-secret");
    assert_eq!(
        fs::read_to_string(place.path("profiles/asked"))
            .unwrap()
            .lines()
            .count(),
        1
    );
}

#[test]
fn age_is_run_with_its_key() {
    let place = taking("{ secret_age = \"db.age\" }");
    // Stands for age: says what it was given where the test looks, and a secret.
    let program = place.path("bin/age");
    fs::create_dir(place.path("bin")).unwrap();
    fs::write(
        &program,
        format!(
            "#!/bin/sh\necho \"$@\" >{}\necho canary7fQ\n",
            place.path("asked").display()
        ),
    )
    .unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    let mut command = place.command(&["push", "--profile", "main", "--no-record"]);
    command.env("PATH", format!("{}:/usr/bin:/bin", place.path("bin").display()));
    command.env("PROVISION_AGE_IDENTITY", "/keys/mine");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let asked = fs::read_to_string(place.path("asked")).unwrap();
    assert!(asked.starts_with("--decrypt --identity /keys/mine /"), "{asked}");
    assert!(asked.trim_end().ends_with("/profiles/db.age"), "{asked}");
}

#[test]
fn a_value_is_explained_with_what_it_overrides() {
    let place = project();
    fs::write(
        place.path("profiles/base.toml"),
        BASE.to_owned() + "\n[config.motd]\ntext = \"everywhere\"\n\n[config.greeting]\ntimes = 1\n",
    )
    .unwrap();
    fs::write(
        place.path("profiles/web.toml"),
        WEB.to_owned() + "\n[config.greeting]\ntimes = 2\n",
    )
    .unwrap();
    for (name, args) in [
        ("group", &["db1", "motd.text", "--profile", "base"][..]),
        ("profile", &["db1", "greeting.times", "--profile", "web"]),
        (
            "set",
            &[
                "db1",
                "greeting.times",
                "--profile",
                "web",
                "--set",
                "greeting.times=3",
            ],
        ),
        ("default", &["db1", "greeting.text", "--profile", "web"]),
        ("module", &["db1", "greeting", "--profile", "web"]),
        ("nothing", &["db1", "greeting.times"]),
    ] {
        let args = [&["explain"], args].concat();
        place.call(&args).success().golden(&format!("explain-{name}"));
    }
    place
        .call(&["explain", "db1", "greeting.tmies"])
        .fails_with(2)
        .golden("explain-unknown-key");
    place
        .call(&["explain", "db2", "greeting.times"])
        .fails_with(2)
        .golden("explain-unknown-host");
}

#[test]
fn schemas_know_every_kind_and_every_key() {
    let place = project();
    place
        .call(&["schema", "profile"])
        .success()
        .golden("schema-profile");
    place
        .call(&["schema", "--write", "schemas"])
        .success()
        .golden("schema-write");
    place.call(&["schema"]).fails_with(2);
    let read = |kind: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(place.path(&format!("schemas/{kind}.json"))).unwrap())
            .unwrap()
    };
    let module = read("module");
    let kinds = module["properties"]["step"]["items"]["anyOf"].as_array().unwrap();
    for key in provision::resource::KEYS {
        let of_kind = |kind: &&Value| kind["required"].as_array().unwrap().iter().any(|it| it == key);
        let kind = kinds
            .iter()
            .find(of_kind)
            .unwrap_or_else(|| panic!("no schema of {key}"));
        assert!(kind["properties"]["when"].is_object(), "{key}");
        assert_eq!(kind["additionalProperties"], false, "{key}");
    }
    // Every key that the loader knows, it suggests for one that it does not know.
    let inventory = read("inventory");
    for (section, text) in [
        ("defaults", "[defaults]\nzzz = 1\n[hosts.a]\nuser = \"x\"\n"),
        ("groups", "[groups.g]\nzzz = 1\n[hosts.a]\nuser = \"x\"\n"),
        ("hosts", "[hosts.a]\nuser = \"x\"\nzzz = 1\n"),
    ] {
        fs::write(place.path("inventory.toml"), text).unwrap();
        let said = place.call(&["hosts"]).fails_with(2);
        let known = said.stderr.split("known: ").nth(1).unwrap().trim();
        let schema = &inventory["properties"][section];
        let schema = if section == "defaults" {
            schema
        } else {
            &schema["additionalProperties"]
        };
        let told: BTreeSet<&str> = schema["properties"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        for key in known
            .split(", ")
            .filter(|key| !key.contains('…') && !key.contains("more"))
        {
            assert!(
                told.contains(key),
                "the schema of {section} lacks `{key}`: src/inventory/schema.rs"
            );
        }
    }
}
