//! A push as it goes on: one line per interesting thing, each beginning with its host.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::diff;
use super::excerpt::{excerpt, quoted};
use super::fleet::Fleet;
use super::narrator::{self, Detail};
use super::paint::{Paint, Tone};
use super::words;
use crate::event::{Event, HostStatus, Outcome, Reason, Step, StepCounts};
use crate::name::Name;

/// Shorter times are not worth their characters.
const WORTH_TELLING: Duration = Duration::from_millis(10);

/// More modules than this are counted instead of listed.
const MAX_LISTED: usize = 4;

/// Tells of a push.
pub(super) struct Story {
    detail: Detail,
    verbose: bool,
    paint: Paint,
    hosts: HashMap<Name, Standing>,
    /// What was shown under a step, and for which host first.
    shown: HashMap<(Name, String, Vec<String>), Name>,
    advised: HashSet<String>,
}

/// Where a host stands.
#[derive(Default)]
struct Standing {
    modules: Vec<Module>,
    /// Skipped steps not told of yet: all that have the same reason make one line.
    skipped: Option<Skipped>,
    diffs: HashMap<usize, Vec<String>>,
}

struct Module {
    name: Name,
    planned: usize,
    counts: StepCounts,
}

struct Skipped {
    reason: Option<Reason>,
    modules: Vec<Name>,
    steps: usize,
}

impl Story {
    pub(super) fn new(detail: Detail, verbose: bool, paint: Paint) -> Self {
        Self {
            detail,
            verbose,
            paint,
            hosts: HashMap::new(),
            shown: HashMap::new(),
            advised: HashSet::new(),
        }
    }

