//! What hosts have in common is held once: thousands of them differ in a few steps, or in none.

use std::collections::HashMap;
use std::sync::Arc;

use super::Planned;
use crate::event::Step;

/// How many forms of a step, and of a whole plan, are remembered. A step that differs from host to host has as many as
/// there are hosts, and comparing with all of them would cost more than it saves.
const FORMS: usize = 8;

/// Steps and plans seen so far.
#[derive(Default)]
pub(super) struct Sharing {
    steps: HashMap<Arc<Step>, Vec<Planned>>,
    plans: Vec<Arc<[Planned]>>,
}

impl Sharing {
    /// `steps` as a plan, made of the steps of earlier ones where they are equal.
    pub(super) fn plan(&mut self, steps: Vec<Planned>) -> Arc<[Planned]> {
        let steps: Vec<Planned> = steps.into_iter().map(|planned| self.step(planned)).collect();
        // Equal steps are the same by now, so this compares addresses.
        if let Some(plan) = self.plans.iter().find(|plan| ***plan == *steps) {
            return Arc::clone(plan);
        }
        let plan: Arc<[Planned]> = steps.into();
        if self.plans.len() < FORMS {
            self.plans.push(Arc::clone(&plan));
        }
        plan
    }

    fn step(&mut self, mut planned: Planned) -> Planned {
        let forms = self.steps.entry(Arc::clone(&planned.step)).or_default();
        if let Some(form) = forms.iter().find(|form| **form == planned) {
            return form.clone();
        }
        if let Some(form) = forms.first() {
            planned.step = Arc::clone(&form.step);
        }
        if forms.len() < FORMS {
            forms.push(planned.clone());
        }
        planned
    }
}
