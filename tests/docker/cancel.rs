//! Ctrl-C, once and twice, while a step is at work.

use std::time::{Duration, Instant};

use crate::kit::binary::{Folder, steps};
use crate::kit::docker::{self, Host};

const HOST: Host = Host("bastion");

/// A module whose second step works until a gate opens.
fn gated(folder: &Folder, work: &str) {
    let module = format!(
        r#"description = "A step that takes as long as it likes, between two others"
[[step]]
file = "{work}.before"
content = "before\n"
[[step]]
title = "sh long"
[step.sh]
check = "test -e {work}.done"
apply = """
touch {work}.begun
tries=0
until [ -e {work}.gate ] || [ $tries -gt 600 ]; do sleep 0.1; tries=$((tries + 1)); done
touch {work}.done
"""
[[step]]
file = "{work}.after"
content = "after\n"
"#
    );
    folder.profile("p", "modules = [\"gated\"]\n", &[("gated", &module)]);
    folder.inventory(&HOST.entry("host"));
}

#[test]
fn once_lets_the_step_end_and_begins_no_other() {
    let Some(_lease) = docker::lease(&["bastion"]) else {
        return;
    };
    let folder = Folder::new();
    gated(&folder, "/srv/once");
    let report = folder.path("report");
    let run = folder.push("p").arg("--report").arg(&report).start();
    HOST.until("the step is at work", "test -e /srv/once.begun");
    run.signal("INT");
    HOST.until("the host has heard", "ls /tmp/provision.*/stop");
    assert!(!HOST.holds("test -e /srv/once.done"), "the step is still at work");
    HOST.sh("touch /srv/once.gate");
    let told = run.finish().exits(130).with_report(&report);
    println!("{}", told.stdout);
    assert!(HOST.holds("test -e /srv/once.done"));
    assert!(!HOST.holds("test -e /srv/once.after"));
    assert_eq!(
        told.steps("host", "changed"),
        steps(&["gated: file /srv/once.before", "gated: sh long"])
    );
    assert_eq!(told.step("host", "file /srv/once.after")["outcome"], "skipped");
    assert_eq!(told.step("host", "file /srv/once.after")["reason"], "cancelled");
    assert_eq!(told.host("host")["status"], "cancelled");
    let last = told.stdout.lines().last().unwrap();
    assert!(last.starts_with("cancelled: "), "{last}");
    assert!(last.contains("2 changed, 0 ok, 1 skipped"), "{last}");

    // The next push does the rest.
    let told = folder.push("p").ndjson().exits(0);
    assert_eq!(
        told.steps("host", "changed"),
        steps(&["gated: file /srv/once.after"])
    );
}

#[test]
fn twice_leaves_at_once() {
    let Some(_lease) = docker::lease(&["bastion"]) else {
        return;
    };
    let folder = Folder::new();
    gated(&folder, "/srv/twice");
    let report = folder.path("report");
    let run = folder.push("p").arg("--report").arg(&report).start();
    HOST.until("the step is at work", "test -e /srv/twice.begun");
    run.signal("INT");
    HOST.until("the host has heard", "ls /tmp/provision.*/stop");
    run.signal("INT");
    let asked = Instant::now();
    let told = run.finish().exits(130).with_report(&report);
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    println!("{}", told.stdout);
    assert!(
        !HOST.holds("test -e /srv/twice.done"),
        "nobody waited for the step"
    );
    assert_eq!(told.step("host", "sh long")["reason"], "left");
    assert_eq!(told.step("host", "file /srv/twice.after")["reason"], "cancelled");
    let left = "cancelled:  host  1 of 3 steps done, left at work: gated: sh long\n";
    assert!(told.stdout.contains(left), "{}", told.stdout);

    // Left alone, the step ends, and no other begins.
    HOST.sh("touch /srv/twice.gate");
    HOST.until("the program has ended", "! ls -d /tmp/provision.*");
    assert!(HOST.holds("test -e /srv/twice.done"));
    assert!(!HOST.holds("test -e /srv/twice.after"));
    let told = folder.push("p").ndjson().exits(0);
    assert_eq!(
        told.steps("host", "changed"),
        steps(&["gated: file /srv/twice.after"])
    );
}
