//! Runs that are recorded: listed, shown, told again; and when they cannot be.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;

use super::called::Place;
use super::signals::until;
use crate::kit::host::TestHost;

/// A project whose host is inside this process; its steps fail or wait as the files `fail` and `wait` say.
fn project(host: &TestHost) -> Place {
    let home = host.path("home");
    let home = home.display();
    let module = format!(
        r#"description = "Two steps"

[[step]]
file = "{home}/settings"
content = "workers = 4\n"

[[step]]
title = "start"
[step.sh]
check = "test -e {home}/started"
apply = "printf 'starting\\n\\377\\033[2J'; test ! -e {home}/fail || exit 7; touch {home}/begun; while test -e {home}/wait; do sleep 0.02; done; touch {home}/started"
"#
    );
    let inventory = format!(
        "[hosts.web1]\naddress = \"127.0.0.1\"\nport = {}\nidentity_file = '{}'\nknown_hosts = '{}'\nidentities_only = true\n",
        host.server.port(),
        host.path("id").display(),
        host.path("known_hosts").display(),
    );
    Place::new(&[
        ("inventory.toml", &inventory),
        ("profiles/main.toml", "modules = [\"app\"]\n"),
        ("profiles/modules/app.toml", &module),
    ])
}

fn host() -> (tokio::runtime::Runtime, TestHost) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let host = runtime.block_on(TestHost::start());
    (runtime, host)
}

const PUSH: &[&str] = &["push", "--profile", "main"];

fn records(place: &Place) -> Vec<PathBuf> {
    let folder = place.path("state/provision/runs");
    let files = fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_run_is_recorded_and_told_again_with_the_same_bytes() {
    let (_runtime, host) = host();
    let place = project(&host);
    fs::write(host.path("home/fail"), "").unwrap();
    let calls: [(&[&str], i32); 4] = [
        (&["push", "--profile", "main", "--dry-run", "--diff"], 0),
        (PUSH, 1),
        (&["push", "--profile", "main", "-v"], 1),
        (&["run", "--", "printf 'one\\n\\377'; echo two >&2; exit 3"], 1),
    ];
    for (number, (args, code)) in calls.into_iter().enumerate() {
        let live = place.call(args).fails_with(code);
        assert_eq!(live.stderr, "");
        let all = records(&place);
        assert_eq!(all.len(), number + 1);
        let mut replay = vec!["replay", "last"];
        replay.extend(args.contains(&"-v").then_some("-v"));
        let again = place.call(&replay).success();
        assert_eq!(again.stdout, live.stdout);
        assert_eq!(again.stderr, "");
        let ndjson = place.call(&["replay", "last", "--output", "ndjson"]).success();
        let record = fs::read_to_string(all.last().unwrap()).unwrap();
        let (label, events) = record.split_once('\n').unwrap();
        assert_eq!(ndjson.stdout, events);
        assert!(label.contains("\"event\":\"recorded\""), "{label}");
    }
    for path in records(&place) {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(
            fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777,
            0o700
        );
    }
    let listed = place.call(&["runs"]).success().stdout;
    for words in [
        "run printf 'one",
        "push main",
        "dry-run main",
        "web1",
        "2 would change",
        "1 host failed, 1 changed",
    ] {
        assert!(listed.contains(words), "{words} is not in\n{listed}");
    }
    let shown = place.call(&["runs", "show", "last"]).success().stdout;
    assert!(
        shown.contains("web1 (exit 3)") && shown.contains("one\n"),
        "{shown}"
    );
}

#[test]
fn two_runs_are_told_apart() {
    let (_runtime, host) = host();
    let place = project(&host);
    fs::write(host.path("home/fail"), "").unwrap();
    let report = |name: &str| place.path(name).to_str().unwrap().to_owned();
    let (before, after) = (report("a.ndjson"), report("b.ndjson"));
    place.call(&[PUSH, &["--report", &before]].concat()).fails_with(1);
    fs::remove_file(host.path("home/fail")).unwrap();
    place.call(&[PUSH, &["--report", &after]].concat()).success();
    let shown = place.call(&["runs", "show", &before]).success().stdout;
    assert!(
        shown.contains("failed:  web1  app: start (its apply exited with status 7)")
            && shown.contains("    | starting\n    | \\xff\\x1b[2J"),
        "{shown}"
    );
    let differs = place.call(&["runs", "diff", &before, &after]).success().stdout;
    let lines: Vec<&str> = differs.lines().map(str::trim_end).collect();
    assert_eq!(lines[0], "web1:", "{differs}");
    assert!(
        lines[1].ends_with("failed -> ok")
            && lines[2].contains("settings")
            && lines[2].ends_with("changed -> ok"),
        "{differs}"
    );
    assert!(lines[3].ends_with("failed -> changed"), "{differs}");
    let same = place.call(&["runs", "diff", &after, &after]).success().stdout;
    assert_eq!(same, "no difference on 1 host\n");
}

#[test]
fn a_controller_that_is_killed_leaves_a_record_to_read() {
    let (_runtime, host) = host();
    let place = project(&host);
    fs::write(host.path("home/wait"), "").unwrap();
    let mut command = place.command(&[PUSH, &["--output", "ndjson"]].concat());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    until("the step writes", || {
        let line = lines.next().unwrap().unwrap();
        line.contains("step-output")
    });
    until("it is written down", || {
        fs::read_to_string(&records(&place)[0])
            .unwrap()
            .contains("step-output")
    });
    assert!(place.call(&["runs"]).success().stdout.contains("running"));
    child.kill().unwrap();
    child.wait().unwrap();
    fs::remove_file(host.path("home/wait")).unwrap();
    assert!(place.call(&["runs"]).success().stdout.contains("interrupted"));
    let told = place.call(&["replay", "last"]).success();
    assert!(
        told.stdout.contains("settings") && told.stdout.contains("changed"),
        "{}",
        told.stdout
    );
    assert!(told.stderr.contains("the record ends before the run does"));
}

#[test]
fn a_run_goes_on_where_it_cannot_be_recorded() {
    let (_runtime, host) = host();
    let place = project(&host);
    fs::write(place.path("state"), "a file").unwrap();
    let said = place.call(PUSH).success();
    assert!(said.stdout.contains("2 changed"), "{}", said.stdout);
    assert!(
        said.stderr
            .starts_with("warning: this run is not recorded: cannot write to "),
        "{}",
        said.stderr
    );
    assert_eq!(said.stderr.lines().count(), 1);
    let mut command = place.command(PUSH);
    let said = command
        .env_remove("XDG_STATE_HOME")
        .env_remove("HOME")
        .output()
        .unwrap();
    assert_eq!(said.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&said.stderr).contains("neither XDG_STATE_HOME nor HOME"));
    let said = place.call(&[PUSH, &["--no-record"]].concat()).success();
    assert_eq!(said.stderr, "");
}

