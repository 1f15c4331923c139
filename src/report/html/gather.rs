//! What the page's script is given: numbers, and every text once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use indexmap::{IndexMap, IndexSet};
use serde::Serialize;

use crate::event::{Event, HostStatus, Mode, Outcome, Stamped, Step, Summary};
use crate::name::Name;
use crate::report::excerpt::excerpt;
use crate::report::fleet::Fleet;
use crate::report::narrator;
use crate::report::paint::Paint;
use crate::report::{escape, words};

/// Lines shown of one output.
const LINES: usize = 120;

/// Bytes shown of one output: its beginning, and three times as much of its end.
const OUTPUT: usize = 16 * 1024;

/// Bytes of all texts; outputs that come later are left out, everything else stays.
const ALL: usize = 16 * 1024 * 1024;

/// Not there: no text, no time.
const NONE: i64 = -1;

/// Gathers a run.
pub(super) struct Gathered {
    paint: Paint,
    fleet: Option<Fleet>,
    profile: Option<Name>,
    summary: Summary,
    whole: bool,
    took: Duration,
    texts: IndexSet<String>,
    bytes: usize,
    steps: IndexSet<(i64, i64)>,
    plans: IndexSet<Vec<usize>>,
    hosts: IndexMap<Name, Host>,
}

#[derive(Default)]
struct Host {
    plan: usize,
    end: u8,
    detail: i64,
    started: i64,
    connected: i64,
    ended: i64,
    begun: HashMap<usize, i64>,
    rows: Vec<Row>,
    answer: Option<(u32, i64, i64)>,
}

/// A step that did not simply hold: place in the plan, outcome, begin, duration, reason, output.
type Row = (usize, u8, i64, i64, i64, i64);

/// The page's data, in short: lists instead of objects, places instead of texts.
#[derive(Serialize)]
pub(super) struct Data<'a> {
    mode: Mode,
    took: i64,
    text: &'a IndexSet<String>,
    steps: &'a IndexSet<(i64, i64)>,
    plans: &'a IndexSet<Vec<usize>>,
    hosts: Vec<HostData<'a>>,
}

type HostData<'a> = (
    &'a Name,
    usize,
    u8,
    i64,
    i64,
    i64,
    i64,
    &'a [Row],
    Option<(u32, i64, i64)>,
);

