//! Profile `db` on three fresh hosts with systemd at once, and what may be seen of its password.

use std::collections::{BTreeMap, HashSet};
use std::io::Read;
use std::path::PathBuf;
use std::process::Child;
use std::sync::LazyLock;

use data_encoding::{BASE64, HEXLOWER};

use crate::kit::binary::{Folder, Provision, Told, steps};
use crate::kit::docker::{self, Host, Lease, State};

const DBS: [Host; 3] = [Host("db1"), Host("db2"), Host("db3")];
const NAMES: [&str; 3] = ["db1", "db2", "db3"];

/// Nothing else on any host looks like this.
const PASSWORD: &str = "Canary/7fQ+x'$(id)";

const ALL: [&str; 9] = [
    "packages: package ca-certificates",
    "packages: package curl",
    "packages: package less",
    "motd: file /etc/motd",
    "postgresql: package postgresql-15",
    "postgresql: file /etc/postgresql/15/main/conf.d/provision.conf",
    "postgresql: service postgresql",
    "postgresql: postgres_role app",
    "postgresql: postgres_database app",
];

/// The first dry-run and the first push: made once, for all tests here. Their installation is the longest wait.
static FIRST: LazyLock<Option<First>> = LazyLock::new(first);

struct First {
    folder: Folder,
    /// The hosts before and after the dry-run.
    states: Vec<(State, State)>,
    dry_run: Told,
    push: Told,
    /// Every line that any process of a host had in its arguments or its environment during the push.
    processes: HashSet<String>,
}

impl First {
    fn inventory(&self) -> PathBuf {
        self.folder.path("inventory.toml")
    }

    fn command(&self) -> Provision {
        Provision::new("push")
            .arg("--hosts")
            .arg(self.inventory())
            .args(["--profile", "db"])
    }
}

fn first() -> Option<First> {
    let _lease = docker::lease(&NAMES)?;
    let folder = Folder::new();
    let quoted = PASSWORD.replace('\\', "\\\\").replace('"', "\\\"");
    let mut inventory = format!(
        "[groups.db.config.postgresql]\ndatabases = [{{ name = \"app\", owner = \"app\", password = \"{quoted}\" }}]\n"
    );
    for host in DBS {
        inventory += &(host.entry(host.0) + "groups = [\"db\"]\n");
    }
    folder.inventory(&inventory);
    let command = || {
        Provision::new("push")
            .arg("--hosts")
            .arg(folder.path("inventory.toml"))
            .args(["--profile", "db", "-v", "--diff", "--report"])
            .arg(folder.path("report"))
    };

    let before = DBS.map(Host::settled);
    let dry_run = command()
        .arg("--dry-run")
        .plain()
        .with_report(&folder.path("report"));
    let states = before.into_iter().zip(DBS.map(Host::state)).collect();
    for host in DBS {
        overhear(host);
    }
    let watches = DBS.map(watch);
    let push = command().plain().with_report(&folder.path("report"));
    let mut processes = HashSet::new();
    for (host, mut watch) in DBS.into_iter().zip(watches) {
        host.sh("touch /run/watched");
        let mut seen = Vec::new();
        watch.stdout.take().unwrap().read_to_end(&mut seen).unwrap();
        watch.wait().unwrap();
        processes.extend(String::from_utf8_lossy(&seen).lines().map(str::to_owned));
        let heard = host.sh("rm /usr/local/bin/psql /usr/local/bin/runuser; cat /run/overheard");
        processes.extend(heard.lines().map(str::to_owned));
    }
    Some(First {
        folder,
        states,
        dry_run,
        push,
        processes,
    })
}

/// Puts listeners before the programs that are given SQL: they are too short-lived for a watch to be sure to see them.
fn overhear(host: Host) {
    host.sh(
        "touch /run/overheard; chmod 666 /run/overheard\n\
         for program in /usr/bin/psql /usr/sbin/runuser; do\n\
         name=/usr/local/bin/${program##*/}\n\
         printf '#!/bin/sh\\n{ printf \"%%s\\\\n\" \"$0\" \"$@\"; env; } >>/run/overheard\\nexec %s \"$@\"\\n' \"$program\" >\"$name\"\n\
         chmod 755 \"$name\"\n\
         done",
    );
}