#[test]
fn a_run_that_never_began_is_no_record() {
    let (_runtime, host) = host();
    let place = project(&host);
    place.call(PUSH).success();
    let before = records(&place);
    assert_eq!(before.len(), 1);
    for report in ["missing/report.html", "report.docx"] {
        place.call(&[PUSH, &["--report", report]].concat()).fails_with(2);
        assert_eq!(records(&place), before);
    }
    // So the last run is the one that was.
    place.call(&["runs", "show", "last"]).success();
}

#[test]
fn a_report_that_breaks_off_is_told_of_whatever_the_run_came_to() {
    let (_runtime, host) = host();
    let place = project(&host);
    let incomplete = "the run went on, but its output is not complete: output to /dev/full stopped";
    for (command, code) in [("false", 1), ("true", 2)] {
        let said = place.call(&["run", "--report", "/dev/full", "--", command]);
        let said = said.fails_with(code);
        assert!(said.stderr.contains(incomplete), "{}", said.stderr);
    }
}

#[test]
fn records_that_are_not_there_or_none_are_mistakes() {
    let place = Place::new(&[("x.ndjson", "hello\n")]);
    let nothing = place.call(&["runs"]).success();
    assert!(
        nothing.stdout.starts_with("no run is recorded in "),
        "{}",
        nothing.stdout
    );
    for (args, message) in [
        (&["replay", "last"][..], "no run is recorded in"),
        (
            &["replay", "x.ndjson"],
            "cannot read x.ndjson: line 1: it is no event",
        ),
        (&["runs", "show", "./none.ndjson"], "cannot read ./none.ndjson"),
        (&["runs", "diff", "last", "last"], "no run is recorded in"),
    ] {
        let said = place.call(args).fails_with(2);
        assert!(said.stderr.contains(message), "{args:?}: {}", said.stderr);
    }
}
