//! Many hosts at work, bounded; one host's failure, silence or panic is its own.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::sync::mpsc::Sender;
use tokio::task::JoinSet;

use super::cancel::Cancel;
use super::host_run::{Ended, HostRun};
use super::tail::Bounded;
use crate::event::{Event, HostPlan, HostStatus, Mode, Stamped, StepCounts, Summary, Unreachable};
use crate::inventory::{Become, Host};
use crate::name::Name;
use crate::plan::{self, CompileError, Options, Plan};
use crate::transport::{ExitStatus, Output, Running, Transport};
use crate::wire::Nonce;

/// Hosts at work at once when nobody says otherwise: enough to hide the network, few enough for 2 cores.
pub const DEFAULT_PARALLEL: NonZeroUsize = NonZeroUsize::new(64).expect("64 is not 0");

/// What is to be done, host by host.
pub enum Work {
    /// Bring each host into its plan's state.
    Push(Vec<Plan>),
    /// Say what a push would change.
    DryRun(Vec<Plan>),
    /// Run one program for people on each host.
    Command(Vec<Arc<Host>>, Arc<Vec<u8>>),
}

/// Runs work on many hosts.
pub struct Fleet {
    transport: Arc<dyn Transport>,
    parallel: NonZeroUsize,
    diff: bool,
}

/// What one host is to do.
enum Job {
    Plan(Arc<Plan>, Options, Arc<Body>),
    Command(Arc<Host>, Arc<Vec<u8>>),
}

/// A program but for its head, compiled by the first of the hosts that have the same steps.
type Body = OnceLock<Result<Arc<[u8]>, CompileError>>;

/// What every host's task needs.
#[derive(Clone)]
struct Scene {
    transport: Arc<dyn Transport>,
    events: Sender<Stamped>,
    began: Instant,
    cancel: Cancel,
}

impl Fleet {
    /// A fleet reached by `transport`, with the default width and without diffs.
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self {
            transport,
            parallel: DEFAULT_PARALLEL,
            diff: false,
        }
    }

    /// Sets how many hosts may be at work at once.
    #[must_use]
    pub fn parallel(mut self, hosts: NonZeroUsize) -> Self {
        self.parallel = hosts;
        self
    }

    /// Asks for the present content of files that would change.
    #[must_use]
    pub fn diff(mut self, diff: bool) -> Self {
        self.diff = diff;
        self
    }

    /// Does the work; sends every event to `events`, `RunFinished` last, and returns what that says.
    pub async fn run(
        &self,
        profile: Option<Name>,
        work: Work,
        events: Sender<Stamped>,
        cancel: &Cancel,
    ) -> Summary {
        let mode = match &work {
            Work::Push(_) => Mode::Push,
            Work::DryRun(_) => Mode::DryRun,
            Work::Command(..) => Mode::Command,
        };
        let jobs = self.jobs(work);
        let (sender, mut receiver) = tokio::sync::mpsc::channel(1024);
        let scene = Scene {
            transport: Arc::clone(&self.transport),
            events: sender,
            began: Instant::now(),
            cancel: cancel.clone(),
        };
        // The summary is counted where all events pass, so that it can say nothing else than they do.
        let counting = tokio::spawn({
            let began = scene.began;
            async move {
                let mut summary = Summary::new(mode);
                let mut listening = true;
                while let Some(stamped) = receiver.recv().await {
                    let stamped: Stamped = stamped;
                    summary.observe(&stamped.event);
                    // Nobody listening is no reason to leave hosts half done.
                    listening = listening && events.send(stamped).await.is_ok();
                }
                if listening {
                    let stamped = Stamped {
                        at: began.elapsed(),
                        event: Event::RunFinished { summary },
                    };
                    let _ = events.send(stamped).await;
                }
                summary
            }
        });
        let hosts = jobs.iter().map(Job::announce).collect();
        scene
            .emit(Event::RunStarted {
                mode,
                profile,
                hosts: Arc::new(hosts),
            })
            .await;
        self.drive(jobs, scene).await;
        counting.await.unwrap_or_else(|_| Summary::new(mode))
    }

    fn jobs(&self, work: Work) -> Vec<Job> {
        let planned = |plans: Vec<Plan>, apply: bool| -> Vec<Job> {
            let options = Options {
                apply,
                diff: self.diff,
            };
            // Plans that are equal share their steps, so the address tells.
            let mut bodies: HashMap<_, Arc<Body>> = HashMap::new();
            plans
                .into_iter()
                .map(|plan| {
                    let body = Arc::clone(bodies.entry(Arc::as_ptr(&plan.steps)).or_default());
                    Job::Plan(Arc::new(plan), options, body)
                })
                .collect()
        };
        match work {
            Work::Push(plans) => planned(plans, true),
            Work::DryRun(plans) => planned(plans, false),
            Work::Command(hosts, program) => hosts
                .into_iter()
                .map(|host| Job::Command(host, Arc::clone(&program)))
                .collect(),
        }
    }

    async fn drive(&self, jobs: Vec<Job>, scene: Scene) {
        let permits = Arc::new(Semaphore::new(self.parallel.get()));
        let mut tasks = JoinSet::new();
        let watch = tokio::spawn({
            let scene = scene.clone();
            async move {
                scene.cancel.requested().await;
                scene.emit(Event::Cancelling).await;
            }
        });
        for job in jobs {
            // A host takes its place before it takes memory: ten thousand tasks are not begun at once.
            let permit = tokio::select! {
                biased;
                () = scene.cancel.requested() => None,
                permit = Arc::clone(&permits).acquire_owned() => permit.ok(),
            };
            match permit {
                Some(permit) => {
                    let scene = scene.clone();
                    tasks.spawn(async move {
                        scene.host(job).await;
                        drop(permit);
                    });
                }
                None => {
                    scene
                        .finished(
                            job.host(),
                            HostStatus::Cancelled,
                            StepCounts::default(),
                            Duration::ZERO,
                        )
                        .await
                }
            }
            while tasks.try_join_next().is_some() {}
        }
        while tasks.join_next().await.is_some() {}
        watch.abort();
        let _ = watch.await;
    }
}

