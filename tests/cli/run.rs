//! `provision run` on hosts inside this process: scripts, input, live output, and what of it is kept.

use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::fleets::{Fleet, fleet};
use super::signals::until;

/// Calls `run` with `input` on its stdin.
fn feed(fleet: &Fleet, args: &[&str], input: &[u8]) -> Output {
    let mut child = fleet
        .place
        .command(&[&["run"], args].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writing = std::thread::spawn({
        let input = input.to_vec();
        // Who is refused for another reason reads none of it.
        move || drop(stdin.write_all(&input))
    });
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap();
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_script_runs_by_its_first_line_and_leaves_nothing() {
    let fleet = fleet(2);
    let write = |name: &str, text: &str| std::fs::write(fleet.place.path(name), text).unwrap();
    write(
        "show.sh",
        "#!/bin/sh -u\necho \"$0|$1|$2|$-\"; tr '\\0' ' ' </proc/$$/cmdline; echo; ls -ld \"${0%/*}\"; exit 3 # hidden-word\n",
    );
    let said = fleet
        .place
        .call(&[
            "run", "--limit", "web001", "--script", "show.sh", "--", "a  b", "$HOME",
        ])
        .fails_with(1)
        .stdout;
    let lines: Vec<&str> = said.lines().map(str::trim).collect();
    let at = lines.iter().position(|line| *line == "web001 (exit 3):").unwrap();
    let mut words = lines[at + 1].split('|');
    let path = words.next().unwrap();
    assert_eq!(words.next(), Some("a  b"), "{said}");
    assert_eq!(words.next(), Some("$HOME"), "{said}");
    assert!(
        words.next().unwrap().contains('u'),
        "the argument of its first line: {said}"
    );
    assert!(lines[at + 2].starts_with(&format!("/bin/sh -u {path}")), "{said}");
    assert!(lines[at + 3].starts_with("drwx------"), "{said}");
    assert!(!said.contains("hidden-word"), "its text is no argument: {said}");
    assert!(path.ends_with("/script") && !Path::new(path).exists(), "{path}");
    assert!(!Path::new(path).parent().unwrap().exists(), "{path}");

    write("sum.awk", "#!/usr/bin/env -S awk -f\nBEGIN { print 40 + 2 }\n");
    let said = fleet.place.call(&["run", "--script", "sum.awk"]).success().stdout;
    assert!(said.contains("web[001-002] (exit 0):\n  42\n"), "{said}");
    write("plain", "echo by \"$(cat /proc/$$/comm)\"\nkill -TERM $$\n");
    let said = fleet
        .place
        .call(&["run", "--script", "plain"])
        .fails_with(1)
        .stdout;
    assert!(said.contains("web[001-002] (exit 143):\n  by sh\n"), "{said}");
}

#[test]
fn scripts_that_cannot_be_run_are_refused_before_any_contact() {
    let fleet = fleet(1);
    let write = |name: &str, text: &[u8]| std::fs::write(fleet.place.path(name), text).unwrap();
    write("windows", b"#!/bin/sh\r\necho\r\n");
    write("empty", b"#!\n");
    write("huge", &vec![b'\n'; (1 << 20) + 1]);
    for (script, why) in [
        ("windows", "carriage return"),
        ("empty", "names no program"),
        ("huge", "longer than"),
        ("none", "cannot read the script none"),
    ] {
        let said = fleet.place.call(&["run", "--script", script]).fails_with(2);
        assert!(
            said.stderr.contains(why) && said.stdout.is_empty(),
            "{}",
            said.stderr
        );
    }
    for (args, why) in [
        (&["--become-user", "a;b"][..], "no user's name"),
        (
            &["--become=none", "--become-user", "ada"],
            "leave out one of them",
        ),
    ] {
        let said = fleet
            .place
            .call(&[&["run"], args, &["--", "id"]].concat())
            .fails_with(2);
        assert!(said.stderr.contains(why), "{}", said.stderr);
    }
}

#[test]
fn what_comes_on_stdin_goes_to_every_host_byte_for_byte() {
    let fleet = fleet(2);
    let digest = |bytes: &[u8]| HEXLOWER.encode(&Sha256::digest(bytes));
    // Little, nothing, and more than is kept in memory or fits into any window.
    let large: Vec<u8> = (0..=255).cycle().take(5_000_001).collect();
    for input in [&b"a\0b\n\xff"[..], b"", &large] {
        for how in [&["--stdin"][..], &["-"]] {
            let told = feed(
                &fleet,
                &[how, &["--", "sha256sum; wc -c </dev/null"]].concat(),
                input,
            );
            let said = text(&told.stdout);
            assert_eq!(told.status.code(), Some(0), "{said}{}", text(&told.stderr));
            assert!(
                said.contains(&format!("web[001-002] (exit 0):\n  {}  -\n  0\n", digest(input))),
                "{} bytes: {said}",
                input.len()
            );
        }
    }
    // A command that reads little of it, or none, is not held up by the rest.
    let told = feed(&fleet, &["--stdin", "--", "head -c 3; exit 4"], &large);
    assert!(
        text(&told.stdout).contains("web[001-002] (exit 4):\n"),
        "{told:?}"
    );
    let told = feed(&fleet, &["--stdin", "--", "true"], &large);
    assert!(
        text(&told.stdout).contains("web[001-002] (exit 0), no output\n"),
        "{told:?}"
    );
    // A script has it on its stdin, too.
    std::fs::write(fleet.place.path("count"), "#!/bin/sh\nwc -c\n").unwrap();
    let told = feed(&fleet, &["-", "--script", "count"], &large);
    assert!(text(&told.stdout).contains("  5000001\n"), "{told:?}");
}

#[test]
fn output_is_told_live_with_its_host_and_once() {
    let fleet = fleet(2);
    let command = "echo one; echo trouble >&2; printf 'esc\\033]52;c;eA==\\007'; exit 2";
    let said = fleet
        .place
        .call(&["run", "-v", "--", command])
        .fails_with(1)
        .stdout;
    for host in ["web001", "web002"] {
        for line in ["| one", "! trouble", "| esc\\x1b]52;c;eA==\\x07"] {
            assert!(
                said.contains(&format!("{host} {line}\n")),
                "{host} {line}\n{said}"
            );
        }
    }
    assert!(said.contains("\nweb[001-002] (exit 2)\n"), "{said}");
    assert!(said.lines().all(|line| line.trim() != "one"), "{said}");
    // The record has it, too.
    let said = fleet.place.call(&["replay", "last"]).success().stdout;
    assert!(said.contains("web[001-002] (exit 2):\n  one\n"), "{said}");
}

#[test]
fn of_endless_output_the_ends_are_kept_and_the_gap_is_told() {
    let fleet = fleet(1);
    let command = "echo first; yes line | head -n 4000000; echo last";
    let said = fleet.place.call(&["run", "--", command]).success().stdout;
    assert!(said.len() < 200_000, "{} bytes", said.len());
    assert!(
        said.contains("  first\n") && said.contains("  last\n"),
        "{}",
        &said[..200]
    );
    let gap = said.lines().find(|line| line.contains("bytes left out")).unwrap();
    assert!(gap.contains("199"), "of 20,000,000 bytes: {gap}");
    let record = fleet
        .place
        .call(&["run", "-v", "--", "yes line | head -n 400000"])
        .success();
    assert!(
        record
            .stdout
            .lines()
            .filter(|line| *line == "web001 | line")
            .count()
            == 400_000
    );
    let runs = std::fs::read_dir(fleet.place.path("state/provision/runs")).unwrap();
    for run in runs {
        let length = run.unwrap().metadata().unwrap().len();
        assert!(length < 300_000, "a record of {length} bytes");
    }
}

/// What a command on a host does until it is let go.
fn until_let_go(fleet: &Fleet) -> String {
    let home = fleet.homes.path().join("web001");
    format!(
        "echo begun; : >{0}/begun; until [ -e {0}/go ]; do sleep 0.02; done; : >{0}/done",
        home.display()
    )
}

#[test]
fn a_command_that_was_left_is_not_said_to_have_done_nothing() {
    let fleet = fleet(1);
    let home = |name: &str| fleet.homes.path().join("web001").join(name);
    let child = fleet
        .place
        .command(&["run", "--", &until_let_go(&fleet)])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    until("the command begins", || home("begun").exists());
    // Two of one kind could arrive as one.
    for signal in ["-INT", "-TERM"] {
        let pid = child.id().to_string();
        let sent = std::process::Command::new("kill").args([signal, &pid]).status();
        assert!(sent.unwrap().success());
    }
    let output = child.wait_with_output().unwrap();
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(
        said.contains("web001  left while the command was at work, which may go on there"),
        "{said}"
    );
    std::fs::write(home("go"), "").unwrap();
    until("it goes on there", || home("done").exists());
    let again = fleet.place.call(&["replay", "last"]).success();
    assert_eq!(again.stdout, said);
}

#[test]
fn a_command_that_takes_too_long_is_ended_there_and_said() {
    let fleet = fleet(2);
    let command = "echo begun; sleep 600";
    for limit in ["--host-timeout", "--timeout"] {
        let said = fleet
            .place
            .call(&["run", limit, "2s", "--", command])
            .fails_with(1)
            .stdout;
        assert!(said.contains("web[001-002] (exit 143):\n  begun\n"), "{said}");
        assert!(
            said.contains("timed out:  web[001-002]  it took longer than it may, and was ended\n"),
            "{said}"
        );
        assert!(!said.contains("failed:"), "said once: {said}");
    }
}
