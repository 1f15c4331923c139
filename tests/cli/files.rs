//! What the files hold, shown and found sound.

use super::called::Place;

pub const INVENTORY: &str = r#"[defaults]
user = "deploy"
become = "sudo"

[groups.db.config.motd]
text = "a database"

[hosts.db1]
address = "127.0.0.1"
port = 9
groups = ["db", "eu"]

[hosts."web[01-03].example.com"]
groups = ["web"]
"#;

pub const BASE: &str = r#"description = "What every host has"
modules = ["motd", { name = "greeting", on_failure = "continue" }]
"#;

pub const WEB: &str = r#"description = "A web server"
include = ["base"]
modules = ["nginx"]
"#;

pub const GREETING: &str = r#"description = "Says hello at login"

[params]
text = { type = "string", default = "hello", description = "what is said" }
times = { type = "integer", description = "how often" }
style = { type = "string", default = "plain", allowed = ["plain", "loud"] }

[[step]]
file = "/etc/greeting"
content = "{% for _ in range(times) %}{{ text }}\n{% endfor %}"

[[step]]
sh = { check = "test -e /etc/greeted", apply = "touch /etc/greeted" }
"#;

/// A project that is in order.
pub fn project() -> Place {
    Place::new(&[
        ("inventory.toml", INVENTORY),
        ("profiles/base.toml", BASE),
        ("profiles/web.toml", WEB),
        ("profiles/modules/greeting.toml", GREETING),
    ])
}

#[test]
fn hosts_are_listed_and_shown() {
    let place = project();
    place.call(&["hosts"]).success().golden("hosts");
    place
        .call(&["hosts", "list", "--limit", "@web&!web02*"])
        .success()
        .golden("hosts-limit");
    place
        .call(&["hosts", "show", "db1"])
        .success()
        .golden("hosts-show");
    place
        .call(&["hosts", "show", "db11"])
        .fails_with(2)
        .golden("hosts-show-unknown");
    place
        .call(&["hosts", "list", "--hosts", "none.toml"])
        .fails_with(2)
        .golden("hosts-no-file");
}

/// Schedulers and containers set neither variable; ssh asks the system, too.
#[test]
fn without_variables_the_user_is_whom_the_system_knows() {
    let place = Place::new(&[("inventory.toml", "[hosts.db1]\n")]);
    let shown = place
        .command(&["hosts", "show", "db1"])
        .env_remove("USER")
        .output()
        .unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    let known = std::process::Command::new("id").arg("-un").output().unwrap();
    let known = String::from_utf8(known.stdout).unwrap();
    let address = format!("{}@db1", known.trim());
    assert!(shown.contains(&address), "{address} is not in {shown}");
}

#[test]
fn profiles_are_listed_and_shown() {
    let place = project();
    place.call(&["profiles"]).success().golden("profiles");
    place
        .call(&["profiles", "show", "web"])
        .success()
        .golden("profiles-show");
    place
        .call(&["profiles", "show", "wbe"])
        .fails_with(2)
        .golden("profiles-show-unknown");
    place
        .call(&["profiles", "list", "--profiles", "none"])
        .fails_with(2)
        .golden("profiles-no-folder");
    std::fs::write(place.path("profiles/broken.toml"), "modules = 5\n").unwrap();
    place
        .call(&["profiles", "list"])
        .success()
        .golden("profiles-broken");
}

#[test]
fn modules_are_listed_and_shown() {
    let place = project();
    place.call(&["modules"]).success().golden("modules");
    place
        .call(&["modules", "show", "nginx"])
        .success()
        .golden("modules-show-builtin");
    place
        .call(&["modules", "show", "greeting"])
        .success()
        .golden("modules-show-own");
    place
        .call(&["modules", "show", "gretting"])
        .fails_with(2)
        .golden("modules-show-unknown");
    std::fs::write(place.path("profiles/modules/nginx.toml"), GREETING).unwrap();
    place
        .call(&["modules"])
        .fails_with(2)
        .golden("modules-second-of-a-name");
}

#[test]
fn what_is_sound_is_said_to_be() {
    let place = project();
    place.call(&["validate"]).success().golden("validate");
    let set = ["validate", "--profile", "web", "--set", "greeting.times=2"];
    place.call(&set).success().golden("validate-profile");
    place
        .call(&["validate", "--profile", "web"])
        .fails_with(2)
        .golden("validate-missing-parameter");
}
