//! `provision run`: equal answers are told once, and a command that fails is a failure.

use std::time::{Duration, Instant};

use crate::kit::binary::{Folder, Provision, Told};
use crate::kit::docker::{self, Host};

fn run(limit: &str, command: &[&str]) -> Provision {
    Provision::new("run")
        .arg("--hosts")
        .arg(docker::inventory())
        .args(["--limit", limit])
        .args(["--output", "plain", "--"])
        .args(command)
}

fn without_time(told: &Told) -> String {
    told.stdout.rsplit_once(" · ").unwrap().0.to_owned()
}

#[test]
fn equal_answers_are_folded_and_a_failure_is_the_runs() {
    let Some(_lease) = docker::lease(&["db1", "db2", "db3", "edge1"]) else {
        return;
    };
    let all = "@db,edge1";
    let told = run(all, &["cat /etc/debian_version >/dev/null; echo same"])
        .plain()
        .exits(0);
    println!("{}", told.stdout);
    assert_eq!(
        without_time(&told),
        "command on 4 hosts\n\ndb[1-3], edge1 (exit 0):\n  same\n\n4 hosts ok"
    );
    // Two kinds of answer, one of them a failure with words on stderr.
    let text = "if [ \"$(hostname)\" = db2 ]; then echo odd; echo trouble >&2; exit 7; fi; echo even";
    let told = run(all, &[text]).plain().exits(1);
    println!("{}", told.stdout);
    assert!(
        told.stdout.contains("db1, db3, edge1 (exit 0):\n  even\n"),
        "{}",
        told.stdout
    );
    assert!(told.stdout.contains("odd"), "{}", told.stdout);
    assert!(told.stdout.contains("trouble"), "{}", told.stdout);
    assert!(
        told.stdout.contains("failed:  db2  exited with status 7\n"),
        "{}",
        told.stdout
    );
    // As root, with no words of the command lost or evaluated on the way.
    let told = run(all, &["printf", "%s|", "$HOME", "a  b", "*", "'"])
        .plain()
        .exits(0);
    assert!(told.stdout.contains("  $HOME|a  b|*|'|\n"), "{}", told.stdout);
    let told = run(all, &["id -un"]).plain().exits(0);
    assert!(
        told.stdout.contains("db[1-3], edge1 (exit 0):\n  root\n"),
        "{}",
        told.stdout
    );
    // Neither stdin nor a background process holds the run.
    let began = Instant::now();
    let told = run("db1", &["cat; sleep 600 & echo $!"]).plain().exits(0);
    assert!(began.elapsed() < Duration::from_secs(60));
    let pid = told
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("  "))
        .unwrap();
    Host("db1").sh(&format!("kill {pid}"));
}

#[test]
fn a_login_that_becomes_nobody_may_do_so_for_once() {
    let Some(_lease) = docker::lease(&["edge1"]) else {
        return;
    };
    let folder = Folder::new();
    let entry = Host("edge1").entry("edge1").replace("become = \"sudo\"\n", "");
    let inventory = folder.inventory(&entry);
    let who = |args: &[&str]| {
        let told = Provision::new("run")
            .arg("--hosts")
            .arg(&inventory)
            .args(["--output", "plain"])
            .args(args)
            .plain()
            .exits(0);
        let line = told.stdout.lines().find_map(|line| line.strip_prefix("  "));
        line.unwrap_or_default().to_owned()
    };
    assert_eq!(who(&["--", "id -un"]), "deploy");
    assert_eq!(who(&["--become", "--", "id -un"]), "root");
    assert_eq!(who(&["--become=none", "--", "id -un"]), "deploy");
    assert_eq!(who(&["--become-user", "nobody", "--", "id -un"]), "nobody");
    let script = folder.write("who", "#!/bin/sh\necho \"$(id -un) $1 $(stat -c %U \"$0\")\"\n");
    let script = script.to_str().unwrap();
    assert_eq!(
        who(&["--become-user=nobody", "--script", script, "--", "is"]),
        "nobody is nobody"
    );
    assert!(!Host("edge1").holds("ls -d /tmp/provision.*"), "nothing is left");
}
