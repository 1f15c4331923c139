//! How hosts differ from what a profile wants of them, and whose doing that is: for people, and as NDJSON.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;

use super::{fold, words};
use crate::event::{HostStatus, Step, StepCounts};
use crate::name::Name;

/// Who brought a step and its host apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The host: it held when the last push ended, and the profile wants the same as then.
    ByHand,
    /// The profile: it wants something else than it did when the last push ended.
    Profile,
    /// Nobody knows of a push of this step to this host that ended well.
    NeverPushed,
}

/// A host's part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The host.
    pub host: Name,
    /// When a push from here last changed what is known of it.
    pub since: Option<String>,
    /// How the host ended; its steps are known only when that is well.
    pub status: HostStatus,
    /// The steps that do not hold.
    pub steps: Vec<(Arc<Step>, Cause)>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
enum Line<'a> {
    HostDrift {
        v: u32,
        host: &'a Name,
        #[serde(skip_serializing_if = "Option::is_none")]
        since: Option<&'a str>,
        #[serde(flatten)]
        status: &'a HostStatus,
        drift: Vec<StepLine<'a>>,
    },
    DriftFinished {
        v: u32,
        hosts: Hosts,
        drift: Steps,
    },
}

#[derive(Serialize)]
struct StepLine<'a> {
    #[serde(flatten)]
    step: &'a Step,
    cause: Cause,
}

#[derive(Default, Serialize)]
struct Hosts {
    as_wanted: usize,
    drifted: usize,
    not_asked: usize,
}

#[derive(Default, Serialize)]
struct Steps {
    by_hand: usize,
    profile: usize,
    never_pushed: usize,
}

/// One JSON object per host, and one for all.
pub fn ndjson(drifts: &[Drift]) -> String {
    let (mut hosts, mut steps) = (Hosts::default(), Steps::default());
    let mut lines = Vec::new();
    for drift in drifts {
        *match (&drift.status, drift.steps.is_empty()) {
            (HostStatus::Ok, true) => &mut hosts.as_wanted,
            (HostStatus::Ok, false) => &mut hosts.drifted,
            _ => &mut hosts.not_asked,
        } += 1;
        for (_, cause) in &drift.steps {
            *match cause {
                Cause::ByHand => &mut steps.by_hand,
                Cause::Profile => &mut steps.profile,
                Cause::NeverPushed => &mut steps.never_pushed,
            } += 1;
        }
        let each = drift.steps.iter();
        lines.push(Line::HostDrift {
            v: 1,
            host: &drift.host,
            since: drift.since.as_deref(),
            status: &drift.status,
            drift: each
                .map(|(step, cause)| StepLine { step, cause: *cause })
                .collect(),
        });
    }
    lines.push(Line::DriftFinished {
        v: 1,
        hosts,
        drift: steps,
    });
    let text = lines.iter().filter_map(|line| serde_json::to_string(line).ok());
    text.map(|line| line + "\n").collect()
}

/// For people: every step once for all hosts that lack it, by whose doing it is.
pub fn plain(profile: &Name, drifts: &[Drift]) -> String {
    let mut lines = vec![format!(
        "drift of profile {profile} on {}",
        words::count(drifts.len(), "host")
    )];
    let mut groups: IndexMap<(Cause, &Name, &str), Vec<&str>> = IndexMap::new();
    let mut others: IndexMap<String, Vec<&str>> = IndexMap::new();
    let mut clean = Vec::new();
    for drift in drifts {
        let host = drift.host.as_str();
        match words::trouble(&drift.status, StepCounts::default()) {
            Some(advice) => others.entry(advice.what).or_default().push(host),
            None if drift.steps.is_empty() => clean.push(host),
            None => {}
        }
        for (step, cause) in &drift.steps {
            let key = (*cause, &step.module, &*step.title);
            groups.entry(key).or_default().push(host);
        }
    }
    for (cause, heading) in [
        (Cause::ByHand, "changed by hand since the last push:"),
        (Cause::Profile, "the profile changed since the last push:"),
        (Cause::NeverPushed, "not known to have been pushed from here:"),
    ] {
        let of_cause = groups.iter().filter(|((other, ..), _)| *other == cause);
        let rows: Vec<(String, String)> = of_cause
            .map(|((_, module, title), hosts)| {
                let hosts = fold::fold(hosts.iter().copied());
                (hosts, format!("{module}: {}", super::escape::line(title)))
            })
            .collect();
        let width = rows
            .iter()
            .map(|(hosts, _)| hosts.len())
            .filter(|width| *width <= 40);
        let width = width.max().unwrap_or(0);
        if !rows.is_empty() {
            lines.push(String::new());
            lines.push(heading.to_owned());
            lines.extend(
                rows.iter()
                    .map(|(hosts, step)| format!("  {hosts:width$}  {step}")),
            );
        }
    }
    lines.push(String::new());
    for (what, hosts) in others {
        lines.push(format!("not asked: {}: {what}", fold::fold(hosts)));
    }
    if !clean.is_empty() {
        lines.push(format!("no drift: {}", fold::fold(clean)));
    }
    lines.join("\n") + "\n"
}
