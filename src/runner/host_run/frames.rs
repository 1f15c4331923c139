//! What each word of a host means to its run, and what makes it unbelievable.

use std::sync::Arc;
use std::time::Duration;

use super::unmet::{Unmet, timed_out};
use super::{HostRun, MAX_SHOWN, Need, Shown, Stage};
use crate::event::{Event, FileDiff, Outcome, Phase, Reason};
use crate::plan::Views;
use crate::resource::Wanted;
use crate::wire::{Failure, Frame, Item, Skip, VERSION};

/// The most that is taken of what a host has observed: 10,000 steps have some 2 MB.
const MAX_OBSERVED: usize = 16 << 20;

impl HostRun {
    pub(super) fn item(&mut self, item: Item, emit: &mut impl FnMut(Event)) {
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

    pub(super) fn output(&mut self, bytes: Vec<u8>, emit: &mut impl FnMut(Event)) {
        if self.observing {
            let observed = self.observed.get_or_insert_default();
            let room = MAX_OBSERVED.saturating_sub(observed.len());
            observed.extend_from_slice(&bytes[..bytes.len().min(room)]);
        } else if let Some(Shown { now, edited, .. }) = &mut self.shown {
            let content = edited.as_mut().unwrap_or_else(|| now.get_or_insert_default());
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
        if self.phase == Stage::Sent {
            self.phase = Stage::Changing;
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
            Frame::Apply(step) => {
                self.changing()?;
                self.begin(step, Phase::Apply, emit)?;
            }
            Frame::Verify(step) => {
                self.changing()?;
                self.open(step)?;
                self.current = Some((step, Phase::Verify));
                emit(Event::StepStarted {
                    host: self.host(),
                    step: self.step(step),
                    phase: Phase::Verify,
                });
            }
            Frame::Late(step) => self.looked_too_long(step)?,
            Frame::State => self.observe()?,
            Frame::Stated => {
                if !std::mem::replace(&mut self.observing, false) {
                    return Err("what was observed ends and did not begin");
                }
            }
            Frame::Plan { steps, ref wanted } => self.planned(steps, wanted, emit)?,
            Frame::Content { step, exists } => self.content(step, exists)?,
            Frame::Becomes(step) => self.becomes(step)?,
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
                let reason = self.reason(step, why);
                self.applied(step, Outcome::Failed, Some(reason), emit)?;
            }
            Frame::Reboot(step) => {
                self.changing()?;
                self.open(step)?;
                if self.plan.steps[step].resource.reboots_within().is_none() {
                    return Err("a step that is no reboot has the host go down");
                }
                self.rebooting = Some(step);
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

    /// What the host's word for a failure means.
    fn reason(&self, step: usize, why: Failure) -> Reason {
        let planned = self.plan.steps.get(step);
        let is_condition = planned.is_some_and(|planned| planned.resource.assertion().is_some());
        match why {
            Failure::Apply(_) if is_condition => Reason::NotHeld,
            Failure::Apply(status) => Reason::ApplyExit { status },
            Failure::Verify => Reason::NotVerified,
            Failure::Room => Reason::NoRoom,
            Failure::Content => Reason::NoContent,
            Failure::Unplanned => Reason::NotPlanned,
            Failure::Locked(pid) => Reason::Locked { pid },
            Failure::Late(seconds) => Reason::TimedOut { seconds },
        }
    }

    fn observe(&mut self) -> Result<(), &'static str> {
        if self.phase != Stage::Connected || self.observed.is_some() {
            return Err("what was observed comes once, before the plan");
        }
        self.observed = Some(Vec::new());
        self.observing = true;
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
        if !wanted.is_empty() {
            self.unmet = Unmet::of(&self.plan.steps, wanted, &self.late);
            // A push looks at late ones again.
            let unknown = |step: &usize| !self.apply && self.late.contains(step);
            let unhindered = |step: &&usize| self.unmet.outcome(**step).is_none() && !unknown(step);
            let changes: Vec<usize> = wanted.iter().filter(unhindered).copied().collect();
            let destroys = |step: &usize| self.plan.steps[*step].resource.destroys();
            if !changes.is_empty() {
                emit(Event::HostPredicted {
                    host: self.host(),
                    destructive: changes.iter().copied().filter(destroys).collect(),
                    changes,
                });
            }
        }
        if self.apply {
            for step in 0..wanted.first().copied().unwrap_or(steps) {
                self.end(step, Outcome::Ok, None, emit);
            }
        }
        Ok(())
    }

    /// What comes next is a file's content.
    fn content(&mut self, step: usize, exists: bool) -> Result<(), &'static str> {
        self.open(step)?;
        self.shown = Some(Shown {
            step,
            now: exists.then(Vec::new),
            edited: None,
        });
        Ok(())
    }

    /// What comes next is what an edit makes of the file.
    fn becomes(&mut self, step: usize) -> Result<(), &'static str> {
        let shown = self.shown.as_mut().filter(|shown| shown.step == step);
        match shown.map(|shown| shown.edited.replace(Vec::new())) {
            Some(None) => Ok(()),
            _ => Err("content is edited that did not begin"),
        }
    }

    /// The file's content is here: what it is, beside what it should be.
    fn show(&mut self, step: usize, emit: &mut impl FnMut(Event)) -> Result<(), &'static str> {
        self.open(step)?;
        let Some(shown) = self.shown.take().filter(|shown| shown.step == step) else {
            return Err("content ends that did not begin");
        };
        let plan = Arc::clone(&self.plan);
        let views = self.views.get_or_insert_with(|| Views::of(&plan.steps));
        let nth = self.shows.entry(step).or_default();
        let Some(file) = views.shown(&plan.steps[step]).nth(*nth) else {
            return Err("content of a step without such a file");
        };
        *nth += 1;
        let sides = [&shown.now, &shown.edited].into_iter().flatten();
        let large = sides.into_iter().any(|side| side.len() > MAX_SHOWN);
        let part = matches!(file.wanted, Wanted::Edited(_));
        let (before, after) = match (file.wanted, shown.edited) {
            (Wanted::Content(_) | Wanted::Gone, Some(_)) => {
                return Err("a file is edited whose whole content was said");
            }
            _ if large => (Some(Vec::new()), Some(Vec::new())),
            (Wanted::Content(content), None) => (shown.now, Some(content.into_owned())),
            (Wanted::Gone, None) => (shown.now, None),
            (Wanted::Edited(_), Some(edited)) => (shown.now, Some(edited)),
            // It cannot be edited; a push says why.
            (Wanted::Edited(_), None) => return Ok(()),
        };
        // What does not hold may be something else than the content.
        if before == after && !large {
            return Ok(());
        }
        let diff = FileDiff {
            path: file.path.into_owned(),
            before,
            after,
            part,
            large,
            ..FileDiff::default()
        };
        emit(Event::StepDiff {
            host: self.host(),
            step: self.step(step),
            diff,
        });
        Ok(())
    }

