//! Programs run by the shells that hosts have, on this machine, in a directory of their own.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use provision::event::{Event, FileDiff, HostStatus, Outcome, Step};
use provision::name::Name;
use provision::plan::{self, Options, Plan, Planned, Wishes};
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

/// A dry-run that says what would change in files.
pub const DIFF: Options = Options {
    apply: false,
    diff: true,
};

pub fn nonce() -> Nonce {
    Nonce::new([0xab; 16])
}

/// A plan of one module, `test`, for a host nobody connects to.
pub fn plan(resources: Vec<Resource>) -> Arc<Plan> {
    let stop = vec![plan::STOP; resources.len()];
    plan_with(resources, &stop)
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

/// Whether a process with this id is there and not merely waiting to be buried.
pub fn lives(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    let state = status
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .trim_start()
        .to_owned();
    !state.is_empty() && !state.starts_with('Z')
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
    /// What was told of files, in the order of the steps.
    pub fn diffs(&self) -> Vec<&FileDiff> {
        let events = self.events.iter();
        events
            .filter_map(|event| match event {
                Event::StepDiff { diff, .. } => Some(diff),
                _ => None,
            })
            .collect()
    }

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
            // As sshd says where a connection comes from and which port it came in on.
            .env("SSH_CONNECTION", "192.0.2.9 50022 192.0.2.1 2222")
            .current_dir(self.dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Feeds `program`, which only asks, to the shell and ends its stdin; its stdout.
    pub fn run_bytes(&self, program: &[u8]) -> Vec<u8> {
        let mut talk = Talk::begin(self, program);
        talk.say = None;
        let mut out = Vec::new();
        while talk.hear(&mut out) {}
        talk.end();
        out
    }

    pub fn run(&self, plan: &Arc<Plan>, options: Options) -> Done {
        self.run_as(plan, options, &|text| text)
    }

    /// Speaks both halves as the controller does, each made into what `adapt` makes of it.
    pub fn run_as(&self, plan: &Arc<Plan>, options: Options, adapt: &dyn Fn(Vec<u8>) -> Vec<u8>) -> Done {
        let wishes = Wishes {
            diff: options.diff,
            ..Wishes::default()
        };
        let mut first = plan::head(&nonce());
        first.extend(plan::ask(&plan.steps, wishes).unwrap());
        let mut events = Vec::new();
        let mut run = HostRun::new(Arc::clone(plan), options.apply, &nonce());
        let mut talk = Talk::begin(self, &adapt(first.clone()));
        let mut out = Vec::new();
        while !run.is_done() && talk.hear(&mut out) {
            run.stdout(&std::mem::take(&mut out), Duration::ZERO, &mut |event| {
                events.push(event);
            });
            if run.asks() {
                let (wanted, _) = run.answer().unwrap();
                talk.say(adapt(plan::act(&plan.steps, wanted[0], false, &first).unwrap()));
                run.go_on();
            }
        }
        talk.end();
        let ended = Ended::Exit("exit 0".into());
        let (status, _) = run.finish(&ended, Duration::ZERO, &mut |event| events.push(event));
        Done { events, status }
    }

    pub fn push(&self, plan: &Arc<Plan>) -> Done {
        self.run(plan, PUSH)
    }

    pub fn dry_run(&self, plan: &Arc<Plan>) -> Done {
        self.run(plan, DRY_RUN)
    }
}

/// A shell that is spoken to.
struct Talk {
    child: Child,
    stdout: ChildStdout,
    say: Option<Sender<Vec<u8>>>,
}

impl Talk {
    fn begin(corner: &Corner, text: &[u8]) -> Self {
        let mut child = corner.spawn();
        let mut stdin = child.stdin.take().unwrap();
        let stdout = child.stdout.take().unwrap();
        let (say, said) = channel::<Vec<u8>>();
        // Aside, so that neither side waits for the other; stdin ends with the talk.
        std::thread::spawn(move || {
            for text in said {
                let _ = stdin.write_all(&text);
            }
        });
        let talk = Self {
            child,
            stdout,
            say: Some(say),
        };
        talk.say(text.to_vec());
        talk
    }

    fn say(&self, text: Vec<u8>) {
        self.say.as_ref().unwrap().send(text).unwrap();
    }

    /// Adds what the shell says next; false when it will say nothing more.
    fn hear(&mut self, out: &mut Vec<u8>) -> bool {
        let mut piece = [0; 4096];
        let length = self.stdout.read(&mut piece).unwrap();
        out.extend_from_slice(&piece[..length]);
        length > 0
    }

    fn end(mut self) {
        self.say = None;
        let mut errors = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut errors)
            .unwrap();
        self.child.wait().unwrap();
        assert_eq!(errors, "", "the program writes nothing to stderr");
    }
}

/// What the controller makes of the stdout of a program whose halves were sent at once.
pub fn read(plan: &Arc<Plan>, options: Options, out: &[u8]) -> Done {
    let mut events = Vec::new();
    let mut run = HostRun::new(Arc::clone(plan), options.apply, &nonce());
    let (first, second) = halves(out);
    run.stdout(first, Duration::ZERO, &mut |event| events.push(event));
    run.go_on();
    run.stdout(second, Duration::ZERO, &mut |event| events.push(event));
    let ended = Ended::Exit("exit 0".into());
    let (status, _) = run.finish(&ended, Duration::ZERO, &mut |event| events.push(event));
    Done { events, status }
}

/// Parts what a program said behind its first `end`.
pub fn halves(out: &[u8]) -> (&[u8], &[u8]) {
    let end = format!("\n\x1e{} end\n", nonce().as_str());
    let at = out.windows(end.len()).position(|part| part == end.as_bytes());
    out.split_at(at.map_or(out.len(), |at| at + end.len()))
}
