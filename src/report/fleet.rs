//! What the first event said: every host, its plan, and how wide names get.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use super::fold;
use crate::event::{HostPlan, Mode, Step};
use crate::name::Name;

/// Longer names are not waited for when columns are aligned.
const MAX_COLUMN: usize = 32;

/// With more hosts than this, hosts with nothing to tell get no line of their own on a screen.
const MANY: usize = 20;

/// How many ranges and names a heading lists before it counts the rest.
const MAX_SEGMENTS: usize = 20;

/// All hosts of a run and their plans.
pub(super) struct Fleet {
    pub(super) mode: Mode,
    plans: Arc<Vec<HostPlan>>,
    order: HashMap<Name, usize>,
    /// Columns for a host's name.
    pub(super) host_width: usize,
    /// Columns for a module's name.
    pub(super) module_width: usize,
}

impl Fleet {
    pub(super) fn new(mode: Mode, plans: &Arc<Vec<HostPlan>>) -> Self {
        let names = plans.iter().map(|plan| plan.host.as_str().len());
        let modules = plans
            .iter()
            .flat_map(|plan| &plan.steps)
            .map(|step| step.module.as_str().len());
        Self {
            mode,
            order: plans
                .iter()
                .enumerate()
                .map(|(order, plan)| (plan.host.clone(), order))
                .collect(),
            host_width: names.max().unwrap_or(0).min(MAX_COLUMN),
            module_width: modules.max().unwrap_or(0).min(MAX_COLUMN),
            plans: Arc::clone(plans),
        }
    }

    /// How many hosts there are.
    pub(super) fn len(&self) -> usize {
        self.plans.len()
    }

    /// Whether there are too many hosts to give each a line.
    pub(super) fn is_many(&self) -> bool {
        self.len() > MANY
    }

    /// The host's steps; none for a host nobody planned.
    pub(super) fn plan(&self, host: &Name) -> &[Arc<Step>] {
        self.order
            .get(host)
            .map_or(&[], |order| self.plans[*order].steps.as_slice())
    }

    /// `hosts` in the inventory's order, folded; a very long list ends in a count unless `whole`.
    pub(super) fn fold(&self, hosts: &[Name], whole: bool) -> String {
        let mut hosts: Vec<&Name> = hosts.iter().collect();
        hosts.sort_by_key(|host| self.order.get(*host));
        let mut segments = fold::segments(hosts.into_iter().map(Name::as_str));
        if !whole && segments.len() > MAX_SEGMENTS {
            let more = segments.len() - MAX_SEGMENTS;
            segments.truncate(MAX_SEGMENTS);
            return format!("{} and {more} more", segments.join(", "));
        }
        segments.join(", ")
    }

    /// A key that sorts groups of hosts: the largest first, equal ones in the inventory's order.
    pub(super) fn largest_first(&self, hosts: &[Name]) -> (Reverse<usize>, Option<usize>) {
        let orders = hosts.iter().filter_map(|host| self.order.get(host)).copied();
        (Reverse(hosts.len()), orders.min())
    }
}
