//! Hosts, groups within groups, and whose variables win, by Ansible's rules.
//!
//! A group's depth is its longest way from `all`. Variables are laid over each other in the order `all`, groups by
//! (depth, `ansible_group_priority`, name), host; what is in `group_vars` comes after all groups' variables of the
//! inventory itself (Ansible's documentation, "Understanding variable precedence", 3 to 10). A value replaces the one
//! below it whole.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use crate::config::{Data, Table};
use crate::diagnostic::{Diagnostic, Diagnostics, Origin, Source};

/// The group every host is in.
pub(super) const ALL: &str = "all";
/// The group of hosts that are in no other.
pub(super) const UNGROUPED: &str = "ungrouped";

/// A group as it is written.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) origin: Origin,
    pub(super) hosts: IndexSet<String>,
    pub(super) children: IndexSet<String>,
    pub(super) vars: Table,
    /// From `group_vars`.
    pub(super) beside: Table,
    depth: usize,
}

/// A host as it is written.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) origin: Origin,
    pub(super) vars: Table,
    /// From `host_vars`.
    pub(super) beside: Table,
}

/// All that one inventory says.
#[derive(Debug)]
pub(super) struct Fleet {
    pub(super) source: Arc<Source>,
    pub(super) groups: IndexMap<String, Group>,
    pub(super) hosts: IndexMap<String, Host>,
    pub(super) notes: Vec<String>,
}

impl Fleet {
    pub(super) fn new(source: &Arc<Source>) -> Self {
        let mut fleet = Self {
            source: Arc::clone(source),
            groups: IndexMap::new(),
            hosts: IndexMap::new(),
            notes: Vec::new(),
        };
        let origin = Origin::new(source, 0..0);
        fleet.group(ALL, &origin);
        fleet.group(UNGROUPED, &origin);
        fleet
    }

    /// The group `name`, made where it is new.
    pub(super) fn group(&mut self, name: &str, origin: &Origin) -> &mut Group {
        self.groups.entry(name.to_owned()).or_insert_with(|| Group {
            origin: origin.clone(),
            hosts: IndexSet::new(),
            children: IndexSet::new(),
            vars: Table::default(),
            beside: Table::default(),
            depth: 0,
        })
    }

    /// The host `name`, made where it is new.
    pub(super) fn host(&mut self, name: &str, origin: &Origin) -> &mut Host {
        self.hosts.entry(name.to_owned()).or_insert_with(|| Host {
            origin: origin.clone(),
            vars: Table::default(),
            beside: Table::default(),
        })
    }

    /// Once everything is read: gives every group a parent, every host a group, and finds the depths.
    pub(super) fn close(&mut self) -> Result<(), Diagnostics> {
        let children: HashSet<String> = self
            .groups
            .values()
            .flat_map(|group| group.children.iter().cloned())
            .collect();
        let orphans: Vec<String> = self
            .groups
            .keys()
            .filter(|name| *name != ALL && !children.contains(*name))
            .cloned()
            .collect();
        let grouped: HashSet<String> = self
            .groups
            .iter()
            .filter(|(name, _)| *name != ALL && *name != UNGROUPED)
            .flat_map(|(_, group)| group.hosts.iter().cloned())
            .collect();
        let alone: IndexSet<String> = self
            .hosts
            .keys()
            .filter(|name| !grouped.contains(*name))
            .cloned()
            .collect();
        self.groups[ALL].children.extend(orphans);
        self.groups[UNGROUPED].hosts = alone;
        self.find_depths()
    }

    /// The longest way to each group; a circle has none.
    fn find_depths(&mut self) -> Result<(), Diagnostics> {
        let mut incoming: IndexMap<String, usize> =
            self.groups.keys().map(|name| (name.clone(), 0)).collect();
        for child in self.groups.values().flat_map(|group| &group.children) {
            incoming[child.as_str()] += 1;
        }
        let mut open = vec![ALL.to_owned()];
        let mut done = 0;
        while let Some(name) = open.pop() {
            done += 1;
            let depth = self.groups[&name].depth + 1;
            for child in self.groups[&name].children.clone() {
                let group = &mut self.groups[&child];
                group.depth = group.depth.max(depth);
                incoming[&child] -= 1;
                if incoming[&child] == 0 {
                    open.push(child);
                }
            }
        }
        if done == self.groups.len() {
            return Ok(());
        }
        let circle: Vec<&str> = incoming
            .iter()
            .filter(|(_, left)| **left > 0)
            .map(|(name, _)| name.as_str())
            .collect();
        let at = &self.groups[circle[0]].origin;
        let message = format!("groups contain each other in a circle: {}", circle.join(", "));
        Err(Diagnostic::new(message).at(at).into())
    }

    /// The groups `host` is in, directly or through others, lowest precedence first; without `all`.
    pub(super) fn groups_of(&self, host: &str) -> Vec<&str> {
        let mut found: IndexSet<&str> = self
            .groups
            .iter()
            .filter(|(name, group)| *name != ALL && group.hosts.contains(host))
            .map(|(name, _)| name.as_str())
            .collect();
        let mut next = 0;
        while let Some(&child) = found.get_index(next) {
            let parents = self
                .groups
                .iter()
                .filter(|(name, group)| *name != ALL && group.children.contains(child));
            found.extend(parents.map(|(name, _)| name.as_str()));
            next += 1;
        }
        let mut sorted: Vec<&str> = found.into_iter().collect();
        sorted.sort_by_cached_key(|name| (self.groups[*name].depth, self.priority(name), (*name).to_owned()));
        sorted
    }

    fn priority(&self, group: &str) -> i64 {
        match self.groups[group]
            .vars
            .get("ansible_group_priority")
            .map(|value| &value.data)
        {
            Some(Data::Integer(priority)) => *priority,
            Some(Data::String(text)) => text.parse().unwrap_or(1),
            _ => 1,
        }
    }

    /// Every variable of `host`, whose groups are `groups`.
    pub(super) fn vars_of(&self, host: &str, groups: &[&str]) -> Table {
        let mut vars = self.groups[ALL].vars.clone();
        for group in groups {
            vars.replace(&self.groups[*group].vars);
        }
        vars.replace(&self.groups[ALL].beside);
        for group in groups {
            vars.replace(&self.groups[*group].beside);
        }
        let host = &self.hosts[host];
        vars.replace(&host.vars);
        vars.replace(&host.beside);
        vars
    }
}
