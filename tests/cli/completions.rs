//! Completion, asked by the shells themselves: from files alone, without contact, silent when files are broken.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use super::called::Place;
use super::files::project;
use crate::kit::{program, tools};

/// A project whose commands a shell completes.
struct Completing {
    place: Place,
    shell: &'static str,
}

impl Completing {
    fn new(shell: &'static str) -> Self {
        let place = project();
        let said = place.call(&["completions", shell]).success();
        fs::write(place.path("complete"), &said.stdout).unwrap();
        fs::create_dir_all(place.path("state/provision/runs")).unwrap();
        Self { place, shell }
    }

    fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", self.place.path(""))
            .env("XDG_STATE_HOME", self.place.path("state"))
            .env("XDG_CONFIG_HOME", self.place.path("config"))
            .env("XDG_DATA_HOME", self.place.path("data"))
            .env("TERM", "xterm")
            .current_dir(self.place.path(""))
            .stdin(Stdio::null());
        command
    }

    /// What bash is offered for `line`, of which it replaces `part`: what is behind its last word break.
    fn bash(&self, line: &str, part: &str) -> Vec<String> {
        let script =
            "source ./complete; COMP_LINE=$1 COMP_POINT=${#1}; _provision_complete provision \"$2\" x
            [ ${#COMPREPLY[@]} = 0 ] || printf '%s\\n' \"${COMPREPLY[@]}\"";
        let output = self
            .command(
                "bash",
                &["--noprofile", "--norc", "-c", script, "bash", line, part],
            )
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{line}");
        assert_eq!(output.status.code(), Some(0), "{line}");
        let said = String::from_utf8(output.stdout).unwrap();
        said.lines().map(str::to_owned).collect()
    }

    fn fish(&self, line: &str) -> Vec<String> {
        let script = "source ./complete; complete -C $argv[1]";
        let output = self
            .command("fish", &["--no-config", "-c", script, line])
            .output()
            .unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let said = String::from_utf8(output.stdout).unwrap();
        said.lines().map(str::to_owned).collect()
    }

    /// Types `lines` at a terminal, each up to the tab that completes it, and gives the words that `provision` was called
    /// with.
    fn type_in(&self, before: &str, lines: &[&str]) -> Vec<Vec<String>> {
        let start = match self.shell {
            "zsh" => "zsh -f -i",
            _ => "bash --noprofile --norc -i",
        };
        let mut child = self
            .command("script", &["-qec", start, "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut keys = format!("{before}\nsource ./complete\n");
        keys += "provision() { printf '\\nGOT'; printf '{%s}' \"$@\"; echo; }\n";
        for line in lines {
            keys += &format!("{line}\t\n");
        }
        keys += "exit\n";
        child.stdin.take().unwrap().write_all(keys.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let got: Vec<Vec<String>> = said
            .lines()
            .filter_map(|line| line.trim().strip_prefix("GOT{"))
            .map(|words| {
                words
                    .trim_end_matches('}')
                    .split("}{")
                    .map(str::to_owned)
                    .collect()
            })
            .collect();
        assert_eq!(got.len(), lines.len(), "{said}");
        got
    }
}

#[test]
fn bash_is_offered_names() {
    let asked = Completing::new("bash");
    let offered = |line: &str, part: &str| asked.bash(line, part);
    assert_eq!(offered("provision push --profile ", ""), ["base", "web"]);
    assert_eq!(
        offered("provision push --limit w", "w"),
        ["web01.example.com", "web02.example.com", "web03.example.com"]
    );
    // Bash replaces what stands behind `@`, `=` and an open quote.
    assert_eq!(
        offered("provision push --limit @", ""),
        ["db", "eu", "web", "failed:last"]
    );
    assert_eq!(offered("provision push --limit=@w", "w"), ["web"]);
    assert_eq!(offered("provision push --limit db1,@w", "w"), ["web"]);
    assert_eq!(
        offered("provision push --limit '@web&!d", "@web&!d"),
        ["@web&!db1"]
    );
    assert_eq!(offered("provision hosts show d", "d"), ["db1"]);
    assert_eq!(offered("provision modules show gr", "gr"), ["greeting"]);
    assert_eq!(offered("provision profiles show w", "w"), ["web"]);
    assert_eq!(
        offered("provision explain db1 greeting.t", "greeting.t"),
        ["greeting.text", "greeting.times"]
    );
    assert_eq!(offered("provision push --order db,w", "db,w"), ["db,web"]);
    assert_eq!(offered("provision hosts --hosts inv", "inv"), ["inventory.toml"]);
    assert_eq!(offered("provision validate --limit nobody", "nobody"), [""; 0]);
    assert!(offered("provision ", "").contains(&"push".to_owned()));
    assert_eq!(offered("provision push --dry", "--dry"), ["--dry-run"]);
}

#[test]
fn files_that_are_named_are_looked_into() {
    let asked = Completing::new("bash");
    fs::create_dir(asked.place.path("other dir")).unwrap();
    fs::write(asked.place.path("other dir/hosts.ini"), "[lab]\nalpha\nbeta\n").unwrap();
    fs::create_dir(asked.place.path(".ssh")).unwrap();
    fs::write(asked.place.path(".ssh/config"), "Host gamma *.example.com\n").unwrap();
    let offered = |line: &str, part: &str| asked.bash(line, part);
    assert_eq!(offered("provision hosts --hosts oth", "oth"), ["other\\ dir/"]);
    assert_eq!(offered("provision hosts --hosts 'oth", "oth"), ["other dir/"]);
    for hosts in ["--hosts 'other dir/hosts.ini'", "--hosts=other\\ dir/hosts.ini"] {
        assert_eq!(
            offered(&format!("provision push {hosts} --limit @l"), "l"),
            ["lab"],
            "{hosts}"
        );
    }
    assert_eq!(
        offered("provision push --hosts ~/.ssh/config --limit g", "g"),
        ["gamma"]
    );
}

#[test]
fn runs_are_offered() {
    let asked = Completing::new("bash");
    asked
        .place
        .call(&["push", "--profile", "base", "--set", "greeting.times=1"])
        .fails_with(3);
    let offered = asked.bash("provision runs show ", "");
    assert_eq!(offered.first().map(String::as_str), Some("last"), "{offered:?}");
    let run = offered.get(1).unwrap();
    assert!(run.starts_with("20"), "{offered:?}");
    assert_eq!(
        asked.bash(&format!("provision replay {}", &run[..6]), &run[..6]),
        std::slice::from_ref(run)
    );
    assert_eq!(asked.bash("provision push --limit @failed:l", "l"), ["last"]);
}

#[test]
fn what_is_broken_is_silent_and_scripts_are_not_run() {
    let asked = Completing::new("bash");
    let write = |name: &str, text: &str| fs::write(asked.place.path(name), text).unwrap();
    write("broken.toml", "[hosts.a\n");
    write("profiles/broken.toml", "modules = 5\n");
    write("profiles/modules/broken.toml", "nothing = 1\n");
    program::write(&asked.place.path("script"), "#!/bin/sh\ntouch ran\necho '{}'\n");
    write("ssh_config", "Host a\nMatch exec \"touch ran\"\n  Include more\n");
    for (file, hosts) in [
        ("broken.toml", vec![]),
        ("none.toml", vec![]),
        ("script", vec![]),
        ("ssh_config", vec!["a"]),
    ] {
        let line = format!("provision hosts --hosts {file} show ");
        let offered = asked.bash(&line, "");
        let offered: Vec<&String> = offered.iter().filter(|one| !one.starts_with('-')).collect();
        assert_eq!(offered, hosts, "{file}");
    }
    assert!(!asked.place.path("ran").exists());
    assert!(
        asked
            .bash("provision push --profile ", "")
            .contains(&"web".to_owned())
    );
    assert_eq!(asked.bash("provision modules show gr", "gr"), ["greeting"]);
}

/// `COMPLETE` may be there for reasons of its own.
#[test]
fn another_meaning_of_the_variable_is_left_alone() {
    let place = project();
    let output = place
        .command(&["profiles"])
        .env("COMPLETE", "1")
        .output()
        .unwrap();
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("A web server"),
        "{output:?}"
    );
    let script = place.command(&[]).env("COMPLETE", "bash").output().unwrap();
    assert_eq!(
        String::from_utf8(script.stdout).unwrap(),
        place.call(&["completions", "bash"]).success().stdout
    );
}

#[test]
fn bash_completes_at_a_terminal() {
    if tools::find("script", "completion was not tried at a terminal").is_none() {
        return;
    }
    let asked = Completing::new("bash");
    let got = asked.type_in(
        "bind 'set enable-bracketed-paste off'",
        &[
            "provision push --profile w",
            "provision push --limit @d",
            "provision push --limit=@d",
            "provision push --limit '@web&!d",
            "provision modules show gree",
        ],
    );
    assert_eq!(
        got,
        [
            vec!["push", "--profile", "web"],
            vec!["push", "--limit", "@db"],
            vec!["push", "--limit=@db"],
            vec!["push", "--limit", "@web&!db1"],
            vec!["modules", "show", "greeting"],
        ]
    );
}

#[test]
fn zsh_completes_at_a_terminal() {
    let there = |tool| tools::find(tool, "completion in zsh was not tried").is_some();
    if !there("script") || !there("zsh") {
        return;
    }
    let asked = Completing::new("zsh");
    let got = asked.type_in(
        "unset zle_bracketed_paste; autoload -Uz compinit; compinit -D -u",
        &[
            "provision push --profile w",
            "provision push --limit @d",
            "provision push --limit '@web&!d",
            "provision modules show gree",
        ],
    );
    assert_eq!(
        got,
        [
            vec!["push", "--profile", "web"],
            vec!["push", "--limit", "@db"],
            vec!["push", "--limit", "@web&!db1"],
            vec!["modules", "show", "greeting"],
        ]
    );
}

#[test]
fn fish_is_offered_names_and_what_they_are() {
    if tools::find("fish", "completion in fish was not tried").is_none() {
        return;
    }
    let asked = Completing::new("fish");
    assert_eq!(asked.fish("provision push --profile w"), ["web\tA web server"]);
    assert_eq!(asked.fish("provision push --limit @d"), ["@db"]);
    assert_eq!(asked.fish("provision push --limit 'db1,@w"), ["db1,@web"]);
    assert_eq!(
        asked.fish("provision modules show gree"),
        ["greeting\tSays hello at login"]
    );
}