/// Writes the arguments and the environment of every process, over and over, until told to end.
fn watch(host: Host) -> Child {
    host.start(
        "until [ -e /run/watched ]; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | sort -u; sleep 0.02; done",
    )
}

fn leased() -> Option<(&'static First, Lease)> {
    if !docker::are_there() {
        return None;
    }
    Some((FIRST.as_ref()?, docker::lease(&NAMES)?))
}

/// A query over TCP as the role `app`.
fn query(host: Host, password: &str) -> (i32, String) {
    let quoted = password.replace('\'', "'\\''");
    host.ask(&format!(
        "PGPASSWORD='{quoted}' psql -h 127.0.0.1 -U app -d app -XAtc 'select 40 + 2, current_user'"
    ))
}

#[test]
fn a_dry_run_lists_exactly_what_the_push_then_changes() {
    let Some((first, _lease)) = leased() else { return };
    let First { dry_run, push, .. } = first;
    assert_eq!(dry_run.code, Some(0), "{}", dry_run.stdout);
    assert_eq!(push.code, Some(0), "{}", push.stdout);
    let mut hits = 0;
    for host in NAMES {
        let would = dry_run.steps(host, "would-change");
        assert_eq!(would, steps(&ALL));
        assert_eq!(push.steps(host, "changed"), would);
        hits += would.len();
    }
    println!(
        "truth score, db on three fresh hosts: {hits} of {hits} predicted changes made, none unpredicted"
    );
}

#[test]
fn a_dry_run_leaves_no_trace() {
    let Some((first, _lease)) = leased() else { return };
    for (host, (before, after)) in DBS.into_iter().zip(&first.states) {
        before.assert_same(after, host);
    }
}

#[test]
fn the_database_answers_its_owner_over_tcp() {
    let Some((_, _lease)) = leased() else { return };
    for host in DBS {
        assert_eq!(query(host, PASSWORD), (0, "42|app\n".to_owned()));
        let (status, refusal) = query(host, "wrong");
        assert_eq!(status, 2, "{refusal}");
        assert!(refusal.contains("password authentication failed"), "{refusal}");
        assert_eq!(
            host.sh("systemctl is-active postgresql; systemctl is-enabled postgresql"),
            "active\nenabled\n"
        );
    }
}

#[test]
fn a_second_push_changes_nothing() {
    let Some((first, _lease)) = leased() else { return };
    let told = first.command().ndjson().exits(0);
    for host in NAMES {
        assert_eq!(told.steps(host, "ok"), steps(&ALL));
        assert_eq!(told.host(host)["steps"]["changed"], 0);
    }
    assert_eq!(told.summary()["steps"]["ok"], 27);
    let told = first
        .command()
        .args(["--dry-run", "--detailed-exitcode"])
        .plain()
        .exits(0);
    assert!(told.stdout.contains("no changes: db[1-3]\n"), "{}", told.stdout);
}

