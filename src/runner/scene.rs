//! One host's task: connect, run its program, tell what happens, say goodbye.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;

use super::cancel::Cancel;
use super::command::Command;
use super::deliver::deliver;
use super::errand::{Errand, Site};
use super::gate::{Answer, Gate};
use super::host_run::{Ended, HostRun};
use super::limits::{unbegun, within};
use super::listener::{Heard, Listener};
use super::text::Text;
use super::told::{Told, caught};
use crate::event::{Event, HostPlan, HostStatus, Reason, Refusal, Stamped, StepCounts, Unreachable};
use crate::inventory::{Become, Host};
use crate::plan::{self, CompileError, Options, Plan};
use crate::transport::{ExitStatus, Output, Session, Transport, refusal};
use crate::wire::Nonce;

/// What one host is to do.
#[derive(Clone)]
pub(super) enum Job {
    Plan(Arc<Plan>, Options, Arc<Text>),
    Command(Arc<Host>, Arc<Command>),
    Errand(Arc<dyn Errand>),
}

impl Job {
    /// The host it is for.
    pub(super) fn host(&self) -> &Arc<Host> {
        match self {
            Self::Plan(plan, ..) => &plan.host,
            Self::Command(host, _) => host,
            Self::Errand(errand) => errand.host(),
        }
    }

    /// What the run's first event says of it.
    pub(super) fn announce(&self) -> HostPlan {
        let steps = match self {
            Self::Plan(plan, ..) => plan
                .steps
                .iter()
                .map(|planned| Arc::clone(&planned.step))
                .collect(),
            Self::Command(..) => Vec::new(),
            Self::Errand(errand) => errand.steps(),
        };
        HostPlan {
            host: self.host().name.clone(),
            steps,
        }
    }
}

/// What every host's task needs.
#[derive(Clone)]
pub(super) struct Scene {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) events: Sender<Stamped>,
    pub(super) began: Instant,
    pub(super) cancel: Cancel,
    pub(super) gate: Arc<dyn Gate>,
    /// When the host's time is over.
    pub(super) limit: Option<Instant>,
    /// How long a host may take to begin what it is sent.
    pub(super) begin: Duration,
    /// What the host's task has told; none where no host's task tells.
    pub(super) told: Option<Arc<Told>>,
}

impl Scene {
    /// Tells that something happened, now.
    pub(super) async fn emit(&self, mut event: Event) {
        if let Event::StepFinished {
            reason: Some(reason @ Reason::Cancelled),
            ..
        } = &mut event
            && self.is_late()
        {
            *reason = Reason::Deadline;
        }
        if let Some(told) = &self.told {
            told.observe(&event);
        }
        let _ = self
            .events
            .send(Stamped {
                at: self.began.elapsed(),
                event,
            })
            .await;
    }

    /// Tells that the host is done.
    pub(super) async fn finished(&self, host: &Host, status: HostStatus, steps: StepCounts, took: Duration) {
        self.emit(Event::HostFinished {
            host: host.name.clone(),
            status,
            steps,
            took,
        })
        .await;
    }

