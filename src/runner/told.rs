//! A host's task that dies keeps its promises: what it has told is remembered, and the rest is told for it.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use super::scene::Job;
use crate::event::{Event, HostStatus, Outcome, Reason, StepCounts};

/// What one host's task has told, as far as its promises go: every step ends once it is connected, and then the host.
#[derive(Debug, Default)]
pub(super) struct Told(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    connected: bool,
    finished: bool,
    begun: Vec<usize>,
    ended: Vec<usize>,
    counts: StepCounts,
}

impl Told {
    /// Takes note of an event that is told.
    pub(super) fn observe(&self, event: &Event) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::HostConnected { .. } => state.connected = true,
            Event::StepStarted { step, .. } => state.begun.push(step.index),
            Event::StepFinished { step, outcome, .. } => {
                state.ended.push(step.index);
                state.counts.add(*outcome);
            }
            Event::HostFinished { .. } => state.finished = true,
            _ => {}
        }
    }

    /// What is still to be told of `job`, whose task is no more: that it is lost, and `why`. Nothing when it had ended.
    pub(super) fn owed(&self, job: &Job, why: String) -> Vec<Event> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut events = Vec::new();
        if state.finished {
            return events;
        }
        let plan = job.announce();
        let steps = plan.steps.into_iter().filter(|_| state.connected);
        let open: Vec<_> = steps.filter(|step| !state.ended.contains(&step.index)).collect();
        for step in open {
            let begun = state.begun.contains(&step.index);
            let outcome = if begun { Outcome::Failed } else { Outcome::Skipped };
            state.counts.add(outcome);
            events.push(Event::StepFinished {
                host: plan.host.clone(),
                step,
                outcome,
                reason: Some(Reason::Lost),
                output: Vec::new(),
                took: Duration::ZERO,
            });
        }
        events.push(Event::HostFinished {
            host: plan.host,
            status: HostStatus::Lost { detail: why },
            steps: state.counts,
            took: Duration::ZERO,
        });
        events
    }
}

/// What `work` comes to, or the words it panicked with; it is not polled again then.
pub(super) async fn caught<T>(work: impl Future<Output = T>) -> Result<T, String> {
    let mut work = pin!(work);
    poll_fn(|context| {
        // Nothing of it is looked at again but what it has told.
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(panic) => Poll::Ready(Err(words(panic.as_ref()))),
        }
    })
    .await
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it panicked").to_owned()
}
