//! Many hosts at work, bounded; one host's failure, silence or panic is its own.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::sync::mpsc::Sender;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::cancel::Cancel;
use super::command::Command;
use super::errand::Errand;
use super::gate::{Gate, Open};
use super::limits::Limits;
use super::scene::{Job, Scene};
use super::stop::Stop;
use super::text::Text;
use super::wave;
use crate::event::{Event, HostStatus, Mode, Stamped, StepCounts, Summary, Withheld};
use crate::inventory::Host;
use crate::name::Name;
use crate::plan::{Options, Plan, Wishes};
use crate::profile::Rollout;
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
    Command(Vec<Arc<Host>>, Arc<Command>),
    /// Something else, told as what `Mode` says.
    Errands(Mode, Vec<Arc<dyn Errand>>),
}

/// Runs work on many hosts.
#[derive(Clone)]
pub struct Fleet {
    transport: Arc<dyn Transport>,
    parallel: NonZeroUsize,
    wishes: Wishes,
    exactly: bool,
    gate: Arc<dyn Gate>,
    rollout: Rollout,
    limits: Limits,
}

impl Fleet {
    /// A fleet reached by `transport`, with the default width and without diffs.
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self {
            transport,
            parallel: DEFAULT_PARALLEL,
            wishes: Wishes::default(),
            exactly: false,
            gate: Arc::new(Open),
            rollout: Rollout::default(),
            limits: Limits::default(),
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
        self.wishes.diff = diff;
        self
    }

    /// Asks for all that the checks rest on, which the gate is given.
    #[must_use]
    pub fn observe(mut self, observe: bool) -> Self {
        self.wishes.observe = observe;
        self
    }

    /// Changes only what the gate was told of: a step that an earlier one's apply makes necessary fails.
    #[must_use]
    pub fn exactly(mut self, exactly: bool) -> Self {
        self.exactly = exactly;
        self
    }

    /// Lets `gate` decide, host by host, whether changes are made.
    #[must_use]
    pub fn gate(mut self, gate: Arc<dyn Gate>) -> Self {
        self.gate = gate;
        self
    }

    /// Goes through the fleet as `rollout` says.
    #[must_use]
    pub fn rollout(mut self, rollout: Rollout) -> Self {
        self.rollout = rollout;
        self
    }

    /// Sets how long things may take.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How hosts are reached.
    pub(super) fn way(&self) -> Arc<dyn Transport> {
        Arc::clone(&self.transport)
    }

    /// How many hosts may be at work at once.
    pub(super) fn width(&self) -> NonZeroUsize {
        self.parallel
    }

    /// The same, reached in another way.
    pub(super) fn reached_by(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = transport;
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
            Work::Errands(mode, _) => *mode,
        };
        let jobs = self.jobs(work);
        let (sender, mut receiver) = tokio::sync::mpsc::channel(1024);
        let scene = Scene {
            transport: Arc::clone(&self.transport),
            events: sender,
            began: Instant::now(),
            cancel: cancel.clone(),
            gate: Arc::clone(&self.gate),
            limit: None,
            begin: self.limits.begin,
            told: None,
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
        scene
            .emit(Event::RunStarted {
                mode,
                profile,
                hosts: Arc::new(jobs.iter().map(Job::announce).collect()),
            })
            .await;
        self.drive(jobs, scene).await;
        match counting.await {
            Ok(summary) => summary,
            // Nothing else knows how the hosts have done, and nothing said is not "all well".
            Err(died) => std::panic::resume_unwind(died.into_panic()),
        }
    }

    fn jobs(&self, work: Work) -> Vec<Job> {
        let planned = |plans: Vec<Plan>, apply: bool| -> Vec<Job> {
            let options = Options {
                apply,
                diff: self.wishes.diff,
            };
            // Plans that are equal share their steps, so the address tells.
            let mut texts: HashMap<_, Arc<Text>> = HashMap::new();
            plans
                .into_iter()
                .map(|plan| {
                    let text = texts
                        .entry(Arc::as_ptr(&plan.steps))
                        .or_insert_with(|| Arc::new(Text::new(&plan.steps, self.wishes, self.exactly)));
                    let text = Arc::clone(text);
                    Job::Plan(Arc::new(plan), options, text)
                })
                .collect()
        };
        match work {
            Work::Push(plans) => planned(plans, true),
            Work::DryRun(plans) => planned(plans, false),
            Work::Command(hosts, command) => hosts
                .into_iter()
                .map(|host| Job::Command(host, Arc::clone(&command)))
                .collect(),
            Work::Errands(_, errands) => errands.into_iter().map(Job::Errand).collect(),
        }
    }

