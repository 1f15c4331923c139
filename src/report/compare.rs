//! What differs between two runs: hosts with the same differences are one block.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use indexmap::IndexMap;

use super::Options;
use super::fleet::Fleet;
use super::narrator::kind;
use super::paint::{Paint, Tone};
use super::words;
use crate::event::{Event, HostPlan, HostStatus, Mode, Outcome, Step};
use crate::name::Name;

/// What came of a run, as far as two runs are told apart by it.
#[derive(Default)]
pub struct Results {
    mode: Option<Mode>,
    profile: Option<Name>,
    hosts: IndexMap<Name, Host>,
}

#[derive(Default)]
struct Host {
    end: Option<&'static str>,
    brief: String,
    steps: HashMap<Arc<Step>, Outcome>,
    answer: Option<(u32, u64)>,
}

/// One thing that is not as it was.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Difference {
    module: String,
    what: String,
    before: String,
    after: String,
    tone: Tone,
}

impl Results {
    /// Takes the next event of the run.
    pub fn observe(&mut self, event: &Event) {
        match event {
            Event::RunStarted { mode, profile, hosts } => {
                self.mode = Some(*mode);
                self.profile.clone_from(profile);
                let hosts = hosts.iter().map(|plan| (plan.host.clone(), Host::default()));
                self.hosts = hosts.collect();
            }
            Event::StepFinished {
                host, step, outcome, ..
            } => {
                if let Some(host) = self.hosts.get_mut(host) {
                    // The place in the plan does not matter: a step that only moved is the same step.
                    let step = Step {
                        index: 0,
                        ..(**step).clone()
                    };
                    host.steps.insert(Arc::new(step), *outcome);
                }
            }
            Event::CommandFinished {
                host,
                status,
                stdout,
                stderr,
            } => {
                if let Some(host) = self.hosts.get_mut(host) {
                    let mut hasher = DefaultHasher::new();
                    (stdout, stderr).hash(&mut hasher);
                    host.answer = Some((*status, hasher.finish()));
                }
            }
            Event::HostFinished {
                host, status, steps, ..
            } => {
                if let Some(host) = self.hosts.get_mut(host) {
                    host.end = Some(match status {
                        HostStatus::Ok => "ok",
                        other => kind(other),
                    });
                    host.brief =
                        words::trouble(status, *steps).map_or_else(String::new, |advice| advice.brief);
                }
            }
            _ => {}
        }
    }

    /// What differs in `later`, hosts with equal differences together; one line when nothing does.
    pub fn compare(&self, later: &Self, options: Options) -> Vec<String> {
        let paint = Paint::new(options);
        let mut lines = Vec::new();
        if (self.mode, &self.profile) != (later.mode, &later.profile) {
            lines.push(format!("{}, then {}", self.heading(), later.heading()));
        }
        let mut same = Vec::new();
        let mut differing: IndexMap<Vec<Difference>, Vec<Name>> = IndexMap::new();
        let gone = self.hosts.keys().filter(|name| !later.hosts.contains_key(*name));
        for name in later.hosts.keys().chain(gone) {
            let differences = differences(self.hosts.get(name), later.hosts.get(name));
            if differences.is_empty() {
                same.push(name.clone());
            } else {
                differing.entry(differences).or_default().push(name.clone());
            }
        }
        let order = differing.values().flatten().chain(&same);
        let plans = order.map(|name| HostPlan {
            host: name.clone(),
            steps: Vec::new(),
        });
        let fleet = Fleet::new(later.mode.unwrap_or(Mode::Push), &Arc::new(plans.collect()));
        let mut blocks: Vec<_> = differing.iter().collect();
        blocks.sort_by_key(|(_, hosts)| fleet.largest_first(hosts));
        for (differences, hosts) in blocks {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.push(paint.tone(Tone::Strong, &fleet.fold(hosts, options.verbose)) + ":");
            let modules = differences.iter().map(|one| one.module.len()).max().unwrap_or(0);
            let whats = differences.iter().map(|one| one.what.chars().count());
            let whats = whats.max().unwrap_or(0).min(60);
            lines.extend(differences.iter().map(|one| {
                let Difference {
                    module,
                    what,
                    before,
                    after,
                    tone,
                } = one;
                let arrow = if options.unicode { "→" } else { "->" };
                let after = paint.tone(*tone, after);
                format!("  {module:modules$}  {what:whats$}  {before} {arrow} {after}")
            }));
        }
        if differing.is_empty() {
            lines.push(format!("no difference on {}", words::count(same.len(), "host")));
        } else if !same.is_empty() {
            lines.push(String::new());
            lines.push(format!("the same on {}", words::count(same.len(), "other host")));
        }
        lines
    }

    fn heading(&self) -> String {
        let profile = self.profile.as_ref().map(Name::as_str);
        self.mode.map_or_else(
            || "nothing".to_owned(),
            |mode| words::run(mode, profile, self.hosts.len()),
        )
    }
}

fn differences(before: Option<&Host>, after: Option<&Host>) -> Vec<Difference> {
    let mut all = Vec::new();
    let mut differs = |module: &str, what: &str, before: &str, after: &str, tone: Tone| {
        if before != after {
            all.push(Difference {
                module: module.to_owned(),
                what: what.to_owned(),
                before: before.to_owned(),
                after: after.to_owned(),
                tone,
            });
        }
    };
    let end = |host: Option<&Host>| match host {
        None => "not in the run".to_owned(),
        Some(Host { end: None, .. }) => "not ended".to_owned(),
        Some(Host {
            end: Some(end),
            brief,
            ..
        }) if brief.is_empty() => (*end).to_owned(),
        Some(Host {
            end: Some(end),
            brief,
            ..
        }) => format!("{end} ({brief})"),
    };
    let tone = match after.and_then(|host| host.end) {
        Some("ok") => Tone::Ok,
        Some("cancelled") | None => Tone::Faint,
        Some(_) => Tone::Failed,
    };
    differs("host", "", &end(before), &end(after), tone);
    let (Some(before), Some(after)) = (before, after) else {
        return all;
    };
    if let (Some((old, said)), Some((new, says))) = (before.answer, after.answer) {
        let tone = if new == 0 { Tone::Ok } else { Tone::Failed };
        differs("command", "exit", &old.to_string(), &new.to_string(), tone);
        if said != says {
            differs("command", "output", "one", "another", Tone::Changed);
        }
    }
    // A host that was not reached says nothing of its steps.
    if before.steps.is_empty() || after.steps.is_empty() {
        return all;
    }
    let mut steps: Vec<&Arc<Step>> = before.steps.keys().chain(after.steps.keys()).collect();
    steps.sort_unstable_by(|a, b| (&a.module, &a.title).cmp(&(&b.module, &b.title)));
    steps.dedup();
    for step in steps {
        let word = |host: &Host| host.steps.get(step).map(|outcome| words::outcome(*outcome));
        let (old, new) = (word(before), word(after));
        let tone = new.map_or(Tone::Faint, |(_, tone)| tone);
        let text = |word: Option<(&'static str, Tone)>| word.map_or("not planned", |(word, _)| word);
        differs(
            step.module.as_str(),
            &words::title(step),
            text(old),
            text(new),
            tone,
        );
    }
    all
}