#[test]
fn what_broke_is_noticed_and_mended() {
    let Some((first, _lease)) = leased() else { return };
    let conf = "/etc/postgresql/15/main/conf.d/provision.conf";
    DBS[0].sh(&format!(
        "dpkg --purge less; sed -i s/128MB/16MB/ {conf}; systemctl restart postgresql"
    ));
    let sql = "create role thief; alter database app owner to thief; alter role app nologin";
    DBS[1].sh(&format!(
        "cd / && runuser -u postgres -- psql -c '{}'",
        sql.replace("; ", "' -c '")
    ));
    DBS[2].sh("systemctl stop postgresql && systemctl disable postgresql");

    let expected = BTreeMap::from([
        (
            "db1",
            steps(&[
                "packages: package less",
                "postgresql: file /etc/postgresql/15/main/conf.d/provision.conf",
                "postgresql: service postgresql",
            ]),
        ),
        (
            "db2",
            steps(&[
                "postgresql: postgres_role app",
                "postgresql: postgres_database app",
            ]),
        ),
        // A server that does not run cannot say what it holds.
        (
            "db3",
            steps(&[
                "postgresql: service postgresql",
                "postgresql: postgres_role app",
                "postgresql: postgres_database app",
            ]),
        ),
    ]);
    let told = first
        .command()
        .args(["--dry-run", "--output", "ndjson"])
        .plain()
        .exits(0);
    for (host, expected) in &expected {
        assert_eq!(told.steps(host, "would-change"), *expected, "{host}");
    }
    let told = first.command().ndjson().exits(0);
    for (host, expected) in &expected {
        assert_eq!(told.steps(host, "changed"), *expected, "{host}");
    }
    println!("truth score, damage on three hosts: 8 of 8 predicted changes made, none unpredicted");
    let setting = "cd / && runuser -u postgres -- psql -XAtc 'show shared_buffers'";
    assert_eq!(
        DBS[0].sh(setting),
        "128MB\n",
        "the server runs with the mended file"
    );
    assert!(DBS[0].holds("test -x /usr/bin/less"));
    for host in DBS {
        assert_eq!(query(host, PASSWORD), (0, "42|app\n".to_owned()));
    }
    assert_eq!(DBS[2].sh("systemctl is-enabled postgresql"), "enabled\n");
    let told = first.command().ndjson().exits(0);
    assert_eq!(told.summary()["steps"]["ok"], 27);
}

#[test]
fn the_password_is_nowhere() {
    let Some((first, _lease)) = leased() else { return };
    // Not on the host's processes, which were watched all the time.
    let commands = |word: &str| first.processes.iter().any(|line| line.contains(word));
    assert!(
        commands("psql") && commands("apt-get"),
        "the watch saw what went on"
    );
    let forms = [
        PASSWORD.to_owned(),
        "Canary/7fQ".to_owned(),
        BASE64.encode(PASSWORD.as_bytes()),
        HEXLOWER.encode(PASSWORD.as_bytes()),
    ];
    for line in &first.processes {
        assert!(forms.iter().all(|form| !line.contains(form.as_str())), "{line}");
        assert!(!line.contains("SCRAM-SHA-256$"), "{line}");
    }
    // Not in anything the controller wrote.
    let report = std::fs::read_to_string(first.folder.path("report")).unwrap();
    for told in [&first.dry_run, &first.push] {
        for form in &forms {
            assert!(!told.stdout.contains(form.as_str()), "{}", told.stdout);
            assert!(!told.stderr.contains(form.as_str()), "{}", told.stderr);
        }
    }
    assert!(forms.iter().all(|form| !report.contains(form.as_str())));
    assert!(report.contains("postgres_role app"));
    for host in DBS {
        // Not in any file: neither for others than root nor for root, and so not in PostgreSQL's log or our journal.
        let needles = forms.join("\n") + "\n";
        let files = host.feed(
            "grep -rlaFf - / --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev -D skip",
            &needles,
        );
        assert_eq!(files, "", "on {}", host.0);
        // The verifier made of it stays with PostgreSQL.
        let verifier = host.sh("cd / && runuser -u postgres -- psql -XAtc \"select rolpassword from pg_authid where rolname = 'app'\"");
        assert!(verifier.starts_with("SCRAM-SHA-256$4096:"), "{verifier}");
        let files = host.feed(
            "grep -rlaFf - / --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev -D skip",
            &verifier,
        );
        for file in files.lines() {
            assert!(file.starts_with("/var/lib/postgresql/15/main/"), "{file}");
            assert_eq!(host.sh(&format!("stat -c '%a %U' '{file}'")), "600 postgres\n");
        }
        assert_ne!(files, "", "grep finds what is there");
        let log = host.sh("cat /var/log/postgresql/*.log");
        assert!(!log.contains("SCRAM") && !log.contains("PASSWORD"), "{log}");
    }
}
