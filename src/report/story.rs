//! A push as it goes on: one line per interesting thing, each beginning with its host.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::diff;
use super::escape;
use super::excerpt::{excerpt, quoted};
use super::fleet::Fleet;
use super::narrator::{self, Detail};
use super::paint::{Paint, Tone};
use super::standing::{Skipped, Standing, listed};
use super::stream::Streams;
use super::words;
use crate::event::{Event, HostStatus, Mode, Outcome, Reason, Step, StepCounts};
use crate::name::Name;

/// Shorter times are not worth their characters.
const WORTH_TELLING: Duration = Duration::from_millis(10);

/// Tells of a push.
pub(super) struct Story {
    detail: Detail,
    verbose: bool,
    paint: Paint,
    hosts: HashMap<Name, Standing>,
    /// What was shown under a step, and for which host first.
    shown: HashMap<(Name, String, Vec<String>), Name>,
    advised: HashSet<String>,
    streams: Streams,
}

impl Story {
    pub(super) fn new(detail: Detail, verbose: bool, paint: Paint, tailed: Option<Name>) -> Self {
        Self {
            detail,
            verbose,
            paint,
            hosts: HashMap::new(),
            shown: HashMap::new(),
            advised: HashSet::new(),
            streams: Streams::new(verbose, tailed),
        }
    }

    /// Adds what `event` is worth to `out`.
    pub(super) fn observe(&mut self, event: &Event, fleet: &Fleet, out: &mut Vec<String>) {
        match event {
            Event::HostConnected { host } => {
                self.hosts.insert(host.clone(), Standing::new(host, fleet));
            }
            Event::HostPredicted { host, changes, .. }
                if self.detail == Detail::Steps && !changes.is_empty() =>
            {
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
            Event::StepStarted { host, step, phase } if self.streams.is_tailed(host) => {
                let text = words::title(step);
                out.push(self.row(
                    fleet,
                    host,
                    step.module.as_str(),
                    words::phase(*phase),
                    Tone::Faint,
                    &text,
                ));
            }
            Event::StepOutput { host, step, output } => {
                let lines = self.streams.take(host, step.index, output);
                self.streamed(fleet, host, lines, out);
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
            Event::WaveStarted { wave, waves, hosts } => {
                let text = format!("wave {wave} of {waves}: {}", fleet.fold(hosts, self.verbose));
                out.push(self.paint.tone(Tone::Strong, &text));
            }
            Event::GateFinished {
                gate,
                what,
                passed,
                output,
                took,
                ..
            } => {
                let what = escape::line(what);
                let took = words::duration(*took);
                let (tone, text) = if *passed {
                    (Tone::Ok, format!("gate {gate} {what}: passed ({took})"))
                } else {
                    (
                        Tone::Failed,
                        format!("gate {gate} {what}: did not pass ({took}); later waves stay as they are"),
                    )
                };
                out.push(self.paint.tone(tone, &text));
                let said = String::from_utf8_lossy(output);
                out.extend(said.lines().map(|line| format!("    {}", escape::line(line))));
            }
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
        let (rest, streamed) = self.streams.end(host, step.index);
        self.streamed(fleet, host, rest, out);
        let Some(standing) = self.hosts.get_mut(host) else {
            return;
        };
        let held = standing.count(step, outcome);
        if outcome == Outcome::Skipped {
            let told = standing.skip(step, reason);
            self.skipped(fleet, host, told, out);
            return;
        }
        let diff = standing.diffs.remove(&step.index).unwrap_or_default();
        let skipped = standing.skipped.take();
        self.skipped(fleet, host, skipped, out);

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
            // What was streamed stands above.
            if (outcome == Outcome::Failed || self.verbose) && !streamed {
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
            let what = if fleet.mode == Mode::Copy {
                "unchanged"
            } else {
                "already installed, skipped"
            };
            let text = format!("{what} ({} ok)", words::count(steps_held, "step"));
            out.push(self.row(fleet, host, step.module.as_str(), "ok", Tone::Ok, &text));
        }
    }

    /// Lines as they come, each behind its host.
    fn streamed(&self, fleet: &Fleet, host: &Name, lines: Vec<String>, out: &mut Vec<String>) {
        let width = fleet.host_width;
        let bar = self.paint.tone(Tone::Faint, "|");
        out.extend(
            lines
                .into_iter()
                .map(|line| format!("{host:width$} {bar} {line}").trim_end().to_owned()),
        );
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
        let mut standing = self.hosts.remove(host).unwrap_or_default();
        self.streams.forget(host);
        self.skipped(fleet, host, standing.skipped.take(), out);
        // Hosts that never began are folded into one line at the end.
        let unbegun = matches!(status, HostStatus::Cancelled | HostStatus::Withheld { .. });
        if unbegun && steps.total() == steps.skipped {
            return;
        }
        let quiet = steps.total() == steps.ok && *status == HostStatus::Ok;
        if quiet && self.detail == Detail::Hosts && fleet.is_many() {
            return;
        }
        let kind = narrator::kind(status);
        let tone = match status {
            HostStatus::Ok => Tone::Ok,
            HostStatus::Cancelled | HostStatus::Withheld { .. } => Tone::Faint,
            _ => Tone::Failed,
        };
        let counts = words::steps(fleet.mode, steps, self.paint);
        let time = words::duration(took);
        let advice = narrator::trouble(fleet, host, status, steps);
        let text = match &advice {
            Some(_) if *status == HostStatus::Cancelled => format!("{counts} ({time})"),
            Some(advice) if counts.is_empty() => format!("{} ({time})", advice.what),
            Some(advice) => format!("{}; {counts} ({time})", advice.what),
            // Where modules had no lines of their own, they are named here; on a screen only while hosts are few.
            None if (self.detail == Detail::Hosts) != fleet.is_many() => {
                let modules = if fleet.mode == Mode::Copy {
                    String::new()
                } else {
                    standing.modules_in_words()
                };
                let gap = if modules.is_empty() { "" } else { "  " };
                format!("{counts} ({time}){gap}{modules}")
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

    fn skipped(&self, fleet: &Fleet, host: &Name, skipped: Option<Skipped>, out: &mut Vec<String>) {
        // On a screen the failure stands right above, and the host's end counts them.
        let Some(skipped) = skipped.filter(|_| self.detail == Detail::Steps) else {
            return;
        };
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
        out.push(self.row(fleet, host, &modules, "skipped", Tone::Faint, &text));
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
            Detail::Hosts | Detail::Digest | Detail::Page => 12,
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
        let word = match (self.detail, tone) {
            // The sign says it.
            (Detail::Hosts, Tone::Ok) => String::new(),
            _ => self.paint.tone(tone, &format!("{word:width$}")) + "  ",
        };
        format!("{}  {word}{text}", self.host(fleet, host, tone))
    }

    fn host(&self, fleet: &Fleet, host: &Name, tone: Tone) -> String {
        let width = fleet.host_width;
        let sign = match (self.detail, tone) {
            (Detail::Steps | Detail::Digest | Detail::Page, _) => String::new(),
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
