//! shellcheck reads what hosts are sent: every kind of step, and every builtin module.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use provision::builtin;
use provision::config::{Config, HostView};
use provision::copy;
use provision::document;
use provision::module::Registry;
use provision::name::Name;
use provision::plan::{self, Options};
use provision::resource::{Resource, Sh};
use provision::script::Text;
use provision::wire;

use super::golden::cases;
use crate::kit::shell::{DRY_RUN, PUSH, nonce, plan};
use crate::kit::tools;

/// What shellcheck may leave unsaid, and why.
const EXCLUDED: &[(&str, &str)] = &[
    (
        "SC1003",
        "quotes end before a backslash where a user's text has one",
    ),
    ("SC2016", "`$` in single quotes is data, not meant to expand"),
    (
        "SC2034",
        "a program has variables for kinds of steps it does not hold",
    ),
    (
        "SC2046",
        "answers are split into words on purpose, with patterns off",
    ),
    ("SC2086", "lists of numbers are split into words on purpose"),
    (
        "SC2088",
        "a link's target may start with a tilde, as it is written",
    ),
    (
        "SC2154",
        "variables are set through eval, under names with a step's number",
    ),
    ("SC2254", "a version to compare with may be a pattern"),
    (
        "SC2317",
        "functions are called by names put together from a step's number",
    ),
    ("SC2329", "the same, as newer versions say it"),
];

/// Some settings for each builtin, so that all of its kinds of steps are there.
const BUILTINS: &[(&str, &str)] = &[
    (
        "packages",
        "packages={install=[\"curl\", \"less\"], remove=[\"telnet\"]}",
    ),
    (
        "users",
        "users={users=[{name=\"ada\", groups=[\"sudo\"], keys=[\"ssh-ed25519 AAAA it's\"]}], absent=[\"eve\"]}",
    ),
    ("motd", "motd={text=\"it's $(id)\"}"),
    (
        "nginx",
        "nginx={sites=[{name=\"one\", index=\"<p>it's\"}, {name=\"two\", proxy=\"http://127.0.0.1:8080\"}]}",
    ),
    (
        "postgresql",
        "postgresql={databases=[{name=\"app\", owner=\"app\", password=\"it's\", extensions=[\"pg_trgm\"]}], allow=[{address=\"10.0.0.0/8\"}]}",
    ),
    (
        "mariadb",
        "mariadb={databases=[{name=\"app\", owner=\"app\", password=\"it's\"}], users=[{name=\"backup\", grants=[]}], settings={max_connections=50}}",
    ),
    (
        "redis",
        "redis={password=\"it's\", maxmemory=\"64mb\", settings={save=[\"900 1\", \"300 10\"], appendonly=true}}",
    ),
    (
        "firewall",
        "firewall={ports=[80, 443], allow=[{port=5432, from=[\"10.0.0.0/8\"]}], rules=[\"tcp dport 25 log prefix \\\"it's \\\" drop\"]}",
    ),
    (
        "docker",
        "docker={users=[\"ada\"], data_root=\"/srv/docker\", registry_mirrors=[\"https://mirror.example.com\"]}",
    ),
    (
        "nodejs",
        "nodejs={global=[{npm=\"typescript\", version=\"5.*\"}]}",
    ),
    (
        "python",
        "python={environments=[{pip=\"/srv/it's\", packages=[\"flask==3.*\"]}]}",
    ),
    ("go", "go={}"),
    ("rust", "rust={path=false}"),
    (
        "node-exporter",
        "node-exporter={enable=[\"systemd\"], disable=[\"wifi\"]}",
    ),
    (
        "backup",
        "backup={repository=\"/srv/it's\", password=\"it's $(id)\", environment={A=\"b\"}}",
    ),
    (
        "ssh-server",
        "ssh-server={ports=[22, 2222], allow_users=[\"root\", \"it's\"], settings={AllowTcpForwarding=false}}",
    ),
    (
        "sysctl",
        "sysctl={hardening=true, settings={net.ipv4.ip_forward=1, \"kernel.core_pattern\"=\"|/bin/it's %p\"}}",
    ),
    ("swap", "swap={size=\"1G\", swappiness=10}"),
    (
        "time",
        "time={timezone=\"Europe/Berlin\", servers=[\"ntp.example.com\"]}",
    ),
    (
        "unattended-upgrades",
        "unattended-upgrades={keep=[\"linux-\"], mail=\"it's@example.com\"}",
    ),
    ("fail2ban", "fail2ban={ignore=[\"192.0.2.0/24\"]}"),
];

