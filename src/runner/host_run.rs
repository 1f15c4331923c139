//! One host's run as a state machine: bytes in, events out, no I/O and no clock of its own.

use std::sync::Arc;
use std::time::Duration;

use super::tail::Bounded;
use crate::event::{Event, FileDiff, HostStatus, Outcome, Phase, Reason, Step, StepCounts};
use crate::name::Name;
use crate::plan::Plan;
use crate::wire::{Decoder, Failure, Frame, Item, Nonce, Room, Skip, VERSION};

/// The most of a file's present content that is kept for a diff; the program sends one byte more.
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
pub struct HostRun {
    plan: Arc<Plan>,
    apply: bool,
    decoder: Option<Decoder>,
    now: Duration,
    phase: Stage,
    wanted: Vec<bool>,
    ended: Vec<bool>,
    counts: StepCounts,
    current: Option<(usize, Phase)>,
    began: Duration,
    output: Bounded,
    stray: Bounded,
    shown: Option<Shown>,
    need: Option<Need>,
    cancelled: bool,
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

/// A file's present content, as far as it has come.
#[derive(Debug)]
struct Shown {
    step: usize,
    content: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing of our program was heard; what comes is a login shell's noise.
    Silent,
    /// It runs.
    Connected,
    /// It has asked every step.
    Planned,
    /// It has ended.
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
            ended: vec![false; count],
            counts: StepCounts::default(),
            current: None,
            began: Duration::ZERO,
            output: Bounded::default(),
            stray: Bounded::default(),
            shown: None,
            need: None,
            cancelled: false,
            broken: None,
        }
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
        self.phase == Stage::Done || self.broken.is_some()
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

    fn item(&mut self, item: Item, emit: &mut impl FnMut(Event)) {
        if self.is_done() {
            return;
        }
        match item {
            Item::Output(bytes) => self.output(bytes, emit),
            Item::Frame(frame) => {
                if let Err(what) = self.frame(&frame, emit) {
                    self.broken = Some(format!("{what} ({frame:?})"));
                }
            }
            Item::Broken(error) => self.broken = Some(error.to_string()),
        }
    }

    fn output(&mut self, bytes: Vec<u8>, emit: &mut impl FnMut(Event)) {
        if let Some(Shown { content, .. }) = &mut self.shown {
            let content = content.get_or_insert_default();
            let room = (MAX_SHOWN + 1).saturating_sub(content.len());
            content.extend_from_slice(&bytes[..bytes.len().min(room)]);
        } else if let (Some((step, _)), false) = (self.current, self.phase == Stage::Silent) {
            self.output.push(&bytes);
            emit(Event::StepOutput {
                host: self.host(),
                step: self.step(step),
                output: bytes,
            });
        } else {
            self.stray.push(&bytes);
        }
    }

