//! The example of `docs/modules.md`, taken from the page as it stands, works on a fresh host at the first try; and the
//! secrets it is given, from every place they may come from, are nowhere but in the files they are meant for.

use std::collections::HashSet;
use std::fs;
use std::io::Read;

use crate::kit::binary::{Folder, Provision, Told};
use crate::kit::program;
use crate::kit::throwaway::{Image, Throwaway};

/// Writes the files of the page's example into `folder`: a path in backquotes, then a block.
fn write_example(folder: &Folder) {
    let page = fs::read_to_string("docs/modules.md").unwrap();
    let example = page.split("## A complete example").nth(1).unwrap();
    let example = example.split("\n## ").next().unwrap();
    let mut parts = example.split("```");
    let mut written = 0;
    while let (Some(before), Some(block)) = (parts.next(), parts.next()) {
        let name = before
            .rsplit('`')
            .find(|part| part.starts_with("profiles/"))
            .unwrap();
        folder.write(name, block.split_once('\n').unwrap().1);
        written += 1;
    }
    assert_eq!(written, 3, "the module, its template, the profile");
}

#[test]
fn the_example_of_the_page_works_at_the_first_try() {
    let Some(host) = Throwaway::start(Image::Systemd) else {
        return;
    };
    let folder = Folder::new();
    write_example(&folder);
    folder.inventory(&host.entry("host"));
    let push = || {
        folder
            .push("boards")
            .env("BOARD_TOKEN", "canary-of-the-page")
            .ndjson()
    };
    let told = folder
        .push("boards")
        .arg("--dry-run")
        .env("BOARD_TOKEN", "canary-of-the-page");
    let predicted = told.ndjson().exits(0).steps("host", "would-change");
    let changed = push().exits(0).steps("host", "changed");
    assert_eq!(predicted, changed);
    assert!(changed.contains("board: user grace"), "{changed:?}");
    let notice = host.sh("cat /etc/board/notice");
    assert_eq!(
        notice, "*** QUIET, PLEASE ***\non host, written by ada, grace\n",
        "the template"
    );
    assert_eq!(host.sh("getent passwd grace | cut -d: -f7"), "/bin/bash\n");
    assert_eq!(
        host.sh("cat /etc/board/token; stat -c %a /etc/board/token"),
        "canary-of-the-page\n600\n"
    );
    assert_eq!(
        host.sh("cat /etc/board/token.sum"),
        host.sh("cksum </etc/board/token"),
        "the output of the step before"
    );
    let told = push().exits(0);
    assert_eq!(told.host("host")["steps"]["changed"], 0, "{}", told.stdout);
    // What was damaged by hand is noticed by the loop's step and by the one that reads another's output.
    host.sh("chsh -s /bin/sh grace; echo 0 >/etc/board/token.sum");
    let mended = push().exits(0).steps("host", "changed");
    let expected = ["board: note the token's checksum", "board: user grace"];
    assert_eq!(mended, expected.iter().map(|step| (*step).to_owned()).collect());
}

/// One secret for each place they come from, found nowhere else.
const CANARIES: [(&str, &str); 4] = [
    ("environment", "canaryEnvironment7fQ'$(id)"),
    ("file", "canaryFile7fQ"),
    ("command", "canaryCommand7fQ"),
    ("literal", "canaryLiteral7fQ"),
];

const MODULE: &str = r#"description = "Takes a secret from everywhere, and uses it in every way there is"

[params]
environment = { type = "string", secret = true }
file = { type = "string" }
command = { type = "table" }
literal = { type = "string", secret = true }

[[step]]
file = "/root/environment"
content = "{{ environment }}"
mode = "0600"

[[step]]
file = "/root/file"
content = "{{ 'password=' ~ file }}\n"
mode = "0600"

[[step]]
sh.check = "[ \"$(cat /root/command 2>/dev/null)\" = \"$password\" ]"
sh.apply = "umask 077; printf '%s\n' \"$password\" >/root/command; sleep 1"
variables = { password = "{{ command.password }}" }
output = "nothing"
title = "hand over a variable"

