//! One host's run as a state machine: bytes in, events out, no I/O and no clock of its own.

mod frames;
mod unmet;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::tail::Bounded;
use crate::event::{Event, HostStatus, Outcome, Phase, Reason, Refusal, Step, StepCounts};
use crate::name::Name;
use crate::plan::{Plan, Views};
use crate::wire::{Decoder, Nonce, Room};
use unmet::Unmet;

/// The most of a file's content that is kept for a diff; of a larger one the program sends one byte more.
const MAX_SHOWN: usize = 256 * 1024;

/// How a host's program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with these words for its exit status.
    Exit(String),
    /// The connection went first.
    Lost(String),
    /// We left, at the user's demand.
    Left,
}

/// One host's run.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says of one thing whether it has been"
)]
pub struct HostRun {
    plan: Arc<Plan>,
    apply: bool,
    decoder: Option<Decoder>,
    now: Duration,
    phase: Stage,
    wanted: Vec<bool>,
    unmet: Unmet,
    /// The steps whose first check took too long.
    late: Vec<usize>,
    rebooting: Option<usize>,
    ended: Vec<bool>,
    counts: StepCounts,
    current: Option<(usize, Phase)>,
    began: Duration,
    output: Bounded,
    stray: Bounded,
    shown: Option<Shown>,
    /// Which files are shown, known since the first was.
    views: Option<Views>,
    /// How many files of each step have been shown.
    shows: BTreeMap<usize, usize>,
    observed: Option<Vec<u8>>,
    observing: bool,
    answered: bool,
    need: Option<Need>,
    cancelled: bool,
    refused: Option<Refusal>,
    broken: Option<String>,
}

/// A step that waits for its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The step.
    pub step: usize,
    /// Where the waiting program keeps its files.
    pub room: Room,
    /// The end of that directory's name.
    pub suffix: String,
}

/// A file's content, as far as it has come.
#[derive(Debug)]
struct Shown {
    step: usize,
    /// What it holds now, if there is one.
    now: Option<Vec<u8>>,
    /// What an edit makes of that.
    edited: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing of our program was heard; what comes is a login shell's noise.
    Silent,
    /// It runs.
    Connected,
    /// It has asked every step.
    Planned,
    /// Its first half has ended, and there is something to change.
    Asked,
    /// It was sent its second half, and has said nothing of it.
    Sent,
    /// It is at that.
    Changing,
    /// It has ended, and the host goes down for its last step.
    Rebooting,
    /// It has ended, or is not to go on.
    Done,
}

impl HostRun {
    /// A run of `plan` whose program carries `nonce` and may change things only with `apply`.
    pub fn new(plan: Arc<Plan>, apply: bool, nonce: &Nonce) -> Self {
        let count = plan.steps.len();
        Self {
            plan,
            apply,
            decoder: Some(Decoder::new(nonce)),
            now: Duration::ZERO,
            phase: Stage::Silent,
            wanted: vec![false; count],
            unmet: Unmet::default(),
            late: Vec::new(),
            rebooting: None,
            ended: vec![false; count],
            counts: StepCounts::default(),
            current: None,
            began: Duration::ZERO,
            output: Bounded::default(),
            stray: Bounded::default(),
            shown: None,
            views: None,
            shows: BTreeMap::new(),
            observed: None,
            observing: false,
            answered: false,
            need: None,
            cancelled: false,
            refused: None,
            broken: None,
        }
    }

    /// What the host answered when its first half has ended, once: the steps that do not hold, and what it observed.
    pub fn answer(&mut self) -> Option<(Vec<usize>, Option<Vec<u8>>)> {
        let over = matches!(self.phase, Stage::Asked | Stage::Done) && self.broken.is_none();
        if !over || std::mem::replace(&mut self.answered, true) {
            return None;
        }
        let wanted = self.wanted.iter().enumerate().filter(|(_, wanted)| **wanted);
        Some((wanted.map(|(step, _)| step).collect(), self.observed.take()))
    }

    /// Whether the host waits for the half that changes it.
    pub fn asks(&self) -> bool {
        self.phase == Stage::Asked && self.broken.is_none()
    }

    /// The host is sent its second half.
    pub fn go_on(&mut self) {
        if self.phase == Stage::Asked {
            self.phase = Stage::Sent;
        }
    }

    /// Whether nothing of the half that was sent last has been heard: what was cut off before that has done nothing.
    pub fn is_silent(&self) -> bool {
        matches!(self.phase, Stage::Silent | Stage::Asked | Stage::Sent)
    }

    /// The host is not sent its second half: it was refused, or the run was cancelled. Nothing is changed there.
    pub fn decline(&mut self, refusal: Option<Refusal>, emit: &mut impl FnMut(Event)) {
        if self.phase != Stage::Asked {
            return;
        }
        let reason = match refusal {
            Some(_) => Reason::Refused,
            None => Reason::Cancelled,
        };
        for step in 0..self.ended.len() {
            if self.wanted[step] {
                self.end(step, Outcome::Skipped, Some(reason.clone()), emit);
            } else if !self.ended[step] {
                self.end(step, Outcome::Ok, None, emit);
            }
        }
        self.cancelled = refusal.is_none();
        self.refused = refusal;
        self.phase = Stage::Done;
    }

    /// The content a step waits for, once.
    pub fn need(&mut self) -> Option<Need> {
        self.need.take()
    }