/// The steps of each builtin module.
fn builtins() -> Vec<(String, Vec<Resource>)> {
    let mut registry = Registry::new();
    builtin::register(&mut registry).unwrap();
    let host = HostView {
        name: Name::parse("host1").unwrap(),
        address: Arc::from("192.0.2.1"),
        user: Arc::from("root"),
        groups: Vec::new(),
        vars: Arc::default(),
    };
    let mut all = Vec::new();
    for module in registry.list() {
        let name = module.name().as_str();
        let settings = BUILTINS.iter().find(|(builtin, _)| *builtin == name);
        let (_, text) = settings.unwrap_or_else(|| panic!("give `{name}` settings here"));
        let source = provision::diagnostic::Source::new("settings", *text);
        let mut config = Config::empty(host.clone());
        let table = document::parse(&source).unwrap();
        let provision::config::Data::Table(own) = &table.get(name).unwrap().data else {
            panic!("settings are a table")
        };
        config.overlay(own);
        all.push((name.to_owned(), module.resources(&config).unwrap()));
    }
    all
}

/// A step that says everything about its carrying out.
fn conducted() -> Resource {
    let step = Sh {
        variables: [("one".to_owned(), Text::Plain("it's $(id)".to_owned()))].into(),
        output: Some("said".to_owned()),
        ..Sh::new("echo 1", "echo 2")
    };
    let mut step =
        Resource::from(step).with_outputs("own", &mut [("two".to_owned(), "out_two".to_owned())].into());
    step.conduct.timeout = Some(30);
    step.conduct.retries = 2;
    step.conduct.delay = 1;
    step
}

#[test]
fn shellcheck_has_nothing_to_say_about_any_program() {
    let Some(shellcheck) = tools::find("shellcheck", "programs were not read by it") else {
        return;
    };
    let diff = |apply| Options { apply, diff: true };
    let folder = tempfile::tempdir().unwrap();
    let mut programs: Vec<PathBuf> = Vec::new();
    // All kinds of one case number in one plan: shellcheck takes half a second for each program.
    let mut plans = builtins();
    plans.push((
        "everything".to_owned(),
        cases().into_iter().map(|(_, _, step)| step).collect(),
    ));
    plans.push(("nothing".to_owned(), Vec::new()));
    plans.push(("conduct".to_owned(), vec![conducted()]));
    for (name, steps) in plans {
        let plan = plan(steps);
        let whole = name == "everything";
        for (what, options) in [
            ("dry-run", DRY_RUN),
            ("push", PUSH),
            ("dry-run-diff", diff(false)),
            ("diff", diff(true)),
        ] {
            if !whole && options.diff {
                continue;
            }
            let path = folder.path().join(format!("{name}-{what}.sh"));
            fs::write(&path, plan::compile(&plan, &nonce(), options).unwrap()).unwrap();
            programs.push(path);
        }
    }
    let command = plan::command(&["echo".into(), "it's $(id)".into()]).unwrap();
    programs.push(folder.path().join("command.sh"));
    fs::write(programs.last().unwrap(), command).unwrap();
    let by = plan::Shebang::of(b"#!/usr/bin/env -S awk -f\n").unwrap();
    let script = plan::Command::Script {
        by: &by,
        text: b"#!/usr/bin/env -S awk -f\nBEGIN { print \"it's\" }\n",
        arguments: &["a b".into()],
    };
    programs.push(folder.path().join("script.sh"));
    let fed = [plan::head(&nonce()), script.fed().unwrap()].concat();
    fs::write(programs.last().unwrap(), fed).unwrap();
    programs.push(folder.path().join("heard.sh"));
    let words = ["echo".to_owned(), "it's $(id)".to_owned()];
    let heard = plan::Command::Words(&words).heard().unwrap();
    fs::write(programs.last().unwrap(), [plan::head(&nonce()), heard].concat()).unwrap();
    programs.push(folder.path().join("watched.sh"));
    let watched = [plan::head(&nonce()), script.watched().unwrap()].concat();
    fs::write(programs.last().unwrap(), watched).unwrap();
    let upload = copy::Target::new(
        "~/a b",
        copy::gather(&["src/plan/compile".into()], false, false).unwrap(),
        copy::Access::default(),
        false,
    );
    let fetch = copy::Fetch::new(
        vec!["~/a b".into(), "/c".into()],
        copy::Options {
            local: "here".into(),
            mode: None,
            force: false,
            most: 1,
            dry_run: false,
        },
    );
    for (name, programs_of) in [
        ("upload", upload.unwrap().programs(&nonce()).unwrap()),
        ("download", fetch.unwrap().programs(&nonce()).unwrap()),
    ] {
        for (half, text) in programs_of.iter().enumerate() {
            programs.push(folder.path().join(format!("{name}-{half}.sh")));
            fs::write(programs.last().unwrap(), text).unwrap();
        }
    }
    programs.push(folder.path().join("facts.sh"));
    fs::write(programs.last().unwrap(), wire::facts_program(&nonce())).unwrap();
    let excluded: Vec<&str> = EXCLUDED.iter().map(|(code, _)| *code).collect();
    for dialect in ["sh", "dash"] {
        let read = Command::new(&shellcheck)
            .args([
                "--norc",
                "--format=gcc",
                "--shell",
                dialect,
                "--exclude",
                &excluded.join(","),
            ])
            .args(&programs)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&read.stdout);
        assert!(
            read.status.success(),
            "{dialect}: {said}{}",
            String::from_utf8_lossy(&read.stderr)
        );
    }
}
