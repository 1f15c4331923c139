//! Where a host stands in its push, as far as lines are made of it.

use std::collections::HashMap;

use super::fleet::Fleet;
use super::words;
use crate::event::{Outcome, Reason, Step, StepCounts};
use crate::name::Name;

/// More modules than this are counted instead of listed.
const MAX_LISTED: usize = 4;

/// Where a host stands.
#[derive(Default)]
pub(super) struct Standing {
    modules: Vec<Module>,
    /// Skipped steps not told of yet: all that have the same reason make one line.
    pub(super) skipped: Option<Skipped>,
    pub(super) diffs: HashMap<usize, Vec<String>>,
}

struct Module {
    name: Name,
    planned: usize,
    counts: StepCounts,
}

pub(super) struct Skipped {
    pub(super) reason: Option<Reason>,
    pub(super) modules: Vec<Name>,
    pub(super) steps: usize,
}

impl Standing {
    pub(super) fn new(host: &Name, fleet: &Fleet) -> Self {
        let mut modules: Vec<Module> = Vec::new();
        for step in fleet.plan(host) {
            match modules.iter_mut().find(|module| module.name == step.module) {
                Some(module) => module.planned += 1,
                None => modules.push(Module {
                    name: step.module.clone(),
                    planned: 1,
                    counts: StepCounts::default(),
                }),
            }
        }
        Self {
            modules,
            ..Self::default()
        }
    }

    /// Counts a step that ended; when it was its module's last and all held, says how many.
    pub(super) fn count(&mut self, step: &Step, outcome: Outcome) -> Option<usize> {
        let module = self
            .modules
            .iter_mut()
            .find(|module| module.name == step.module)?;
        module.counts.add(outcome);
        (module.counts.ok == module.planned).then_some(module.planned)
    }

    /// Notes a skipped step; gives back earlier ones that had another reason.
    pub(super) fn skip(&mut self, step: &Step, reason: Option<&Reason>) -> Option<Skipped> {
        let other = self.skipped.take_if(|skipped| skipped.reason.as_ref() != reason);
        let skipped = self.skipped.get_or_insert_with(|| Skipped {
            reason: reason.cloned(),
            modules: Vec::new(),
            steps: 0,
        });
        skipped.steps += 1;
        if skipped.modules.last() != Some(&step.module) {
            skipped.modules.push(step.module.clone());
        }
        other
    }

    /// `changed: postgresql; already installed, skipped: base, nginx`
    pub(super) fn modules_in_words(&self) -> String {
        let those = |which: fn(&Module) -> bool, before: &str| {
            let names: Vec<&Name> = self
                .modules
                .iter()
                .filter(|module| which(module))
                .map(|module| &module.name)
                .collect();
            (!names.is_empty()).then(|| format!("{before}: {}", listed(&names)))
        };
        let parts = [
            those(|module| module.counts.changed > 0, "changed"),
            those(
                |module| module.counts.ok == module.planned,
                "already installed, skipped",
            ),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }
}

/// Modules by name, or counted when they are many.
pub(super) fn listed(modules: &[&Name]) -> String {
    if modules.len() > MAX_LISTED {
        return words::count(modules.len(), "module");
    }
    modules
        .iter()
        .map(|name| name.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}