    /// Refuses what only a push's second half may tell.
    fn changing(&self) -> Result<(), &'static str> {
        if self.phase == Stage::Changing {
            Ok(())
        } else {
            Err("a step went on where none could begin")
        }
    }

    /// A step's end.
    fn applied(
        &mut self,
        step: usize,
        outcome: Outcome,
        reason: Option<Reason>,
        emit: &mut impl FnMut(Event),
    ) -> Result<(), &'static str> {
        self.changing()?;
        self.open(step)?;
        self.end(step, outcome, reason, emit);
        Ok(())
    }

    fn over(&mut self, emit: &mut impl FnMut(Event)) -> Result<(), &'static str> {
        if !matches!(self.phase, Stage::Planned | Stage::Changing) {
            return Err("the end comes where nothing was to be done");
        }
        let goes_on = self.apply && !self.unmet.stops();
        if goes_on && self.phase == Stage::Planned && self.wanted.contains(&true) {
            self.current = None;
            self.phase = Stage::Asked;
            return Ok(());
        }
        if !goes_on && self.phase == Stage::Planned {
            for step in 0..self.ended.len() {
                if !self.ended[step] {
                    self.foretold(step, emit);
                }
            }
        }
        let mut open = (0..self.ended.len()).filter(|&step| !self.ended[step]);
        if open.any(|step| self.rebooting != Some(step)) {
            return Err("the end comes before every step's");
        }
        self.phase = match self.rebooting {
            Some(_) => Stage::Rebooting,
            None => Stage::Done,
        };
        Ok(())
    }

    /// A step's end where no second half follows.
    fn foretold(&mut self, step: usize, emit: &mut impl FnMut(Event)) {
        let (outcome, reason) = match self.unmet.outcome(step) {
            Some((outcome, reason)) => (outcome, Some(reason)),
            None if self.late.contains(&step) => {
                let reason = timed_out(&self.plan.steps[step]);
                (Outcome::Failed, Some(reason))
            }
            None if self.wanted[step] => (Outcome::WouldChange, None),
            None => (Outcome::Ok, None),
        };
        if reason == Some(Reason::NotHeld) {
            let plan = Arc::clone(&self.plan);
            let said = plan.steps[step].resource.assertion().unwrap_or_default();
            self.output.take();
            self.output.push(said.as_bytes());
            self.current = Some((step, Phase::Check));
            self.began = self.now;
        }
        self.end(step, outcome, reason, emit);
    }

    /// Refuses a step that is not there or has ended.
    pub(super) fn open(&self, step: usize) -> Result<(), &'static str> {
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

    pub(super) fn end(
        &mut self,
        step: usize,
        outcome: Outcome,
        reason: Option<Reason>,
        emit: &mut impl FnMut(Event),
    ) {
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
}
