//! What is wrong is said before anybody is contacted, all of it, and the exit code is 2.

use super::called::Place;
use super::files::{BASE, GREETING, INVENTORY, WEB, project};

#[test]
fn a_push_with_a_mistake_contacts_nobody() {
    let place = project();
    // A listener stands where db1 is said to be: whoever connects is noticed.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let inventory = INVENTORY.replace("port = 9\n", &format!("port = {port}\n"));
    std::fs::write(place.path("inventory.toml"), inventory).unwrap();
    for (name, args) in [
        ("unknown-profile", &["--profile", "bse"][..]),
        (
            "set-unknown-module",
            &[
                "--profile",
                "base",
                "--set",
                "greting.times=1",
                "--set",
                "greeting.times=1",
            ],
        ),
        (
            "set-unknown-key",
            &[
                "--profile",
                "base",
                "--set",
                "greeting.tmies=1",
                "--set",
                "greeting.times=1",
            ],
        ),
        (
            "set-wrong-type",
            &["--profile", "base", "--set", "greeting.times=often"],
        ),
        (
            "set-not-allowed",
            &[
                "--profile",
                "base",
                "--set",
                "greeting.times=1",
                "--set",
                "greeting.style=shy",
            ],
        ),
        ("set-malformed", &["--profile", "base", "--set", "greeting"]),
        ("no-inventory", &["--profile", "base", "--hosts", "none.toml"]),
        ("nobody-selected", &["--profile", "base", "--limit", "db1&!@db"]),
        ("unknown-host", &["--profile", "base", "--limit", "db2"]),
        ("missing-parameter", &["--profile", "base"]),
        (
            "report-unwritable",
            &[
                "--profile",
                "base",
                "--set",
                "greeting.times=1",
                "--report",
                "no/such/folder",
            ],
        ),
    ] {
        let args: Vec<&str> = ["push"].iter().chain(args).copied().collect();
        place.call(&args).fails_with(2).golden(&format!("push-{name}"));
    }
    let contacted = listener.accept();
    assert!(contacted.is_err(), "{contacted:?}");
}

#[test]
fn mistakes_of_all_files_are_told_at_once() {
    let place = Place::new(&[
        ("inventory.toml", &INVENTORY.replace("port = 9", "prot = 9")),
        ("profiles/base.toml", &BASE.replace("\"motd\"", "\"modt\"")),
        (
            "profiles/web.toml",
            &(WEB.to_owned() + "\n[config.nginx]\nsties = []\n"),
        ),
        (
            "profiles/modules/greeting.toml",
            &GREETING.replace("content =", "contents ="),
        ),
    ]);
    place
        .call(&["validate"])
        .fails_with(2)
        .golden("validate-all-wrong");
    place
        .call(&["push", "--profile", "web"])
        .fails_with(2)
        .golden("push-all-wrong");
}

#[test]
fn config_of_a_builtin_is_checked() {
    let place = Place::new(&[
        ("inventory.toml", INVENTORY),
        (
            "profiles/web.toml",
            "modules = [\"nginx\", \"packages\"]\n\n[[config.nginx.sites]]\nname = \"shop\"\nlisten = \"80\"\n\n[config.packages]\ninstal = [\"curl\"]\n",
        ),
        (
            "profiles/db.toml",
            "modules = [\"postgresql\"]\n\n[config.postgresql]\nversion = 15\n",
        ),
        (
            "profiles/people.toml",
            "modules = [\"users\"]\n\n[[config.users.users]]\nname = \"ada lovelace\"\n",
        ),
        (
            "profiles/root.toml",
            "modules = [\"nginx\"]\n\n[[config.nginx.sites]]\nname = \"shop\"\nroot = \"var/www\"\n",
        ),
    ]);
    for profile in ["web", "db", "people", "root"] {
        let said = place.call(&["validate", "--profile", profile]).fails_with(2);
        said.golden(&format!("validate-config-{profile}"));
    }
}
