//! Reads the events of a record, one by one, and believes none of it.
//!
//! The one promise: what comes out follows [`crate::event::grammar`], whatever the file holds, and memory is bounded
//! by the longest line. A file that breaks off is read to where it does so.

use std::collections::{HashMap, HashSet};
use std::io::{self, BufRead, Read as _};
use std::sync::Arc;

use crate::event::grammar::Checker;
use crate::event::line::{self, Unreadable as NoEvent};
use crate::event::{Event, HostPlan, Stamped, Step};
use crate::name::Name;

use super::label::Label;

/// The longest line taken, in bytes. The longest there is holds the plans of all hosts: 10,000 of 200 steps fit.
const MAX_LINE: u64 = 256 * 1024 * 1024;

/// Why a record cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The system did not give it.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A line is none of ours.
    #[error("line {0}: {1}")]
    Line(usize, NoEvent),
    /// A line is longer than any of ours.
    #[error("line {0} is longer than any of a run's")]
    Long(usize),
    /// The events are in an order no run has.
    #[error("line {0}: {1}")]
    Order(usize, crate::event::grammar::Broken),
    /// There is no event in it.
    #[error("it holds no run")]
    Empty,
}

/// The events of a record, in order.
pub struct Reader<R> {
    input: R,
    limit: u64,
    line: Vec<u8>,
    number: usize,
    checker: Checker,
    plans: HashMap<Name, Vec<Arc<Step>>>,
    label: Option<Label>,
    over: bool,
    begun: bool,
    finished: bool,
}

impl<R: BufRead> Reader<R> {
    /// Reads from `input`.
    pub fn new(input: R) -> Self {
        Self {
            input,
            limit: MAX_LINE,
            line: Vec::new(),
            number: 0,
            checker: Checker::default(),
            plans: HashMap::new(),
            label: None,
            over: false,
            begun: false,
            finished: false,
        }
    }

    /// Takes no line that is longer than `bytes`.
    #[must_use]
    pub fn limit(mut self, bytes: u64) -> Self {
        self.limit = bytes;
        self
    }

    /// What the record says of itself, once its first event was read.
    pub fn label(&self) -> Option<&Label> {
        self.label.as_ref()
    }

    /// Whether the run's last event was read.
    pub fn is_whole(&self) -> bool {
        self.finished
    }

    fn read(&mut self) -> Result<Option<Stamped>, Unreadable> {
        loop {
            self.line.clear();
            let read = self
                .input
                .by_ref()
                .take(self.limit + 1)
                .read_until(b'\n', &mut self.line)?;
            self.number += 1;
            if read as u64 > self.limit {
                return Err(Unreadable::Long(self.number));
            }
            // A line without its end is where the controller was cut off.
            if self.line.pop() != Some(b'\n') {
                return if self.begun {
                    Ok(None)
                } else {
                    Err(Unreadable::Empty)
                };
            }
            if self.number == 1
                && let Some(label) = Label::parse(&self.line)
            {
                self.label = Some(label);
                continue;
            }
            let parsed = line::parse(&self.line).map_err(|error| Unreadable::Line(self.number, error))?;
            let Some(mut stamped) = parsed else { continue };
            self.checker
                .observe(&stamped.event)
                .map_err(|broken| Unreadable::Order(self.number, broken))?;
            self.share(&mut stamped.event);
            self.begun = true;
            self.finished = matches!(stamped.event, Event::RunFinished { .. });
            return Ok(Some(stamped));
        }
    }

    /// Equal steps become one, as they were when the run was planned.
    fn share(&mut self, event: &mut Event) {
        match event {
            Event::RunStarted { hosts, .. } => {
                let mut known: HashSet<Arc<Step>> = HashSet::new();
                let mut shared = Vec::with_capacity(hosts.len());
                for plan in hosts.iter() {
                    let steps = plan.steps.iter().map(|step| {
                        let step = known.get(step).unwrap_or(step).clone();
                        known.insert(Arc::clone(&step));
                        step
                    });
                    let steps: Vec<_> = steps.collect();
                    self.plans.insert(plan.host.clone(), steps.clone());
                    let host = plan.host.clone();
                    shared.push(HostPlan { host, steps });
                }
                *hosts = Arc::new(shared);
            }
            Event::StepStarted { host, step, .. }
            | Event::StepOutput { host, step, .. }
            | Event::StepDiff { host, step, .. }
            | Event::StepFinished { host, step, .. } => {
                let planned = self.plans.get(host).and_then(|steps| steps.get(step.index));
                if let Some(planned) = planned.filter(|planned| *planned == step) {
                    *step = Arc::clone(planned);
                }
            }
            _ => {}
        }
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Stamped, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let next = self.read().transpose();
        self.over = !matches!(next, Some(Ok(_)));
        next
    }
}