impl Job {
    fn host(&self) -> &Arc<Host> {
        match self {
            Self::Plan(plan, ..) => &plan.host,
            Self::Command(host, _) => host,
        }
    }

    fn announce(&self) -> HostPlan {
        let steps = match self {
            Self::Plan(plan, ..) => plan
                .steps
                .iter()
                .map(|planned| Arc::clone(&planned.step))
                .collect(),
            Self::Command(..) => Vec::new(),
        };
        HostPlan {
            host: self.host().name.clone(),
            steps,
        }
    }
}

impl Scene {
    async fn emit(&self, event: Event) {
        let _ = self
            .events
            .send(Stamped {
                at: self.began.elapsed(),
                event,
            })
            .await;
    }

    async fn finished(&self, host: &Host, status: HostStatus, steps: StepCounts, took: Duration) {
        self.emit(Event::HostFinished {
            host: host.name.clone(),
            status,
            steps,
            took,
        })
        .await;
    }

    /// One host, from its first event to its last.
    async fn host(&self, job: Job) {
        let host = Arc::clone(job.host());
        let started = self.began.elapsed();
        self.emit(Event::HostStarted {
            host: host.name.clone(),
        })
        .await;
        let connected = tokio::select! {
            connected = self.transport.connect(&host) => Some(connected),
            () = self.cancel.requested() => None,
        };
        let (status, steps) = match connected {
            None => (HostStatus::Cancelled, StepCounts::default()),
            Some(Err(cause)) => (HostStatus::Unreachable { cause }, StepCounts::default()),
            Some(Ok(mut session)) => {
                let done = match &job {
                    Job::Plan(plan, options, body) => self.plan(plan, *options, body, session.as_mut()).await,
                    Job::Command(host, program) => self.command(host, program, session.as_mut()).await,
                };
                let took = self.began.elapsed().saturating_sub(started);
                self.finished(&host, done.0, done.1, took).await;
                session.close().await;
                return;
            }
        };
        self.finished(&host, status, steps, self.began.elapsed().saturating_sub(started))
            .await;
    }