    fn frame(&mut self, frame: &Frame, emit: &mut impl FnMut(Event)) -> Result<(), &'static str> {
        if (self.phase == Stage::Silent) != matches!(frame, Frame::Hello { .. }) {
            return Err("the first frame is `hello`, and only the first");
        }
        match *frame {
            Frame::Hello { version } => {
                if version != VERSION {
                    return Err("another version of the frames' language");
                }
                self.phase = Stage::Connected;
                emit(Event::HostConnected { host: self.host() });
            }
            Frame::Check(step) => self.begin(step, Phase::Check, emit)?,
            Frame::Apply(step) => self.begin(step, Phase::Apply, emit)?,
            Frame::Verify(step) => {
                self.open(step)?;
                self.current = Some((step, Phase::Verify));
                emit(Event::StepStarted {
                    host: self.host(),
                    step: self.step(step),
                    phase: Phase::Verify,
                });
            }
            Frame::Plan { steps, ref wanted } => self.planned(steps, wanted, emit)?,
            Frame::Content { step, exists } => {
                self.open(step)?;
                self.shown = Some(Shown {
                    step,
                    content: exists.then(Vec::new),
                });
            }
            Frame::Need {
                step,
                room,
                ref suffix,
            } => {
                self.open(step)?;
                if self.plan.steps[step].resource.large_content().is_none() {
                    return Err("a step asks for content it was given");
                }
                self.need = Some(Need {
                    step,
                    room,
                    suffix: suffix.clone(),
                });
            }
            Frame::Shown(step) => self.show(step, emit)?,
            Frame::Ok(step) => self.applied(step, Outcome::Ok, None, emit)?,
            Frame::Changed { step, earlier } => {
                self.applied(
                    step,
                    Outcome::Changed,
                    earlier.then_some(Reason::ByEarlierStep),
                    emit,
                )?;
            }
            Frame::Failed { step, why } => {
                let reason = match why {
                    Failure::Apply(status) => Reason::ApplyExit { status },
                    Failure::Verify => Reason::NotVerified,
                    Failure::Room => Reason::NoRoom,
                    Failure::Content => Reason::NoContent,
                    Failure::Locked(pid) => Reason::Locked { pid },
                };
                self.applied(step, Outcome::Failed, Some(reason), emit)?;
            }
            Frame::Skip { from, to, why } => {
                if from > to || to >= self.ended.len() {
                    return Err("steps that were not planned are skipped");
                }
                let reason = match why {
                    Skip::After(of) => Reason::AfterFailure { of },
                    Skip::Cancelled => {
                        self.cancelled = true;
                        Reason::Cancelled
                    }
                };
                for step in from..=to {
                    self.applied(step, Outcome::Skipped, Some(reason.clone()), emit)?;
                }
            }
            Frame::End => self.over(emit)?,
        }
        Ok(())
    }

    fn planned(
        &mut self,
        steps: usize,
        wanted: &[usize],
        emit: &mut impl FnMut(Event),
    ) -> Result<(), &'static str> {
        if self.phase != Stage::Connected || steps != self.ended.len() {
            return Err("the plan is not the one that was sent");
        }
        self.phase = Stage::Planned;
        self.current = None;
        for &step in wanted {
            self.wanted[step] = true;
        }
        if self.apply {
            if !wanted.is_empty() {
                emit(Event::HostPredicted {
                    host: self.host(),
                    changes: wanted.to_vec(),
                });
            }
            for step in 0..wanted.first().copied().unwrap_or(steps) {
                self.end(step, Outcome::Ok, None, emit);
            }
        }
        Ok(())
    }

    /// The file's content is here: what it is, beside what it should be.
    fn show(&mut self, step: usize, emit: &mut impl FnMut(Event)) -> Result<(), &'static str> {
        self.open(step)?;
        let Some(shown) = self.shown.take().filter(|shown| shown.step == step) else {
            return Err("content ends that did not begin");
        };
        let plan = Arc::clone(&self.plan);
        let Some(file) = plan.steps[step].resource.file() else {
            return Err("content of a step without a file");
        };
        let diff = FileDiff {
            path: file.path.to_owned(),
            before: shown.content,
            after: file.content.map(<[u8]>::to_vec),
            secret: file.secret,
        };
        emit(Event::StepDiff {
            host: self.host(),
            step: self.step(step),
            diff,
        });
        Ok(())
    }

    /// A step's end, which only a push's program may tell.
    fn applied(
        &mut self,
        step: usize,
        outcome: Outcome,
        reason: Option<Reason>,
        emit: &mut impl FnMut(Event),
    ) -> Result<(), &'static str> {
        if !self.apply || self.phase != Stage::Planned {
            return Err("a step ended where none could begin");
        }
        self.open(step)?;
        self.end(step, outcome, reason, emit);
        Ok(())
    }

    fn over(&mut self, emit: &mut impl FnMut(Event)) -> Result<(), &'static str> {
        if self.phase != Stage::Planned {
            return Err("the end comes before the plan");
        }
        if !self.apply {
            for step in 0..self.ended.len() {
                let outcome = if self.wanted[step] {
                    Outcome::WouldChange
                } else {
                    Outcome::Ok
                };
                self.end(step, outcome, None, emit);
            }
        }
        if self.ended.contains(&false) {
            return Err("the end comes before every step's");
        }
        self.phase = Stage::Done;
        Ok(())
    }

    /// Refuses a step that is not there or has ended.
    fn open(&self, step: usize) -> Result<(), &'static str> {
        match self.ended.get(step) {
            Some(false) => Ok(()),
            Some(true) => Err("a step goes on after its end"),
            None => Err("a step that was not planned"),
        }
    }

    fn begin(&mut self, step: usize, phase: Phase, emit: &mut impl FnMut(Event)) -> Result<(), &'static str> {
        self.open(step)?;
        self.output.take();
        self.began = self.now;
        self.current = Some((step, phase));
        emit(Event::StepStarted {
            host: self.host(),
            step: self.step(step),
            phase,
        });
        Ok(())
    }

    fn end(&mut self, step: usize, outcome: Outcome, reason: Option<Reason>, emit: &mut impl FnMut(Event)) {
        let mine = self.current.take_if(|(current, _)| *current == step).is_some();
        let took = if mine {
            self.now.saturating_sub(self.began)
        } else {
            Duration::ZERO
        };
        let output = if mine { self.output.take() } else { Vec::new() };
        self.ended[step] = true;
        self.counts.add(outcome);
        emit(Event::StepFinished {
            host: self.host(),
            step: self.step(step),
            outcome,
            reason,
            output,
            took,
        });
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
