//! Conditions that do not hold, and what they keep from being done.

use std::collections::BTreeMap;

use crate::event::{Outcome, Reason};
use crate::plan::{Planned, STOP};

/// How steps end that a condition of the host decides about before any of them begins.
#[derive(Debug, Default)]
pub(super) struct Unmet {
    outcomes: BTreeMap<usize, (Outcome, Reason)>,
    stops: bool,
}

impl Unmet {
    /// Of a host where `wanted`, in order, do not hold.
    pub(super) fn of(steps: &[Planned], wanted: &[usize]) -> Self {
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
                return Self::stopped(of, &failed, wanted);
            }
            next = steps[of].next_on_failure.min(steps.len());
            unmet.outcomes.insert(of, (Outcome::Failed, Reason::NotHeld));
            for step in of + 1..next {
                let after = (Outcome::Skipped, Reason::AfterFailure { of });
                unmet.outcomes.insert(step, after);
            }
        }
        unmet
    }

    /// The host is left as it is because of `of`. All its conditions that do not hold are told at once.
    fn stopped(of: usize, failed: &[usize], wanted: &[usize]) -> Self {
        let ends = wanted.iter().map(|step| {
            let end = if failed.contains(step) {
                (Outcome::Failed, Reason::NotHeld)
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
