//! `--retry-failed RUN` and `--limit @failed:RUN`: the hosts that did not end well in a recorded run.

use std::collections::HashSet;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::event::{Event, HostStatus};
use crate::inventory::{Host, Inventory, Selector};
use crate::name::Name;

use super::Failure;
use super::recording;

/// What a selector of such hosts starts with.
const FAILED: &str = "@failed:";

/// The hosts that `limits` select: with several of them a host has to match one.
pub(super) fn select<'a>(limits: &[String], inventory: &'a Inventory) -> Result<Vec<&'a Host>, Diagnostics> {
    let (runs, selectors): (Vec<&String>, Vec<&String>) =
        limits.iter().partition(|limit| limit.starts_with(FAILED));
    let mut names: HashSet<Name> = HashSet::new();
    for run in &runs {
        names.extend(of_run(&run[FAILED.len()..], inventory)?);
    }
    if !selectors.is_empty() || runs.is_empty() {
        let selected = Selector::parse_all(&selectors)?.select(inventory)?;
        names.extend(selected.into_iter().map(|host| host.name.clone()));
    }
    let hosts = inventory.hosts.iter();
    Ok(hosts.filter(|host| names.contains(&host.name)).collect())
}

/// The selector of the hosts that failed in `run`.
pub(super) fn selector(run: &str) -> String {
    format!("{FAILED}{run}")
}

/// Every host of `run` that failed, was not reached, or was not done: a run that broke off has not finished them.
fn of_run(run: &str, inventory: &Inventory) -> Result<HashSet<Name>, Diagnostics> {
    let mut failed = HashSet::new();
    let read = recording::file(run).and_then(|path| {
        recording::read(&path, |stamped| match stamped.event {
            Event::RunStarted { hosts, .. } => failed.extend(hosts.iter().map(|plan| plan.host.clone())),
            Event::HostFinished {
                host,
                status: HostStatus::Ok,
                ..
            } => {
                failed.remove(&host);
            }
            _ => {}
        })
    });
    read.map_err(|failure| match failure {
        Failure::Configuration(mistakes) => mistakes,
        system @ Failure::System { .. } => Diagnostic::new(system.to_string()).into(),
    })?;
    let known = |name: &Name| inventory.host(name.as_str()).is_some();
    if failed.is_empty() {
        return Err(Diagnostic::new(format!("no host failed in the run `{run}`")).into());
    }
    if !failed.iter().any(known) {
        let mistake = Diagnostic::new(format!(
            "the inventory has none of the hosts that failed in the run `{run}`"
        ));
        return Err(mistake.help("was it a run with another inventory?").into());
    }
    Ok(failed)
}