    async fn drive(&self, jobs: Vec<Job>, scene: Scene) {
        let permits = Arc::new(Semaphore::new(self.parallel.get()));
        let over = CancellationToken::new();
        let watch = tokio::spawn({
            let (scene, over) = (scene.clone(), over.clone());
            async move {
                // A request is told of however short a time is left: hosts may end by it sooner than it is heard here.
                tokio::select! {
                    biased;
                    () = scene.cancel.requested() => scene.emit(Event::Cancelling).await,
                    () = over.cancelled() => {}
                }
            }
        });
        let allowed = self.rollout.max_fail.map(|share| share.of(jobs.len()));
        let stop = Stop::new(allowed, self.limits.run.map(|time| scene.began + time));
        let waves = wave::part(jobs, &self.rollout);
        let count = waves.len();
        let mut withheld = None;
        for (index, jobs) in waves.into_iter().enumerate() {
            let hosts: Vec<Arc<Host>> = jobs.iter().map(|job| Arc::clone(job.host())).collect();
            withheld = withheld.or_else(|| stop.why());
            if count > 1 && withheld.is_none() && !scene.cancel.is_requested() {
                scene
                    .emit(Event::WaveStarted {
                        wave: index + 1,
                        waves: count,
                        hosts: hosts.iter().map(|host| host.name.clone()).collect(),
                    })
                    .await;
            }
            let sound = stop.sound();
            self.wave(jobs, &scene, &permits, &stop, &mut withheld).await;
            withheld = withheld.or_else(|| stop.why_after(sound));
            if index + 1 < count && withheld.is_none() {
                withheld = self.gates(index + 1, &hosts, &scene, &permits, &stop).await.err();
            }
        }
        over.cancel();
        let _ = watch.await;
    }

    /// All hosts of a wave, to their ends; those that are not to begin are told of, with the reason.
    async fn wave(
        &self,
        jobs: Vec<Job>,
        scene: &Scene,
        permits: &Arc<Semaphore>,
        stop: &Stop,
        withheld: &mut Option<Withheld>,
    ) {
        let mut tasks = JoinSet::new();
        for job in jobs {
            // A host takes its place before it takes memory: ten thousand tasks are not begun at once.
            let permit = match withheld {
                Some(_) => None,
                None => tokio::select! {
                    biased;
                    () = scene.cancel.requested() => None,
                    permit = Arc::clone(permits).acquire_owned() => permit.ok(),
                },
            };
            // While it waited, others may have failed.
            *withheld = withheld.or_else(|| stop.why());
            match (permit, *withheld) {
                (Some(permit), None) => {
                    let scene = scene.clone();
                    let (stop, limit) = (stop.clone(), self.limits.of_host(stop.deadline()));
                    tasks.spawn(async move {
                        stop.ended(&scene.safely(job, limit).await);
                        drop(permit);
                    });
                }
                (_, why) => {
                    let status = match why {
                        Some(why) if !scene.cancel.is_requested() => HostStatus::Withheld { why },
                        _ => HostStatus::Cancelled,
                    };
                    scene
                        .finished(job.host(), status, StepCounts::default(), Duration::ZERO)
                        .await;
                }
            }
            while tasks.try_join_next().is_some() {}
        }
        while tasks.join_next().await.is_some() {}
    }

    /// What must hold after the wave of this number; why the later ones do not begin, where it does not.
    async fn gates(
        &self,
        wave: usize,
        hosts: &[Arc<Host>],
        scene: &Scene,
        permits: &Arc<Semaphore>,
        stop: &Stop,
    ) -> Result<(), Withheld> {
        for gate in &self.rollout.gates {
            let (kind, what) = (gate.kind().to_owned(), gate.what());
            scene
                .emit(Event::GateStarted {
                    wave,
                    gate: kind.clone(),
                    what: what.clone(),
                })
                .await;
            let began = Instant::now();
            let passed = tokio::select! {
                biased;
                () = scene.cancel.requested() => return Ok(()),
                () = stop.over() => Err(b"the run's time was over".to_vec()),
                passed = wave::pass(gate, self.limits.gate, hosts, &scene.transport, permits) => passed,
            };
            let is_passed = passed.is_ok();
            scene
                .emit(Event::GateFinished {
                    wave,
                    gate: kind,
                    what,
                    passed: is_passed,
                    output: passed.err().unwrap_or_default(),
                    took: began.elapsed(),
                })
                .await;
            if !is_passed {
                return Err(stop.why().unwrap_or(Withheld::Gate));
            }
        }
        Ok(())
    }
}
