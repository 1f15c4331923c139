//! Conditions that do not hold, and what they keep from being done.

use std::collections::BTreeMap;

use super::{HostRun, Stage};
use crate::event::{Outcome, Reason};
use crate::plan::{Planned, STOP};

/// How steps end that a condition of the host decides about before any of them begins.
#[derive(Debug, Default)]
pub(super) struct Unmet {
    outcomes: BTreeMap<usize, (Outcome, Reason)>,
    stops: bool,
}

impl Unmet {
    /// Of a host where `wanted`, in order, do not hold; of those `late` it is not known.
    pub(super) fn of(steps: &[Planned], wanted: &[usize], late: &[usize]) -> Self {
        let conditions = |step: &&usize| steps[**step].resource.assertion().is_some();
        let failed: Vec<usize> = wanted.iter().filter(conditions).copied().collect();
        let mut unmet = Self::default();
        let mut next = 0;
        for &of in &failed {
            // What is skipped after one failure stops nobody, as when the steps are gone through.
            if of < next {
                continue;
            }
            if steps[of].next_on_failure == STOP {
                return Self::stopped(of, steps, wanted, late);
            }
            next = steps[of].next_on_failure.min(steps.len());
            unmet.outcomes.insert(of, failure(steps, of, late));
            for step in of + 1..next {
                let after = (Outcome::Skipped, Reason::AfterFailure { of });
                unmet.outcomes.insert(step, after);
            }
        }
        unmet
    }

    /// The host is left as it is because of `of`. All its conditions that do not hold are told at once.
    fn stopped(of: usize, steps: &[Planned], wanted: &[usize], late: &[usize]) -> Self {
        let ends = wanted.iter().map(|step| {
            let end = if steps[*step].resource.assertion().is_some() {
                failure(steps, *step, late)
            } else {
                (Outcome::Skipped, Reason::AfterFailure { of })
            };
            (*step, end)
        });
        Self {
            outcomes: ends.collect(),
            stops: true,
        }
    }

    /// How the step ends because of them, if it does.
    pub(super) fn outcome(&self, step: usize) -> Option<(Outcome, Reason)> {
        self.outcomes.get(&step).cloned()
    }

    /// Whether nothing is changed on the host.
    pub(super) fn stops(&self) -> bool {
        self.stops
    }
}

/// How a condition ends that does not hold, or did not say so in time.
fn failure(steps: &[Planned], step: usize, late: &[usize]) -> (Outcome, Reason) {
    let reason = if late.contains(&step) {
        timed_out(&steps[step])
    } else {
        Reason::NotHeld
    };
    (Outcome::Failed, reason)
}

/// Why a step has failed whose check took longer than it may.
pub(super) fn timed_out(planned: &Planned) -> Reason {
    Reason::TimedOut {
        seconds: planned.resource.conduct.timeout.unwrap_or_default(),
    }
}

impl HostRun {
    /// A first check took longer than its step may.
    pub(super) fn looked_too_long(&mut self, step: usize) -> Result<(), &'static str> {
        self.open(step)?;
        let limited = self.plan.steps[step].resource.conduct.timeout.is_some();
        if self.phase != Stage::Connected || !limited {
            return Err("a check took too long that may take any time, or after the plan");
        }
        self.late.push(step);
        Ok(())
    }
}
