//! Programs run by the shells that hosts have, on this machine, in a directory of their own.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use provision::event::{Event, HostStatus, Outcome, Step};
use provision::name::Name;
use provision::plan::{self, Options, Plan, Planned};
use provision::resource::Resource;
use provision::runner::{Ended, HostRun};
use provision::wire::Nonce;
use tempfile::TempDir;

use super::host::{connection, host};

/// The shells every program must run under; all are Debian packages, and CI has them.
pub const SHELLS: [&[&str]; 3] = [&["dash"], &["bash", "--posix"], &["busybox", "sh"]];

pub const PUSH: Options = Options {
    apply: true,
    diff: false,
};
pub const DRY_RUN: Options = Options {
    apply: false,
    diff: false,
};

pub fn nonce() -> Nonce {
    Nonce::new([0xab; 16])
}

/// A plan of one module, `test`, for a host nobody connects to.
pub fn plan(resources: Vec<Resource>) -> Arc<Plan> {
    let count = resources.len();
    plan_with(resources, &vec![count; count])
}

/// A plan whose steps go on at `next` when they fail.
pub fn plan_with(resources: Vec<Resource>, next: &[usize]) -> Arc<Plan> {
    let steps = resources
        .into_iter()
        .zip(next)
        .enumerate()
        .map(|(index, (resource, &next_on_failure))| {
            let title = resource.title().into();
            let step = Arc::new(Step {
                index,
                module: Name::parse("test").unwrap(),
                title,
            });
            Planned {
                step,
                resource,
                next_on_failure,
            }
        });
    Arc::new(Plan {
        host: Arc::new(host(connection(1, Path::new("/")))),
        steps: steps.collect(),
    })
}

/// A directory that stands for a host: its files and its state.
pub struct Corner {
    pub dir: TempDir,
    pub shell: &'static [&'static str],
}

/// What a program did.
pub struct Done {
    pub events: Vec<Event>,
    pub status: HostStatus,
}

impl Done {
    /// Outcomes in the order of the steps.
    pub fn outcomes(&self) -> Vec<Outcome> {
        let mut ended: Vec<(usize, Outcome)> = self
            .events
            .iter()
            .filter_map(|event| match event {
                Event::StepFinished { step, outcome, .. } => Some((step.index, *outcome)),
                _ => None,
            })
            .collect();
        ended.sort_by_key(|(index, _)| *index);
        ended.into_iter().map(|(_, outcome)| outcome).collect()
    }
}

impl Corner {
    pub fn new(shell: &'static [&'static str]) -> Self {
        Self {
            dir: TempDir::new().unwrap(),
            shell,
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Starts the shell with nothing on its stdin yet.
    pub fn spawn(&self) -> Child {
        Command::new(self.shell[0])
            .args(&self.shell[1..])
            .env("PROVISION_STATE", self.path("state"))
            .env("HOME", self.dir.path())
            .current_dir(self.dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Feeds `program` to the shell and keeps its stdin open until it has ended; its stdout.
    pub fn run_bytes(&self, program: &[u8]) -> Vec<u8> {
        let mut child = self.spawn();
        let mut stdin = child.stdin.take().unwrap();
        let program = program.to_vec();
        let writer = std::thread::spawn(move || {
            let _ = stdin.write_all(&program);
            stdin
        });
        let mut out = Vec::new();
        child.stdout.take().unwrap().read_to_end(&mut out).unwrap();
        let mut errors = String::new();
        child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        child.wait().unwrap();
        drop(writer.join().unwrap());
        assert_eq!(errors, "", "the program writes nothing to stderr");
        out
    }

    pub fn run(&self, plan: &Arc<Plan>, options: Options) -> Done {
        let out = self.run_bytes(&plan::compile(plan, &nonce(), options).unwrap());
        read(plan, options, &out)
    }

    pub fn push(&self, plan: &Arc<Plan>) -> Done {
        self.run(plan, PUSH)
    }

    pub fn dry_run(&self, plan: &Arc<Plan>) -> Done {
        self.run(plan, DRY_RUN)
    }
}

/// What the controller makes of a program's stdout.
pub fn read(plan: &Arc<Plan>, options: Options, out: &[u8]) -> Done {
    let mut events = Vec::new();
    let mut run = HostRun::new(Arc::clone(plan), options.apply, &nonce());
    run.stdout(out, Duration::ZERO, &mut |event| events.push(event));
    let ended = Ended::Exit("exit 0".into());
    let (status, _) = run.finish(&ended, Duration::ZERO, &mut |event| events.push(event));
    Done { events, status }
}