    /// The content a step waits for could not be brought: `detail` stands in its output.
    pub fn undelivered(&mut self, step: usize, detail: &str, emit: &mut impl FnMut(Event)) {
        if self.open(step).is_ok() {
            self.output(format!("{detail}\n").into_bytes(), emit);
        }
    }

    /// Whether the program has said its last word, or cannot be believed any more.
    pub fn is_done(&self) -> bool {
        matches!(self.phase, Stage::Rebooting | Stage::Done) || self.broken.is_some()
    }

    /// Takes what the host wrote to stdout, `now` being the time since the run began.
    pub fn stdout(&mut self, bytes: &[u8], now: Duration, emit: &mut impl FnMut(Event)) {
        self.now = now;
        let Some(mut decoder) = self.decoder.take() else {
            return;
        };
        decoder.feed(bytes, &mut |item| self.item(item, emit));
        self.decoder = Some(decoder);
    }

    /// Takes what the host wrote to stderr: sudo's or a login shell's words, as the program itself writes none.
    pub fn stderr(&mut self, bytes: &[u8]) {
        self.stray.push(bytes);
    }

    /// The step for which the host goes down, if it does; `ended` is how its program did. From here on the host is
    /// waited for, and then [`HostRun::booted`] says what came of it.
    pub fn reboots(&mut self, ended: &Ended, emit: &mut impl FnMut(Event)) -> Option<usize> {
        if self.broken.is_some() || *ended == Ended::Left {
            return None;
        }
        // The program's last words may be lost with the connection: then it went down in the middle of the apply.
        let step = match (self.phase, self.current) {
            (Stage::Rebooting, _) => self.rebooting?,
            (Stage::Changing, Some((step, Phase::Apply))) => step,
            _ => return None,
        };
        self.plan.steps[step].resource.reboots_within()?;
        self.phase = Stage::Rebooting;
        self.current = Some((step, Phase::Verify));
        emit(Event::StepStarted {
            host: self.host(),
            step: self.step(step),
            phase: Phase::Verify,
        });
        Some(step)
    }

    /// The host has booted for its last step, or is not waited for any longer.
    pub fn booted(
        &mut self,
        step: usize,
        end: (Outcome, Option<Reason>),
        now: Duration,
        emit: &mut impl FnMut(Event),
    ) {
        self.now = now;
        self.end(step, end.0, end.1, emit);
        self.phase = Stage::Done;
    }

    /// Ends the run: accounts for every step that has not ended, and says how the host did.
    pub fn finish(
        mut self,
        ended: &Ended,
        now: Duration,
        emit: &mut impl FnMut(Event),
    ) -> (HostStatus, StepCounts) {
        self.now = now;
        if let Some(decoder) = self.decoder.take() {
            decoder.finish(&mut |item| self.item(item, emit));
        }
        if self.phase == Stage::Done && self.broken.is_none() {
            if let Some(refusal) = self.refused {
                return (HostStatus::Refused { refusal }, self.counts);
            }
            let status = match (self.counts.failed, self.cancelled) {
                (0, true) => HostStatus::Cancelled,
                (0, false) => HostStatus::Ok,
                _ => HostStatus::Failed,
            };
            return (status, self.counts);
        }
        let left = *ended == Ended::Left && self.broken.is_none();
        let said = self.stray.text();
        if self.phase == Stage::Silent {
            let detail = match (&self.broken, ended) {
                (Some(broken), _) => format!("the host's answer makes no sense: {broken}"),
                (None, Ended::Exit(status)) => silent(&format!(" ({status})"), &said),
                (None, Ended::Lost(detail)) => silent(&format!(": {detail}"), &said),
                (None, Ended::Left) => return (HostStatus::Cancelled, self.counts),
            };
            return (HostStatus::Unsupported { detail }, self.counts);
        }
        let at_work = self
            .current
            .filter(|(_, phase)| *phase != Phase::Check)
            .map(|(step, _)| step);
        for step in 0..self.ended.len() {
            if !self.ended[step] {
                let (outcome, reason) = match (at_work == Some(step), left) {
                    (true, true) => (Outcome::Failed, Reason::Left),
                    (true, false) => (Outcome::Failed, Reason::Lost),
                    (false, true) => (Outcome::Skipped, Reason::Cancelled),
                    (false, false) => (Outcome::Skipped, Reason::Lost),
                };
                self.end(step, outcome, Some(reason), emit);
            }
        }
        let detail = match (self.broken, ended) {
            (Some(broken), _) => format!("the host's answer makes no sense: {broken}"),
            (None, Ended::Lost(detail)) => detail.clone(),
            (None, Ended::Exit(status)) => format!("the program stopped before its end ({status}) {said}")
                .trim_end()
                .to_owned(),
            (None, Ended::Left) => return (HostStatus::Cancelled, self.counts),
        };
        (HostStatus::Lost { detail }, self.counts)
    }

    /// What is planned.
    pub(super) fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    fn host(&self) -> Name {
        self.plan.host.name.clone()
    }

    fn step(&self, index: usize) -> Arc<Step> {
        Arc::clone(&self.plan.steps[index].step)
    }
}

/// Why nothing of our program was heard, in the host's own words where it has any.
fn silent(how: &str, said: &str) -> String {
    let separator = if said.is_empty() { "" } else { ": " };
    format!("the program did not start{how}{separator}{said}")
}
