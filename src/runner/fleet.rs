//! Many hosts at work, bounded; one host's failure, silence or panic is its own.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::sync::mpsc::Sender;
use tokio::task::JoinSet;

use super::cancel::Cancel;
use super::gate::{Gate, Open};
use super::scene::{Job, Scene};
use super::text::Text;
use crate::event::{Event, HostStatus, Mode, Stamped, StepCounts, Summary};
use crate::inventory::Host;
use crate::name::Name;
use crate::plan::{Options, Plan};
use crate::transport::Transport;

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
    gate: Arc<dyn Gate>,
}

impl Fleet {
    /// A fleet reached by `transport`, with the default width and without diffs.
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self {
            transport,
            parallel: DEFAULT_PARALLEL,
            diff: false,
            gate: Arc::new(Open),
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

    /// Lets `gate` decide, host by host, whether changes are made.
    #[must_use]
    pub fn gate(mut self, gate: Arc<dyn Gate>) -> Self {
        self.gate = gate;
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
            gate: Arc::clone(&self.gate),
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
            let mut texts: HashMap<_, Arc<Text>> = HashMap::new();
            plans
                .into_iter()
                .map(|plan| {
                    let text = texts
                        .entry(Arc::as_ptr(&plan.steps))
                        .or_insert_with(|| Arc::new(Text::new(&plan.steps, options.diff)));
                    let text = Arc::clone(text);
                    Job::Plan(Arc::new(plan), options, text)
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
                        .await;
                }
            }
            while tasks.try_join_next().is_some() {}
        }
        while tasks.join_next().await.is_some() {}
        watch.abort();
        let _ = watch.await;
    }
}