    /// One host, from its first event to its last; how it ended.
    pub(super) async fn host(&self, job: Job) -> HostStatus {
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
                let end = match &job {
                    Job::Plan(plan, options, text) => self.plan(plan, *options, text, session.as_mut()).await,
                    Job::Command(host, command) => {
                        End::Done(self.command(host, command, session.as_mut()).await)
                    }
                    Job::Errand(errand) => End::Done(errand.run(session.as_mut(), Site(self)).await),
                };
                let (done, open) = match end {
                    End::Done(done) => (done, Some(session)),
                    End::Down(run, step) => {
                        // Its place is needed for the next one, and the host would not hear a goodbye much longer.
                        session.close().await;
                        (self.comes_back(*run, step).await, None)
                    }
                };
                let took = self.began.elapsed().saturating_sub(started);
                let status = self.in_time(done.0);
                self.finished(&host, status.clone(), done.1, took).await;
                if let Some(session) = open {
                    session.close().await;
                }
                return status;
            }
        };
        let status = self.in_time(status);
        let took = self.began.elapsed().saturating_sub(started);
        self.finished(&host, status.clone(), steps, took).await;
        status
    }

    /// What was ended because its time was over was not cancelled by anybody.
    fn in_time(&self, status: HostStatus) -> HostStatus {
        match status {
            HostStatus::Cancelled | HostStatus::Left if self.is_late() => HostStatus::TimedOut,
            status => status,
        }
    }

    fn is_late(&self) -> bool {
        self.limit.is_some_and(|limit| Instant::now() >= limit)
    }

    /// The same, whatever becomes of it: a bug that ends the host's task is its own, and told as a lost host.
    pub(super) async fn safely(mut self, job: Job, limit: Option<Instant>) -> HostStatus {
        let told = Arc::new(Told::default());
        self.told = Some(Arc::clone(&told));
        match caught(within(self.clone(), job.clone(), limit)).await {
            Ok(status) => status,
            Err(why) => {
                let why = format!("a mistake in this program: {why}");
                for event in told.owed(&job, why.clone()) {
                    self.emit(event).await;
                }
                HostStatus::Lost { detail: why }
            }
        }
    }

    async fn plan(&self, plan: &Arc<Plan>, options: Options, text: &Text, session: &mut dyn Session) -> End {
        let nothing = StepCounts::default();
        let unsupported = |detail| End::Done((HostStatus::Unsupported { detail }, nothing));
        let mut random = [0_u8; 16];
        if let Err(error) = getrandom::fill(&mut random) {
            return unsupported(format!("no random bytes: {error}"));
        }
        let nonce = Nonce::new(random);
        let ask = match text.ask() {
            Ok(ask) => ask,
            Err(error) => return unsupported(error.to_string()),
        };
        let mut running = match session.run_shared(plan::head(&nonce), ask).await {
            Ok(running) => running,
            Err(cause) => return End::Done((HostStatus::Unreachable { cause }, nothing)),
        };
        let mut run = HostRun::new(Arc::clone(plan), options.apply, &nonce);
        let mut events = Vec::new();
        let mut listener = Listener::new(running.as_mut(), &self.cancel);
        let mut failed = None;
        let begun_by = Instant::now() + self.begin;
        let ended = loop {
            let silent = run.is_silent().then_some(begun_by);
            let ended = match self.in_good_time(silent, listener.heard()).await {
                Heard::Output(Output::Stdout(bytes)) => {
                    run.stdout(&bytes, self.began.elapsed(), &mut |event| events.push(event));
                    None
                }
                Heard::Output(Output::Stderr(bytes)) => {
                    run.stderr(&bytes);
                    None
                }
                // What was cut off by our own wish has not begun.
                Heard::Output(Output::Exit(_)) if self.cancel.is_requested() && run.is_silent() => {
                    Some(Ended::Left)
                }
                Heard::Output(Output::Exit(status)) => Some(Ended::Exit(words(&status))),
                Heard::Output(Output::Lost { detail }) => Some(Ended::Lost(detail)),
                Heard::Left => Some(Ended::Left),
            };
            for event in std::mem::take(&mut events) {
                self.emit(event).await;
            }
            if let Some((wanted, observed)) = run.answer() {
                let answer = Answer {
                    plan,
                    wanted: &wanted,
                    observed: observed.as_deref(),
                };
                self.gate.heard(answer);
                if run.asks() && ended.is_none() {
                    match self.decide(answer, text).await {
                        Ok(act) => {
                            listener.running.send(act).await;
                            run.go_on();
                        }
                        Err(Declined::Refused(refusal)) => {
                            run.decline(Some(refusal), &mut |event| events.push(event));
                        }
                        Err(Declined::Cancelled) => run.decline(None, &mut |event| events.push(event)),
                        Err(Declined::Impossible(error)) => {
                            run.decline(None, &mut |event| events.push(event));
                            failed = Some(error);
                        }
                    }
                }
            }
            if let Some(need) = run.need() {
                let delivered = tokio::select! {
                    delivered = deliver(plan, &need, session, &*self.transport) => delivered,
                    () = self.cancel.demanded() => Err("the run was left".to_owned()),
                };
                if let Err(detail) = delivered {
                    // The step gives up waiting when its input ends, and fails with what is said here.
                    run.undelivered(need.step, &detail, &mut |event| events.push(event));
                    listener.close_input().await;
                }
            }
            match ended {
                Some(ended) => break ended,
                None if run.is_done() => break Ended::Exit("done".to_owned()),
                None => {}
            }
        };
        if let Some(step) = run.reboots(&ended, &mut |event| events.push(event)) {
            for event in events {
                self.emit(event).await;
            }
            return End::Down(Box::new(run), step);
        }
        let done = run.finish(&ended, self.began.elapsed(), &mut |event| events.push(event));
        for event in events {
            self.emit(event).await;
        }
        if let Some(error) = failed {
            let detail = error.to_string();
            return End::Done((HostStatus::Unsupported { detail }, done.1));
        }
        End::Done(blamed(&plan.host, done, &ended))
    }

    /// What is heard of a program; one that has not begun has until `by`.
    pub(super) async fn in_good_time(
        &self,
        by: Option<Instant>,
        heard: impl Future<Output = Heard>,
    ) -> Heard {
        let Some(by) = by else { return heard.await };
        let heard = tokio::time::timeout_at(by.into(), heard).await;
        heard.unwrap_or_else(|_| {
            let detail = unbegun(self.begin);
            Heard::Output(Output::Lost { detail })
        })
    }

    /// The second half for a host that has given this answer, if it is to have one.
    async fn decide(&self, answer: Answer<'_>, text: &Text) -> Result<Arc<[u8]>, Declined> {
        tokio::select! {
            biased;
            () = self.cancel.requested() => return Err(Declined::Cancelled),
            decided = self.gate.decide(answer) => decided.map_err(Declined::Refused)?,
        }
        let first = answer.wanted.first().copied().unwrap_or_default();
        text.act(first).map_err(Declined::Impossible)
    }
}

