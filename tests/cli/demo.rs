//! The main job on any machine: a dry-run, a push and a second push that changes nothing.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::called::Place;
use crate::kit::{program, tools};

#[test]
fn the_demo_changes_once_and_leaves_nothing() {
    let place = Place::new(&[("tmp/.keep", "")]);
    let output = place
        .command(&["demo"])
        .env("TMPDIR", place.path("tmp"))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let acts: Vec<&str> = said.split("\n$ provision push").collect();
    assert_eq!(acts.len(), 4, "{said}");
    assert!(acts[1].contains("15 would change"), "{}", acts[1]);
    assert!(acts[2].contains("15 changed"), "{}", acts[2]);
    assert!(
        acts[3].contains("0 changed") && acts[3].contains("15 ok"),
        "{}",
        acts[3]
    );
    let left: Vec<_> = fs::read_dir(place.path("tmp"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, [".keep"]);
}

#[test]
fn the_last_line_of_ndjson_is_the_runs_end() {
    let place = Place::new(&[]);
    let said = place
        .call(&[
            "demo",
            "--hosts",
            "1",
            "--output",
            "ndjson",
            "--report",
            "events.ndjson",
        ])
        .success();
    let last = said.stdout.lines().last().unwrap();
    let event: serde_json::Value = serde_json::from_str(last).unwrap();
    assert_eq!(
        (&event["v"], &event["event"]),
        (&1.into(), &"run-finished".into()),
        "{last}"
    );
    assert_eq!(
        (&event["steps"]["changed"], &event["steps"]["ok"]),
        (&0.into(), &5.into()),
        "{last}"
    );
    let report = fs::read_to_string(place.path("events.ndjson")).unwrap();
    assert_eq!(
        report.lines().last().unwrap(),
        last,
        "the report ends as the output does"
    );
    let mode = fs::metadata(place.path("events.ndjson"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// Root is asked for by nobody: neither by the hosts nor by the controller.
#[test]
fn the_demo_needs_no_root() {
    if !fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0) {
        // Then all other tests of it have shown so.
        return;
    }
    let Some(setpriv) = tools::find("setpriv", "the demo was not tried as another user") else {
        return;
    };
    let place = Place::new(&[]);
    // The checkout may be where only root can go.
    let program = place.path("provision");
    program::copy(Path::new(env!("CARGO_BIN_EXE_provision")), &program);
    fs::create_dir(place.path("tmp")).unwrap();
    for (path, mode) in [(place.path(""), 0o755), (place.path("tmp"), 0o1777)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let output = Command::new(setpriv)
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(&program)
        .args(["demo", "--hosts", "2"])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", "/nonexistent")
        .env("TMPDIR", place.path("tmp"))
        .current_dir(place.path("tmp"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains("10 changed") && said.contains("10 ok"), "{said}");
    assert_eq!(
        fs::read_dir(place.path("tmp")).unwrap().count(),
        0,
        "nothing is left"
    );
}

/// As in `provision demo | head -n 1`.
#[test]
fn a_reader_that_goes_away_is_no_panic() {
    for output in ["plain", "ndjson"] {
        let place = Place::new(&[]);
        let mut child = place
            .command(&["demo", "--hosts", "1", "--output", output])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ended = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&ended.stderr);
        assert!(!errors.contains("panicked"), "{errors}");
        assert!(
            ended.status.code().is_some_and(|code| code != 101),
            "{:?} {errors}",
            ended.status
        );
    }
}