    /// Adds what `event` is worth to `out`.
    pub(super) fn observe(&mut self, event: &Event, fleet: &Fleet, out: &mut Vec<String>) {
        match event {
            Event::HostConnected { host } => {
                self.hosts.insert(host.clone(), Standing::new(host, fleet));
            }
            Event::HostPredicted { host, changes } if self.detail == Detail::Steps && !changes.is_empty() => {
                let plan = fleet.plan(host);
                let mut modules: Vec<&Name> = changes
                    .iter()
                    .filter_map(|at| plan.get(*at))
                    .map(|step| &step.module)
                    .collect();
                modules.dedup();
                let text = format!(
                    "{} of {}: {}",
                    changes.len(),
                    words::count(plan.len(), "step"),
                    listed(&modules)
                );
                out.push(self.note(fleet, host, "changing", Tone::Changed, &text));
            }
            Event::StepDiff { host, step, diff } => {
                let lines = diff::lines(diff, self.verbose, self.paint);
                if let Some(standing) = self.hosts.get_mut(host) {
                    standing.diffs.entry(step.index).or_default().extend(lines);
                }
            }
            Event::StepFinished {
                host,
                step,
                outcome,
                reason,
                output,
                took,
            } => self.step(fleet, host, step, *outcome, reason.as_ref(), output, *took, out),
            Event::HostFinished {
                host,
                status,
                steps,
                took,
            } => self.end(fleet, host, status, *steps, *took, out),
            Event::Cancelling => {
                let text = "cancelling: no new step starts, running ones end; Ctrl-C again leaves at once";
                out.push(self.paint.tone(Tone::Failed, text));
            }
            _ => {}
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one event")]
    fn step(
        &mut self,
        fleet: &Fleet,
        host: &Name,
        step: &Step,
        outcome: Outcome,
        reason: Option<&Reason>,
        output: &[u8],
        took: Duration,
        out: &mut Vec<String>,
    ) {
        let Some(standing) = self.hosts.get_mut(host) else {
            return;
        };
        let held = standing.count(step, outcome);
        if outcome == Outcome::Skipped {
            let told = standing.skip(step, reason);
            out.extend(told.map(|skipped| self.skipped(fleet, host, &skipped)));
            return;
        }
        let diff = standing.diffs.remove(&step.index).unwrap_or_default();
        let skipped = standing.skipped.take();
        out.extend(skipped.map(|skipped| self.skipped(fleet, host, &skipped)));

        let steps = self.detail == Detail::Steps;
        let tell = match outcome {
            Outcome::Failed => true,
            Outcome::Ok => steps && self.verbose,
            _ => steps,
        };
        if tell {
            let took = if took < WORTH_TELLING {
                String::new()
            } else {
                format!(" ({})", words::duration(took))
            };
            let because = reason.map_or_else(String::new, |reason| {
                format!(
                    "{} {}",
                    if outcome == Outcome::Failed { ":" } else { "," },
                    words::reason(reason, fleet.plan(host))
                )
            });
            let text = format!("{}{because}{took}", words::title(step));
            let (word, tone) = words::outcome(outcome);
            let mut below: Vec<String> = diff.into_iter().map(|line| format!("    {line}")).collect();
            if outcome == Outcome::Failed || self.verbose {
                below.extend(quoted(
                    excerpt(output, self.output_lines(), self.paint),
                    self.paint,
                ));
            }
            let same = self.same(host, step, &below);
            out.push(format!(
                "{}{same}",
                self.row(fleet, host, step.module.as_str(), word, tone, &text)
            ));
            if same.is_empty() {
                out.append(&mut below);
            }
        }
        if let Some(steps_held) = held
            && steps
            && !self.verbose
            && !fleet.is_many()
        {
            let text = format!(
                "already installed, skipped ({} ok)",
                words::count(steps_held, "step")
            );
            out.push(self.row(fleet, host, step.module.as_str(), "ok", Tone::Ok, &text));
        }
    }

    fn end(
        &mut self,
        fleet: &Fleet,
        host: &Name,
        status: &HostStatus,
        steps: StepCounts,
        took: Duration,
        out: &mut Vec<String>,
    ) {
        let standing = self.hosts.remove(host).unwrap_or_default();
        if let Some(skipped) = &standing.skipped {
            out.push(self.skipped(fleet, host, skipped));
        }
        // Hosts that never began are folded into one line at the end.
        if *status == HostStatus::Cancelled && steps.total() == steps.skipped {
            return;
        }
        let quiet = steps.total() == steps.ok && *status == HostStatus::Ok;
        if quiet && self.detail == Detail::Hosts && fleet.is_many() {
            return;
        }
        let kind = narrator::kind(status);
        let tone = match status {
            HostStatus::Ok => Tone::Ok,
            HostStatus::Cancelled => Tone::Faint,
            _ => Tone::Failed,
        };
        let counts = words::steps(fleet.mode, steps, self.paint);
        let time = words::duration(took);
        let advice = narrator::trouble(fleet, status, steps);
        let text = match &advice {
            Some(_) if *status == HostStatus::Cancelled => format!("{counts} ({time})"),
            Some(advice) if counts.is_empty() => format!("{} ({time})", advice.what),
            Some(advice) => format!("{}; {counts} ({time})", advice.what),
            None if self.detail == Detail::Hosts || fleet.is_many() => {
                let modules = standing.modules_in_words();
                format!(
                    "{counts} ({time}){}{modules}",
                    if modules.is_empty() { "" } else { "  " }
                )
            }
            None => format!("{counts} ({time})"),
        };
        out.push(self.note(fleet, host, kind, tone, &text));
        // Hundreds of hosts may be away for one reason: what to do is said once.
        if let Some(advice) = advice
            && !advice.next.is_empty()
            && self.advised.insert(advice.next.clone())
        {
            out.push(narrator::next(&advice.next, self.paint));
        }
    }

    fn skipped(&self, fleet: &Fleet, host: &Name, skipped: &Skipped) -> String {
        let because = skipped.reason.as_ref().map_or_else(String::new, |reason| {
            let link = if matches!(reason, Reason::AfterFailure { .. }) {
                " "
            } else {
                ": "
            };
            format!("{link}{}", words::reason(reason, fleet.plan(host)))
        });
        let modules = match skipped.modules.as_slice() {
            [one] => one.to_string(),
            many => words::count(many.len(), "module"),
        };
        let text = format!("{}{because}", words::count(skipped.steps, "step"));
        self.row(fleet, host, &modules, "skipped", Tone::Faint, &text)
    }

    /// ` (same as on db1)` when `below` was shown already.
    fn same(&mut self, host: &Name, step: &Step, below: &[String]) -> String {
        if below.is_empty() {
            return String::new();
        }
        let key = (step.module.clone(), step.title.to_string(), below.to_vec());
        let first = self.shown.entry(key).or_insert_with(|| host.clone());
        if first == host {
            return String::new();
        }
        self.paint.tone(Tone::Faint, &format!(", the same as on {first}"))
    }

    fn output_lines(&self) -> usize {
        match self.detail {
            _ if self.verbose => usize::MAX,
            Detail::Steps => 40,
            Detail::Hosts => 12,
        }
    }

    /// A line about a module's step on a host.
    fn row(&self, fleet: &Fleet, host: &Name, module: &str, word: &str, tone: Tone, text: &str) -> String {
        let width = fleet.module_width;
        let word = self.paint.tone(tone, &format!("{word:7}"));
        format!(
            "{}  {module:width$}  {word}  {text}",
            self.host(fleet, host, tone)
        )
    }

    /// A line about a host as a whole.
    fn note(&self, fleet: &Fleet, host: &Name, word: &str, tone: Tone, text: &str) -> String {
        let width = fleet.module_width.max(8);
        let word = self.paint.tone(tone, &format!("{word:width$}"));
        format!("{}  {word}  {text}", self.host(fleet, host, tone))
    }

    fn host(&self, fleet: &Fleet, host: &Name, tone: Tone) -> String {
        let width = fleet.host_width;
        let sign = match (self.detail, tone) {
            (Detail::Steps, _) => String::new(),
            (Detail::Hosts, Tone::Ok) => self.paint.tone(tone, self.paint.tick()) + " ",
            (Detail::Hosts, Tone::Failed) => self.paint.tone(tone, self.paint.cross()) + " ",
            (Detail::Hosts, _) => "  ".to_owned(),
        };
        format!(
            "{sign}{}",
            self.paint.tone(Tone::Strong, &format!("{host:width$}"))
        )
    }
}

impl Standing {
    fn new(host: &Name, fleet: &Fleet) -> Self {
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
    fn count(&mut self, step: &Step, outcome: Outcome) -> Option<usize> {
        let module = self
            .modules
            .iter_mut()
            .find(|module| module.name == step.module)?;
        module.counts.add(outcome);
        (module.counts.ok == module.planned).then_some(module.planned)
    }

    /// Notes a skipped step; gives back earlier ones that had another reason.
    fn skip(&mut self, step: &Step, reason: Option<&Reason>) -> Option<Skipped> {
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
    fn modules_in_words(&self) -> String {
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

fn listed(modules: &[&Name]) -> String {
    if modules.len() > MAX_LISTED {
        return words::count(modules.len(), "module");
    }
    modules
        .iter()
        .map(|name| name.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}