[[step]]
sh.check = "[ -e /root/fails ]"
sh.apply = "printf 'it was %s\n' \"$password\"; exit 3"
variables = { password = "{{ literal }}" }
title = "fail aloud"
"#;

#[test]
fn secrets_of_every_place_are_only_where_they_are_meant_to_be() {
    let Some(host) = Throwaway::start(Image::Systemd) else {
        return;
    };
    let folder = Folder::new();
    folder.inventory(&host.entry("host"));
    folder.write("profiles/modules/taker.toml", MODULE);
    folder.write("profiles/secret.txt", "canaryFile7fQ\n");
    program::write(
        &folder.path("profiles/vault"),
        "#!/bin/sh\nprintf '%s7fQ\\n' \"canary$1\"\n",
    );
    folder.write(
        "profiles/p.toml",
        "modules = [\"taker\"]\n\n[config.taker]\nenvironment = { secret_env = \"CANARY\" }\nfile = { secret_file = \"secret.txt\" }\ncommand = { password = { secret_command = [\"./vault\", \"Command\"] } }\nliteral = \"canaryLiteral7fQ\"\n",
    );
    let push = |output: &str, more: &[&str]| -> Told {
        let command = folder
            .push("p")
            .args(["-v", "--diff", "--output", output, "--report"]);
        let command = command.arg(folder.path("report")).args(more);
        command.env("CANARY", CANARIES[0].1).plain()
    };
    let mut said = Vec::new();
    let mut hear = |told: Told| {
        said.push(told.stdout);
        said.push(told.stderr);
        said.push(fs::read_to_string(folder.path("report")).unwrap());
    };
    hear(push("plain", &["--dry-run"]));
    let mut watch = host.start(
        "until [ -e /run/watched ]; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | sort -u; sleep 0.02; done",
    );
    let told = push("ndjson", &[]);
    assert_eq!(told.code, Some(1), "{}{}", told.stdout, told.stderr);
    assert_eq!(told.step("host", "fail aloud")["outcome"], "failed");
    assert_eq!(told.step("host", "hand over a variable")["outcome"], "changed");
    hear(told);
    hear(push("plain", &[]));
    for command in [
        &["validate"][..],
        &["explain", "host", "taker"],
        &["modules", "show", "taker"],
    ] {
        let told = Provision::new(command[0])
            .args(&command[1..])
            .args(["--profile", "p"]);
        let told = told.arg("--hosts").arg(folder.path("inventory.toml"));
        hear(
            told.arg("--profiles")
                .arg(folder.path("profiles"))
                .plain()
                .exits(0),
        );
    }
    host.sh("touch /run/watched");
    let mut seen = Vec::new();
    watch.stdout.take().unwrap().read_to_end(&mut seen).unwrap();
    watch.wait().unwrap();
    let seen = String::from_utf8_lossy(&seen).into_owned();
    let processes: HashSet<&str> = seen.lines().collect();
    assert!(processes.contains("sleep"), "the watch saw what went on");
    for (from, canary) in CANARIES {
        // A part is enough to be found out.
        let canary = &canary[..canary.find('Q').unwrap()];
        assert!(
            !processes.iter().any(|line| line.contains(canary)),
            "{from}: in a process"
        );
        for said in &said {
            assert!(!said.contains(canary), "{from}: told\n{said}");
        }
        let files = host.feed(
            "grep -rlaFf - / --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev -D skip || :",
            &format!("{canary}\n"),
        );
        let meant = format!("/root/{from}\n");
        let meant = if from == "literal" { "" } else { &meant };
        assert_eq!(files, meant, "{from}: on the host's disk");
        let there = host.sh(&format!("[ ! -e /root/{from} ] || stat -c %a /root/{from}"));
        assert!(there == "600\n" || there.is_empty(), "{there}");
    }
}