    async fn plan(
        &self,
        plan: &Arc<Plan>,
        options: Options,
        body: &Body,
        session: &mut dyn crate::transport::Session,
    ) -> (HostStatus, StepCounts) {
        let nothing = StepCounts::default();
        let mut random = [0_u8; 16];
        if let Err(error) = getrandom::fill(&mut random) {
            return (
                HostStatus::Unsupported {
                    detail: format!("no random bytes: {error}"),
                },
                nothing,
            );
        }
        let nonce = Nonce::new(random);
        let compile = || plan::body(&plan.steps, options).map(Arc::from);
        let body = match body.get_or_init(compile) {
            Ok(body) => Arc::clone(body),
            Err(error) => {
                return (
                    HostStatus::Unsupported {
                        detail: error.to_string(),
                    },
                    nothing,
                );
            }
        };
        let mut running = match session.run_shared(plan::head(&nonce), body).await {
            Ok(running) => running,
            Err(cause) => return (HostStatus::Unreachable { cause }, nothing),
        };
        let mut run = HostRun::new(Arc::clone(plan), options.apply, &nonce);
        let mut events = Vec::new();
        let mut listener = Listener {
            scene: self,
            running: running.as_mut(),
            input_closed: false,
        };
        let ended = loop {
            let ended = match listener.heard().await {
                Heard::Output(Output::Stdout(bytes)) => {
                    run.stdout(&bytes, self.began.elapsed(), &mut |event| events.push(event));
                    None
                }
                Heard::Output(Output::Stderr(bytes)) => {
                    run.stderr(&bytes);
                    None
                }
                Heard::Output(Output::Exit(status)) => Some(Ended::Exit(words(&status))),
                Heard::Output(Output::Lost { detail }) => Some(Ended::Lost(detail)),
                Heard::Left => Some(Ended::Left),
            };
            for event in std::mem::take(&mut events) {
                self.emit(event).await;
            }
            match ended {
                Some(ended) => break ended,
                None if run.is_done() => break Ended::Exit("done".to_owned()),
                None => {}
            }
        };
        let done = run.finish(&ended, self.began.elapsed(), &mut |event| events.push(event));
        for event in events {
            self.emit(event).await;
        }
        match (done, ended) {
            // sudo's refusal is no fault of the host's sh.
            ((HostStatus::Unsupported { detail }, steps), Ended::Exit(_))
                if plan.host.connection.r#become != Become::None =>
            {
                let command = plan.host.connection.r#become.exec_line().to_owned();
                (
                    HostStatus::Unreachable {
                        cause: Unreachable::Become { command, detail },
                    },
                    steps,
                )
            }
            (done, _) => done,
        }
    }

    async fn command(
        &self,
        host: &Host,
        program: &[u8],
        session: &mut dyn crate::transport::Session,
    ) -> (HostStatus, StepCounts) {
        let nothing = StepCounts::default();
        let mut running = match session.run(program.to_vec()).await {
            Ok(running) => running,
            Err(cause) => return (HostStatus::Unreachable { cause }, nothing),
        };
        self.emit(Event::HostConnected {
            host: host.name.clone(),
        })
        .await;
        let (mut stdout, mut stderr) = (Bounded::default(), Bounded::default());
        let mut listener = Listener {
            scene: self,
            running: running.as_mut(),
            input_closed: false,
        };
        let status = loop {
            match listener.heard().await {
                Heard::Output(Output::Stdout(bytes)) => stdout.push(&bytes),
                Heard::Output(Output::Stderr(bytes)) => stderr.push(&bytes),
                Heard::Output(Output::Exit(ExitStatus::Code(code))) => break code,
                Heard::Output(Output::Exit(ExitStatus::Signal(signal))) => {
                    stderr.push(format!("\nended by signal {signal}\n").as_bytes());
                    break 255;
                }
                Heard::Output(Output::Lost { detail }) => return (HostStatus::Lost { detail }, nothing),
                Heard::Left => return (HostStatus::Cancelled, nothing),
            }
        };
        let (stdout, stderr) = (stdout.take(), stderr.take());
        self.emit(Event::CommandFinished {
            host: host.name.clone(),
            status,
            stdout,
            stderr,
        })
        .await;
        (
            if status == 0 {
                HostStatus::Ok
            } else {
                HostStatus::Failed
            },
            nothing,
        )
    }
}

/// Hears a program out, and tells it to end between steps as soon as that is asked for.
struct Listener<'a> {
    scene: &'a Scene,
    running: &'a mut dyn Running,
    input_closed: bool,
}

impl Listener<'_> {
    async fn heard(&mut self) -> Heard {
        let cancel = &self.scene.cancel;
        if !self.input_closed {
            tokio::select! {
                output = self.running.next() => return Heard::from(output),
                () = cancel.requested() => {}
            }
            self.running.close_input().await;
            self.input_closed = true;
        }
        tokio::select! {
            output = self.running.next() => Heard::from(output),
            () = cancel.demanded() => Heard::Left,
        }
    }
}

enum Heard {
    Output(Output),
    Left,
}

impl From<Option<Output>> for Heard {
    fn from(output: Option<Output>) -> Self {
        let lost = || Output::Lost {
            detail: "the connection ended without a word".to_owned(),
        };
        Self::Output(output.unwrap_or_else(lost))
    }
}

fn words(status: &ExitStatus) -> String {
    match status {
        ExitStatus::Code(code) => format!("exit {code}"),
        ExitStatus::Signal(signal) => format!("signal {signal}"),
    }
}