/// Milliseconds.
fn time(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn end(status: &HostStatus) -> u8 {
    match status {
        HostStatus::Ok => 0,
        // A page shows no kind of its own for it; its detail says what it was.
        HostStatus::Failed | HostStatus::Refused { .. } => 1,
        HostStatus::Unreachable { .. } => 2,
        HostStatus::Lost { .. } => 3,
        HostStatus::Unsupported { .. } | HostStatus::TimedOut => 4,
        HostStatus::Cancelled | HostStatus::Left | HostStatus::Withheld { .. } => 5,
    }
}

/// A host that has not ended.
const OPEN: u8 = 6;

impl Gathered {
    pub(super) fn new(paint: Paint) -> Self {
        Self {
            paint,
            fleet: None,
            profile: None,
            summary: Summary::new(Mode::Push),
            whole: false,
            took: Duration::ZERO,
            texts: IndexSet::new(),
            bytes: 0,
            steps: IndexSet::new(),
            plans: IndexSet::new(),
            hosts: IndexMap::new(),
        }
    }

    pub(super) fn heading(&self) -> String {
        let profile = self.profile.as_ref().map(Name::as_str);
        words::run(self.summary.mode, profile, self.hosts.len())
    }

    pub(super) fn summary(&self) -> Summary {
        self.summary
    }

    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    pub(super) fn took(&self) -> Duration {
        self.took
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each event")]
    pub(super) fn observe(&mut self, stamped: &Stamped) {
        let at = time(stamped.at);
        self.took = stamped.at;
        self.summary.observe(&stamped.event);
        match &stamped.event {
            Event::RunStarted { mode, profile, hosts } => {
                self.summary = Summary::new(*mode);
                self.profile.clone_from(profile);
                // Equal steps are mostly one in memory: then their texts need not be looked at.
                let mut known: HashMap<*const Step, usize> = HashMap::new();
                for plan in hosts.iter() {
                    let steps = plan
                        .steps
                        .iter()
                        .map(|step| *known.entry(Arc::as_ptr(step)).or_insert_with(|| self.step(step)));
                    let steps = steps.collect();
                    let host = Host {
                        plan: self.plans.insert_full(steps).0,
                        end: OPEN,
                        detail: NONE,
                        started: NONE,
                        connected: NONE,
                        ended: NONE,
                        ..Host::default()
                    };
                    self.hosts.insert(plan.host.clone(), host);
                }
                self.fleet = Some(Fleet::new(*mode, hosts));
            }
            Event::HostStarted { host } => self.with(host, |host| host.started = at),
            Event::HostConnected { host } => self.with(host, |host| host.connected = at),
            Event::StepStarted { host, step, .. } => {
                self.with(host, |host| {
                    host.begun.entry(step.index).or_insert(at);
                });
            }
            Event::StepFinished {
                host,
                step,
                outcome,
                reason,
                output,
                took,
            } => {
                let took = time(*took);
                if *outcome == Outcome::Ok && took == 0 {
                    self.with(host, |host| {
                        host.begun.remove(&step.index);
                    });
                    return;
                }
                let reason = reason.as_ref().zip(self.fleet.as_ref());
                let reason = reason.map(|(reason, fleet)| words::reason(reason, fleet.plan(host)));
                let reason = reason.map_or(NONE, |reason| self.text(&reason));
                let output = self.output(output);
                let code = match outcome {
                    Outcome::Ok => 0,
                    Outcome::Changed => 1,
                    Outcome::WouldChange => 2,
                    Outcome::Skipped => 3,
                    Outcome::Failed => 4,
                };
                self.with(host, |host| {
                    let begun = host.begun.remove(&step.index).unwrap_or(at - took);
                    let took = if took > 0 { (at - begun).max(took) } else { 0 };
                    host.rows
                        .push((step.index, code, at - took, took, reason, output));
                });
            }
            Event::CommandFinished {
                host,
                status,
                stdout,
                stderr,
            } => {
                let answer = (*status, self.output(stdout), self.output(stderr));
                self.with(host, |host| host.answer = Some(answer));
            }
            Event::HostFinished {
                host, status, steps, ..
            } => {
                let fleet = self.fleet.as_ref();
                let advice = fleet.and_then(|fleet| narrator::trouble(fleet, host, status, *steps));
                let detail = advice.map_or(NONE, |advice| {
                    let between = if advice.next.is_empty() { "" } else { "; next: " };
                    self.text(&format!("{}{between}{}", advice.what, advice.next))
                });
                self.with(host, |host| {
                    host.end = end(status);
                    host.ended = at;
                    host.detail = detail;
                    host.begun = HashMap::new();
                });
            }
            Event::RunFinished { summary } => {
                self.summary = *summary;
                self.whole = true;
            }
            Event::HostPredicted { .. }
            | Event::StepOutput { .. }
            | Event::StepProgress { .. }
            | Event::CommandOutput { .. }
            | Event::StepDiff { .. }
            | Event::WaveStarted { .. }
            | Event::GateStarted { .. }
            | Event::GateFinished { .. }
            | Event::Cancelling => {}
        }
    }

    pub(super) fn data(&self) -> Data<'_> {
        let took = time(self.took);
        let hosts = self.hosts.iter().map(|(name, host)| {
            // A host still at work was so until the last that is known.
            let open = host.started != NONE && host.ended == NONE;
            let ended = if open { took } else { host.ended };
            let Host {
                plan,
                end,
                detail,
                started,
                connected,
                answer,
                ..
            } = *host;
            (
                name,
                plan,
                end,
                detail,
                started,
                connected,
                ended,
                host.rows.as_slice(),
                answer,
            )
        });
        Data {
            mode: self.summary.mode,
            took,
            text: &self.texts,
            steps: &self.steps,
            plans: &self.plans,
            hosts: hosts.collect(),
        }
    }

    fn with(&mut self, host: &Name, act: impl FnOnce(&mut Host)) {
        if let Some(host) = self.hosts.get_mut(host) {
            act(host);
        }
    }

    fn step(&mut self, step: &Step) -> usize {
        let module = self.text(step.module.as_str());
        let title = self.text(&escape::line(&step.title));
        self.steps.insert_full((module, title)).0
    }

    fn text(&mut self, words: &str) -> i64 {
        let place = self.texts.get_index_of(words).unwrap_or_else(|| {
            self.bytes += words.len();
            self.texts.insert_full(words.to_owned()).0
        });
        i64::try_from(place).unwrap_or(NONE)
    }

    fn output(&mut self, output: &[u8]) -> i64 {
        let shown = shortened(excerpt(output, LINES, self.paint).join("\n"), self.paint);
        if shown.is_empty() {
            return NONE;
        }
        if self.bytes > ALL && !self.texts.contains(&shown) {
            return self.text("(left out: the page is large enough; `provision replay` has it)");
        }
        self.text(&shown)
    }
}

fn shortened(text: String, paint: Paint) -> String {
    if text.len() <= OUTPUT {
        return text;
    }
    let (mut head, mut tail) = (OUTPUT / 4, text.len() - OUTPUT / 4 * 3);
    while !text.is_char_boundary(head) {
        head -= 1;
    }
    while !text.is_char_boundary(tail) {
        tail += 1;
    }
    format!("{}\n{}\n{}", &text[..head], paint.ellipsis(), &text[tail..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Options;

    #[test]
    fn a_long_output_keeps_its_beginning_and_its_end() {
        let paint = Paint::new(Options {
            colour: false,
            unicode: true,
            verbose: false,
        });
        let text = format!("first{}last", "é".repeat(20_000));
        let kept = shortened(text, paint);
        assert!(kept.starts_with("first") && kept.ends_with("last") && kept.len() <= OUTPUT + 10);
    }
}
