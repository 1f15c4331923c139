//! Two pushes to one host at the same time, and what `--diff` shows before either.

use crate::kit::binary::{Folder, steps};
use crate::kit::docker::{self, Host};

#[test]
fn the_second_is_locked_out_and_nothing_breaks() {
    let Some(_lease) = docker::lease(&["bastion"]) else {
        return;
    };
    let host = Host("bastion");
    let folder = Folder::new();
    folder.inventory(&host.entry("host"));
    let module = r#"[[step]]
title = "sh slow"
[step.sh]
check = "test -e /srv/lock.done"
apply = "touch /srv/lock.begun; n=0; until [ -e /srv/lock.gate ] || [ $n -gt 600 ]; do sleep 0.1; n=$((n + 1)); done; touch /srv/lock.done"
[[step]]
file = "/srv/lock.after"
content = "x\n"
"#;
    folder.profile("p", "modules = [\"m\"]\n", &[("m", module)]);
    let first = folder.push("p").args(["--output", "ndjson"]).start();
    host.until("the first is at work", "test -e /srv/lock.begun");

    // A dry-run needs no lock; it changes nothing.
    let told = folder
        .push("p")
        .args(["--dry-run", "--output", "ndjson"])
        .plain()
        .exits(0);
    assert_eq!(told.steps("host", "would-change").len(), 2);

    let report = folder.path("report");
    let second = folder
        .push("p")
        .arg("--report")
        .arg(&report)
        .plain()
        .exits(1)
        .with_report(&report);
    println!("{}", second.stdout);
    assert_eq!(second.steps("host", "failed"), steps(&["m: sh slow"]));
    assert_eq!(
        second.steps("host", "skipped"),
        steps(&["m: file /srv/lock.after"])
    );
    let failed = second.step("host", "sh slow");
    assert_eq!(failed["reason"], "locked");
    let pid = failed["pid"].as_u64().unwrap();
    assert_eq!(
        host.sh(&format!("cat /proc/{pid}/comm")),
        "sh\n",
        "the process that holds the lock"
    );
    let words = format!("another run is changing this host (process {pid} there)");
    assert!(second.stdout.contains(&words), "{}", second.stdout);

    host.sh("touch /srv/lock.gate");
    let first = first.finish().exits(0);
    assert_eq!(first.steps("host", "changed").len(), 2);
    let third = folder.push("p").ndjson().exits(0);
    assert_eq!(third.summary()["steps"]["ok"], 2);
}

#[test]
fn of_a_text_that_others_write_the_lines_that_change_are_shown() {
    let Some(_lease) = docker::lease(&["db1", "db2"]) else {
        return;
    };
    let hosts = [Host("db1"), Host("db2")];
    let folder = Folder::new();
    folder.inventory(&(hosts[0].entry("db1") + &hosts[1].entry("db2")));
    let module = "[[step]]\nline = \"/srv/edited.conf\"\nmatch = \"^Port \"\ntext = \"Port 2222\"\n\
        [[step]]\nini = \"/srv/edited.ini\"\nsection = \"a\"\nkey = \"k\"\nvalue = \"new\"\n\
        [[step]]\nline = \"/srv/edited.secret\"\nmatch = \"^password=\"\ntext = \"password=hunter22\"\nsecret = true\n\
        [[step]]\nline = \"/srv/edited.secret\"\ntext = \"user=app\"\n";
    folder.profile("p", "modules = [\"m\"]\n", &[("m", module)]);
    for host in hosts {
        // What stands around the lines is another on each of them.
        host.sh("{ hostname; echo Port 22; hostname; } >/srv/edited.conf; printf '[a]\\nk = old\\n[b]\\nk = 1' >/srv/edited.ini");
        host.sh("printf 'password=an older one\\n' >/srv/edited.secret");
    }
    let before = hosts.map(Host::settled);
    let told = folder.push("p").args(["--dry-run", "--diff"]).plain().exits(0);
    println!("{}", told.stdout);
    for (host, before) in hosts.into_iter().zip(&before) {
        before.assert_same(&host.state(), host);
    }
    let lines: Vec<&str> = told.stdout.lines().map(str::trim).collect();
    let block = |path: &str, gone: &str, come: &str| {
        let wanted = [
            format!("--- {path} (now)"),
            format!("+++ {path} (wanted)"),
            gone.into(),
            come.into(),
        ];
        lines.windows(4).filter(|four| *four == wanted).count()
    };
    assert_eq!(
        block("/srv/edited.conf", "-Port 22", "+Port 2222"),
        1,
        "{}",
        told.stdout
    );
    assert_eq!(
        block("/srv/edited.ini", "-k = old", "+k = new"),
        1,
        "{}",
        told.stdout
    );
    assert!(lines.contains(&"db[1-2]: 4 changes"), "{}", told.stdout);
    for text in ["hunter22", "older", "user=app (", "+user=app", "[b]", "on db"] {
        assert!(!told.stdout.contains(text), "{text}: {}", told.stdout);
    }
    let told = folder.push("p").arg("--diff").ndjson().exits(0);
    for host in ["db1", "db2"] {
        let diffs = told.diffs(host);
        assert_eq!(diffs.len(), 2, "{diffs:?}");
        for diff in diffs {
            let path = diff["path"].as_str().unwrap();
            let is = if host == "db1" { hosts[0] } else { hosts[1] }.sh(&format!("cat {path}"));
            assert_eq!(diff["after"], is, "{host}");
        }
    }
    assert!(!told.stdout.contains("hunter22") && !told.stdout.contains("older"));
    let again = folder.push("p").arg("--diff").ndjson().exits(0);
    assert_eq!(again.summary()["steps"]["ok"], 8);
    assert!(again.diffs("db1").is_empty());
}

#[test]
fn a_diff_is_shown_and_not_written() {
    let Some(_lease) = docker::lease(&["db1", "db2"]) else {
        return;
    };
    let hosts = [Host("db1"), Host("db2")];
    let folder = Folder::new();
    folder.inventory(&(hosts[0].entry("db1") + &hosts[1].entry("db2")));
    let module = "[[step]]\nfile = \"/srv/diffed\"\ncontent = \"one\\ntwo\\nthree\\n\"\n\
        [[step]]\nfile = \"/srv/diffed.new\"\ncontent = \"new\\n\"\n";
    folder.profile("p", "modules = [\"m\"]\n", &[("m", module)]);
    for host in hosts {
        host.sh("printf 'one\\nTWO\\nthree\\n' >/srv/diffed; rm -f /srv/diffed.new");
    }
    let before = hosts.map(Host::settled);
    let told = folder.push("p").args(["--dry-run", "--diff"]).plain().exits(0);
    println!("{}", told.stdout);
    for (host, before) in hosts.into_iter().zip(&before) {
        before.assert_same(&host.state(), host);
    }
    // Two hosts alike: one block, each diff once.
    assert!(told.stdout.contains("\ndb[1-2]: 2 changes\n"), "{}", told.stdout);
    let lines = |sign: &str| {
        told.stdout
            .lines()
            .filter(|line| line.trim_start().starts_with(sign))
            .count()
    };
    assert!(
        told.stdout.contains("-TWO") && told.stdout.contains("+two"),
        "{}",
        told.stdout
    );
    assert!(told.stdout.contains("+new"), "{}", told.stdout);
    assert_eq!((lines("-TWO"), lines("+two"), lines("+new")), (1, 1, 1));
}
