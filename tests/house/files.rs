//! What every file keeps to: length, no stray printing, nothing left to do, no place of one machine.

use std::fs;
use std::process::Command;

use super::{code, files, none};

/// Lines a source file may have; a longer one is a question.
const LONGEST: usize = 400;

/// Longer files, how long they may get, and why that is the answer.
const LONGER: &[(&str, usize, &str)] = &[
    ("tests/program/laws.rs", 500, "one test per danger of the design"),
    (
        "tests/report/canned.rs",
        500,
        "the runs every format is shown with",
    ),
];

#[test]
fn files_are_short() {
    let mut broken = Vec::new();
    let sources = files("src", ".rs")
        .into_iter()
        .chain(files("src", ".sh"))
        .chain(files("tests", ".rs"));
    for path in sources {
        let name = path.to_str().unwrap();
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        let longer = LONGER.iter().find(|(file, _, _)| *file == name);
        let longest = longer.map_or(LONGEST, |(_, lines, _)| *lines);
        if lines > longest {
            broken.push(format!("{name} has {lines} lines; at most {longest}"));
        }
    }
    for (file, _, _) in LONGER {
        let lines = fs::read_to_string(file).unwrap_or_default().lines().count();
        if lines <= LONGEST {
            broken.push(format!(
                "{file} has {lines} lines and needs no exception any more"
            ));
        }
    }
    none(&broken, "long files; part them where the story has a joint");
}

#[test]
fn only_the_reporters_print() {
    let mut broken = Vec::new();
    for path in files("src", ".rs") {
        for printing in ["println!", "eprintln!", "print!(", "dbg!"] {
            if code(&path).contains(printing) {
                broken.push(format!("{} has {printing}", path.display()));
            }
        }
    }
    none(&broken, "stray printing");
}

/// Words that mean unfinished work, or that only one machine understands. Cut in two, so that they are not found here.
const UNWANTED: &[(&str, &str)] = &[
    ("TO", "DO"),
    ("FIX", "ME"),
    ("XX", "X:"),
    ("todo", "!("),
    ("unimplemented", "!("),
    ("dbg", "!("),
    ("<<<<", "<<< "),
    ("/wo", "rk/"),
    ("/root", "/.cargo"),
];

#[test]
fn nothing_is_left_to_do_and_no_machine_is_named() {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached"])
        .output()
        .unwrap();
    assert!(listed.status.success(), "git lists the tracked files");
    let mut broken = Vec::new();
    let names = String::from_utf8(listed.stdout).unwrap();
    for name in names.split_terminator('\0') {
        // A file may be gone and not yet recorded so; what is not text has no words.
        let Ok(text) = fs::read_to_string(name) else {
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            for (first, second) in UNWANTED {
                if line.contains(&format!("{first}{second}")) {
                    broken.push(format!("{name}:{}: {line}", number + 1));
                }
            }
        }
    }
    none(&broken, "unwanted words");
}
