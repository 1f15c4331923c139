//! What each host needs, and the one program it becomes, in two halves. Pure: no I/O, no clock, no randomness, no async (law 2).

mod build;
mod compile;
mod sharing;
mod views;

use std::sync::Arc;

use crate::event::Step;
use crate::inventory::Host;
use crate::resource::Resource;
use crate::script::Secret;

pub use build::{Facts, build, build_with, check, unknown_modules};
pub use compile::{
    Command, CompileError, DELIVERED, Options, Shebang, ShebangError, Wishes, act, answers, ask, command,
    compile, deliver, head, ready,
};
pub use views::Views;

/// One resource of one module on one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Its place and its name, as events carry it.
    pub step: Arc<Step>,
    /// What should be there.
    pub resource: Resource,
    /// The step to go on with when this one fails, such as the next module's first; [`STOP`] goes on with none.
    pub next_on_failure: usize,
}

/// Behind every step there could be.
pub const STOP: usize = usize::MAX;

/// What tells whether a host has booted for its step `step`: the first step holds when it has, the second when it needs
/// no further boot.
pub fn boot_probe(plan: &Plan, step: usize) -> Plan {
    let planned = &plan.steps[step];
    let questions = planned
        .resource
        .as_boot()
        .into_iter()
        .chain([planned.resource.clone()]);
    let steps = questions.enumerate().map(|(index, resource)| Planned {
        step: Arc::new(Step {
            index,
            ..Step::clone(&planned.step)
        }),
        resource,
        next_on_failure: STOP,
    });
    Plan {
        host: Arc::clone(&plan.host),
        steps: steps.collect(),
    }
}

/// All that one host is to do, in order.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The host.
    pub host: Arc<Host>,
    /// Its steps; hosts that have the same share them.
    pub steps: Arc<[Planned]>,
}

impl Plan {
    /// Every secret the plan holds, so that whoever tells can leave it out.
    pub fn secrets(&self) -> Vec<Secret> {
        let mut all = Vec::new();
        for planned in self.steps.iter() {
            all.extend(planned.resource.secrets());
        }
        all
    }
}