/// How a host's program ended.
enum End {
    Done((HostStatus, StepCounts)),
    /// The host goes down for this step.
    Down(Box<HostRun>, usize),
}

/// How a host has done, where `sudo` and its like may be to blame.
fn blamed(host: &Host, done: (HostStatus, StepCounts), ended: &Ended) -> (HostStatus, StepCounts) {
    match (done, ended) {
        ((HostStatus::Unsupported { detail }, steps), Ended::Exit(_)) => (unheard(host, detail), steps),
        (done, _) => done,
    }
}

/// How a host has done whose program ended without a word of its own.
pub(super) fn unheard(host: &Host, detail: String) -> HostStatus {
    // sudo's refusal is no fault of the host's sh.
    if host.connection.r#become == Become::None || asked(host) {
        return HostStatus::Unsupported { detail };
    }
    let cause = not_let_in(host, detail);
    HostStatus::Unreachable { cause }
}

/// Why a host is not sent its second half.
enum Declined {
    Refused(Refusal),
    Cancelled,
    /// No shell could carry it out.
    Impossible(CompileError),
}

/// Whether becoming another user was a conversation of its own: then the program's silence is its own too.
fn asked(host: &Host) -> bool {
    let connection = &host.connection;
    connection.r#become == Become::Su || connection.become_password.is_some()
}

/// Why a program did not begin that was to run as another user.
pub(super) fn not_let_in(host: &Host, detail: String) -> Unreachable {
    let connection = &host.connection;
    Unreachable::Become {
        command: connection.r#become.exec_line(&connection.become_user),
        refusal: refusal(&detail, false),
        detail,
    }
}

fn words(status: &ExitStatus) -> String {
    match status {
        ExitStatus::Code(code) => format!("exit {code}"),
        ExitStatus::Signal(signal) => format!("signal {signal}"),
    }
}
