//! Canned runs: every kind of event, in an order the grammar allows.

mod causes;

use std::sync::Arc;
use std::time::Duration;

use provision::event::grammar::Checker;
use provision::event::{
    ConnectPhase, Event, FileDiff, HostPlan, HostStatus, Mode, Outcome, Phase, Reason, Stamped, Step,
    StepCounts, Summary, Unreachable,
};
use provision::name::Name;

pub use causes::unreachable;

pub fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn milliseconds(number: u64) -> Duration {
    Duration::from_millis(number)
}

/// Modules and the titles of their steps.
pub type Profile<'a> = &'a [(&'a str, &'a [&'a str])];

pub const DB: Profile<'static> = &[
    (
        "base",
        &[
            "package curl",
            "package ca-certificates",
            "directory /etc/provision",
            "file /etc/motd",
        ],
    ),
    (
        "postgresql",
        &[
            "package postgresql",
            "file /etc/postgresql/15/main/conf.d/provision.conf",
            "service postgresql",
            "sh createdb app",
        ],
    ),
    ("backup", &["package restic", "file /etc/cron.d/backup"]),
];

/// Writes events down as a run that goes on, and counts along.
pub struct Run {
    pub events: Vec<Stamped>,
    at: Duration,
    plan: Vec<Arc<Step>>,
    summary: Summary,
    steps: std::collections::HashMap<Name, StepCounts>,
}

impl Run {
    pub fn new<'a>(mode: Mode, profile: Profile<'_>, hosts: impl IntoIterator<Item = &'a str>) -> Self {
        let titles = profile
            .iter()
            .flat_map(|(module, titles)| titles.iter().map(move |title| (*module, *title)));
        let plan: Vec<_> = titles
            .enumerate()
            .map(|(index, (module, title))| {
                Arc::new(Step {
                    index,
                    module: name(module),
                    title: title.into(),
                })
            })
            .collect();
        let hosts = hosts.into_iter().map(|host| HostPlan {
            host: name(host),
            steps: plan.clone(),
        });
        let started = Event::RunStarted {
            mode,
            profile: (mode != Mode::Command).then(|| name("db")),
            hosts: Arc::new(hosts.collect()),
        };
        let mut run = Self {
            events: Vec::new(),
            at: Duration::ZERO,
            plan,
            summary: Summary::new(mode),
            steps: std::collections::HashMap::new(),
        };
        run.push(0, started);
        run
    }

    pub fn push(&mut self, later: u64, event: Event) -> &mut Self {
        self.at += milliseconds(later);
        self.summary.observe(&event);
        if let Event::StepFinished { host, outcome, .. } = &event {
            self.steps.entry(host.clone()).or_default().add(*outcome);
        }
        self.events.push(Stamped { at: self.at, event });
        self
    }

    pub fn start(&mut self, host: &str) -> &mut Self {
        self.push(5, Event::HostStarted { host: name(host) })
    }

    pub fn connect(&mut self, host: &str) -> &mut Self {
        self.start(host)
            .push(120, Event::HostConnected { host: name(host) })
    }

    pub fn predict(&mut self, host: &str, changes: &[usize]) -> &mut Self {
        let (host, changes) = (name(host), changes.to_vec());
        let event = Event::HostPredicted {
            host,
            changes,
            destructive: vec![],
        };
        self.push(10, event)
    }

    pub fn begin(&mut self, host: &str, step: usize, phase: Phase) -> &mut Self {
        let (host, step) = (name(host), Arc::clone(&self.plan[step]));
        self.push(1, Event::StepStarted { host, step, phase })
    }

    pub fn says(&mut self, host: &str, step: usize, output: &[u8]) -> &mut Self {
        let (host, step, output) = (name(host), Arc::clone(&self.plan[step]), output.to_vec());
        self.push(1, Event::StepOutput { host, step, output })
    }

    pub fn diff(
        &mut self,
        host: &str,
        step: usize,
        before: Option<&[u8]>,
        after: Option<&[u8]>,
        secret: bool,
    ) -> &mut Self {
        let step = Arc::clone(&self.plan[step]);
        let diff = FileDiff {
            path: step.title.trim_start_matches("file ").to_owned(),
            before: before.map(<[u8]>::to_vec),
            after: after.map(<[u8]>::to_vec),
            secret,
            ..FileDiff::default()
        };
        self.push(
            0,
            Event::StepDiff {
                host: name(host),
                step,
                diff,
            },
        )
    }

    pub fn end(
        &mut self,
        host: &str,
        step: usize,
        outcome: Outcome,
        reason: Option<Reason>,
        output: &[u8],
        took: u64,
    ) -> &mut Self {
        let event = Event::StepFinished {
            host: name(host),
            step: Arc::clone(&self.plan[step]),
            outcome,
            reason,
            output: output.to_vec(),
            took: milliseconds(took),
        };
        self.push(took, event)
    }

    pub fn ok(&mut self, host: &str, steps: std::ops::Range<usize>) -> &mut Self {
        for step in steps {
            self.end(host, step, Outcome::Ok, None, b"", 0);
        }
        self
    }

    pub fn changed(&mut self, host: &str, step: usize, took: u64) -> &mut Self {
        self.begin(host, step, Phase::Apply);
        self.end(host, step, Outcome::Changed, None, b"", took)
    }

    pub fn would_change(&mut self, host: &str, steps: &[usize]) -> &mut Self {
        for step in steps {
            self.end(host, *step, Outcome::WouldChange, None, b"", 0);
        }
        self
    }

    pub fn skipped(&mut self, host: &str, steps: std::ops::Range<usize>, reason: &Reason) -> &mut Self {
        for step in steps {
            self.end(host, step, Outcome::Skipped, Some(reason.clone()), b"", 0);
        }
        self
    }

    pub fn done(&mut self, host: &str, status: HostStatus, took: u64) -> &mut Self {
        let host = name(host);
        let steps = self.steps.get(&host).copied().unwrap_or_default();
        let event = Event::HostFinished {
            host,
            status,
            steps,
            took: milliseconds(took),
        };
        self.push(2, event)
    }

    pub fn unreachable(&mut self, host: &str, cause: Unreachable) -> &mut Self {
        self.start(host)
            .done(host, HostStatus::Unreachable { cause }, 300)
    }

    /// The whole run, which follows the grammar.
    pub fn finish(&mut self) -> Vec<Stamped> {
        let summary = self.summary;
        self.push(1, Event::RunFinished { summary });
        let mut checker = Checker::default();
        for stamped in &self.events {
            checker.observe(&stamped.event).unwrap();
        }
        std::mem::take(&mut self.events)
    }
}

const APT: &[u8] = b"Reading package lists...\nBuilding dependency tree...\r\n\x1b[1;31mE:\x1b[0m Unable to locate package postgresql\n\
\x1b]52;c;cm0gLXJm\x07\x1b]0;pwned\x1b\\the password is hunter22\n";

/// A push that meets everything once.
pub fn push() -> Vec<Stamped> {
    let hosts = ["db1", "db2", "db3", "db4", "db5", "db6", "db7"];
    let mut run = Run::new(Mode::Push, DB, hosts);
    let after_package = Reason::AfterFailure { of: 4 };
    let apt_failed = Some(Reason::ApplyExit { status: 100 });
    run.connect("db1").predict("db1", &[3, 4, 6, 7]).ok("db1", 0..3);
    run.diff(
        "db1",
        3,
        Some(b"welcome\nto db1\n"),
        Some(b"welcome to db1\nkeep out\n"),
        false,
    );
    run.changed("db1", 3, 12);
    run.connect("db2")
        .predict("db2", &[4, 5, 6, 7, 8, 9])
        .ok("db2", 0..4);
    run.begin("db1", 4, Phase::Apply)
        .says("db1", 4, b"Setting up postgresql\n");
    run.begin("db2", 4, Phase::Apply)
        .says("db2", 4, b"the password is hun")
        .says("db2", 4, b"ter22\n");
    run.end("db2", 4, Outcome::Failed, apt_failed.clone(), APT, 2100);
    run.skipped("db2", 5..8, &after_package)
        .skipped("db2", 8..10, &after_package);
    run.done("db2", HostStatus::Failed, 2300);
    run.connect("db3")
        .ok("db3", 0..10)
        .done("db3", HostStatus::Ok, 290);
    run.end("db1", 4, Outcome::Changed, None, b"Setting up postgresql\n", 5240)
        .ok("db1", 5..6);
    run.changed("db1", 6, 1100).begin("db1", 6, Phase::Verify);
    run.events.pop();
    run.end("db1", 7, Outcome::Changed, Some(Reason::ByEarlierStep), b"", 0)
        .ok("db1", 8..10);
    run.done("db1", HostStatus::Ok, 6700);
    // The same failure on another host, and a module that does not stop its host.
    run.connect("db4").ok("db4", 0..4);
    run.end("db4", 4, Outcome::Failed, apt_failed, APT, 1900)
        .skipped("db4", 5..8, &after_package);
    run.end("db4", 8, Outcome::Failed, Some(Reason::NotVerified), b"", 700);
    run.changed("db4", 9, 20).done("db4", HostStatus::Failed, 2900);
    run.connect("db5").ok("db5", 0..4).begin("db5", 4, Phase::Apply);
    run.end("db5", 4, Outcome::Failed, Some(Reason::Lost), b"", 900);
    run.skipped("db5", 5..10, &Reason::Lost);
    let detail = "no answer to three keepalives".to_owned();
    run.done("db5", HostStatus::Lost { detail }, 45_300);
    run.unreachable(
        "db6",
        Unreachable::HostKeyUnknown {
            key_type: "ssh-ed25519".into(),
            fingerprint: "SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8".into(),
            name: "[192.0.2.16]:2222".into(),
            files: vec!["/home/ana/.ssh/known_hosts".into()],
        },
    );
    run.start("db7");
    let detail = "sh: not found\x1b[2J".to_owned();
    run.done("db7", HostStatus::Unsupported { detail }, 400);
    run.finish()
}

/// A push that Ctrl-C ends early.
pub fn cancelled() -> Vec<Stamped> {
    let mut run = Run::new(Mode::Push, DB, ["db1", "db2", "db3", "db4"]);
    run.connect("db1").ok("db1", 0..4).begin("db1", 4, Phase::Apply);
    run.start("db2");
    run.push(400, Event::Cancelling);
    run.end("db1", 4, Outcome::Changed, None, b"", 5240);
    run.skipped("db1", 5..10, &Reason::Cancelled)
        .done("db1", HostStatus::Cancelled, 5900);
    for host in ["db2", "db3", "db4"] {
        run.done(host, HostStatus::Cancelled, 0);
    }
    run.finish()
}

/// A dry-run: three equal hosts, one that differs, one with nothing to do, one away, one that fails.
pub fn dry_run() -> Vec<Stamped> {
    let hosts = ["db1", "db2", "db3", "db4", "web1", "web2", "web3", "db5", "db6"];
    let mut run = Run::new(Mode::DryRun, DB, hosts);
    let conf: &[u8] = b"listen_addresses = '*'\nmax_connections = 200\n";
    for host in ["db2", "db1", "db3"] {
        run.connect(host).ok(host, 0..3);
        run.diff(
            host,
            3,
            Some(b"old\n"),
            Some(format!("welcome to {host}\n").as_bytes()),
            false,
        );
        run.would_change(host, &[3, 4]);
        run.diff(host, 5, None, Some(conf), false)
            .would_change(host, &[5, 6]);
        run.ok(host, 7..10).done(host, HostStatus::Ok, 310);
    }
    run.connect("db4").ok("db4", 0..5);
    run.diff("db4", 5, Some(b"max_connections = 100\n"), Some(conf), false)
        .would_change("db4", &[5]);
    run.ok("db4", 6..8);
    run.diff("db4", 8, Some(b"\x7fELF\xff\0"), Some(b"\x7fELF\xff\0\0"), false)
        .would_change("db4", &[8]);
    run.diff("db4", 9, Some(b"key=1"), Some(b"key=2"), true)
        .would_change("db4", &[9]);
    run.done("db4", HostStatus::Ok, 290);
    for host in ["web1", "web2"] {
        run.connect(host).ok(host, 0..10).done(host, HostStatus::Ok, 280);
    }
    let dpkg = b"dpkg-query: error: parsing file '/var/lib/dpkg/status'\n";
    run.connect("web3").ok("web3", 0..4);
    run.end("web3", 4, Outcome::Failed, None, dpkg, 20);
    run.skipped("web3", 5..10, &Reason::AfterFailure { of: 4 });
    run.done("web3", HostStatus::Failed, 300);
    for host in ["db5", "db6"] {
        run.unreachable(
            host,
            Unreachable::Timeout {
                phase: ConnectPhase::Connect,
                after: Duration::from_secs(10),
            },
        );
    }
    run.finish()
}

/// A dry-run of 300 hosts, 3 of them different in 2 ways.
pub fn dry_run_fleet() -> Vec<Stamped> {
    let hosts: Vec<String> = (1..=300).map(|n| format!("web{n:03}.example.com")).collect();
    let mut run = Run::new(Mode::DryRun, DB, hosts.iter().map(String::as_str));
    for (number, host) in hosts.iter().enumerate() {
        run.connect(host).ok(host, 0..4);
        match number {
            41 | 199 => run.would_change(host, &[4, 6]).ok(host, 5..6),
            123 => run.ok(host, 4..6).would_change(host, &[6]),
            _ => run.would_change(host, &[4, 5, 6]),
        };
        run.ok(host, 7..10).done(host, HostStatus::Ok, 200);
    }
    run.finish()
}

/// A push that changes nothing on three hosts.
pub fn settled() -> Vec<Stamped> {
    let mut run = Run::new(Mode::Push, DB, ["db1", "db2", "db3"]);
    for host in ["db1", "db2", "db3"] {
        run.connect(host).ok(host, 0..10).done(host, HostStatus::Ok, 140);
    }
    run.finish()
}

/// One command on many hosts.
pub fn command() -> Vec<Stamped> {
    let hosts = ["web1", "web2", "web3", "db1", "db2", "db3"];
    let mut run = Run::new(Mode::Command, &[], hosts);
    let mut answer = |host: &str, status: u32, stdout: &[u8], stderr: &[u8]| {
        let event = Event::CommandFinished {
            host: name(host),
            status,
            stdout: stdout.to_vec(),
            stderr: stderr.to_vec(),
        };
        let ended = if status == 0 {
            HostStatus::Ok
        } else {
            HostStatus::Failed
        };
        run.connect(host).push(50, event).done(host, ended, 200);
    };
    answer("web1", 0, b"Linux 6.1.0\tx86_64\n", b"");
    answer(
        "db1",
        3,
        b"Linux 5.10\n",
        b"warning:\x1b[2J old kernel\n\nupgrade\n",
    );
    answer("web2", 0, b"Linux 6.1.0\tx86_64\n", b"");
    answer("web3", 0, b"Linux 6.1.0\tx86_64\n", b"");
    answer("db2", 0, b"", b"");
    run.unreachable(
        "db3",
        Unreachable::Connect {
            address: "192.0.2.3:22".into(),
            detail: "No route to host".into(),
        },
    );
    run.finish()
}
