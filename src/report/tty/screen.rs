//! What the lines at the bottom say: pure, from events, a size and a time.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Size;
use crate::event::{Event, HostPlan, HostStatus, Mode, Stamped, StepCounts};
use crate::name::Name;
use crate::report::paint::{Paint, Tone};
use crate::report::words;

/// Rows for hosts at work; more is more than a person follows.
const MAX_ROWS: usize = 12;

/// Lines of the terminal left to what stands above.
const LEFT_ALONE: usize = 4;

/// A step's title is not cut below this to name its module.
const MIN_TITLE: usize = 16;

/// A step's title is not cut below this for anything else.
const GOOD_TITLE: usize = 28;

/// The state behind the lines.
pub(super) struct Screen {
    mode: Mode,
    heading: String,
    hosts: usize,
    done: usize,
    failed_hosts: usize,
    unreachable: usize,
    steps: StepCounts,
    cancelling: bool,
    planned: HashMap<Name, usize>,
    /// Hosts at work by when they began: those longest at it come first, and a row keeps its place.
    at_work: BTreeMap<usize, Work>,
    numbers: HashMap<Name, usize>,
    begun: usize,
}

/// What one host is doing.
struct Work {
    host: Name,
    done: usize,
    planned: usize,
    module: Option<Name>,
    title: String,
    doing: &'static str,
    since: Duration,
}

impl Screen {
    pub(super) fn new(mode: Mode, profile: Option<&Name>, hosts: &[HostPlan]) -> Self {
        let word = match mode {
            Mode::Push => "push",
            Mode::DryRun => "dry-run",
            Mode::Command => "command",
        };
        Self {
            mode,
            heading: profile.map_or_else(|| word.to_owned(), |name| format!("{word} {name}")),
            hosts: hosts.len(),
            done: 0,
            failed_hosts: 0,
            unreachable: 0,
            steps: StepCounts::default(),
            cancelling: false,
            planned: hosts
                .iter()
                .map(|plan| (plan.host.clone(), plan.steps.len()))
                .collect(),
            at_work: BTreeMap::new(),
            numbers: HashMap::new(),
            begun: 0,
        }
    }

    pub(super) fn observe(&mut self, stamped: &Stamped) {
        let at = stamped.at;
        match &stamped.event {
            Event::HostStarted { host } => {
                let work = Work {
                    host: host.clone(),
                    done: 0,
                    planned: self.planned.get(host).copied().unwrap_or(0),
                    module: None,
                    title: String::new(),
                    doing: "connecting",
                    since: at,
                };
                self.at_work.insert(self.begun, work);
                self.numbers.insert(host.clone(), self.begun);
                self.begun += 1;
            }
            Event::HostConnected { host } => {
                let doing = if self.mode == Mode::Command {
                    "running"
                } else {
                    "checking"
                };
                if let Some(work) = self.work(host) {
                    work.rest(doing, at);
                }
            }
            Event::StepStarted { host, step, phase } => {
                if let Some(work) = self.work(host) {
                    // Its phases make one step: the time shown is the step's.
                    let title = words::title(step);
                    if work.module.as_ref() != Some(&step.module) || work.title != title {
                        work.since = at;
                        work.title = title.into_owned();
                        work.module = Some(step.module.clone());
                    }
                    work.doing = words::phase(*phase);
                }
            }
            Event::StepFinished { host, outcome, .. } => {
                self.steps.add(*outcome);
                if let Some(work) = self.work(host) {
                    work.done += 1;
                    work.rest("checking", at);
                }
            }
            Event::HostFinished { host, status, .. } => {
                self.done += 1;
                match status {
                    HostStatus::Unreachable { .. } => self.unreachable += 1,
                    HostStatus::Failed | HostStatus::Lost { .. } | HostStatus::Unsupported { .. } => {
                        self.failed_hosts += 1;
                    }
                    HostStatus::Ok | HostStatus::Cancelled => {}
                }
                if let Some(number) = self.numbers.remove(host) {
                    self.at_work.remove(&number);
                }
            }
            Event::Cancelling => self.cancelling = true,
            _ => {}
        }
    }

    fn work(&mut self, host: &Name) -> Option<&mut Work> {
        self.at_work.get_mut(self.numbers.get(host)?)
    }

    /// Rows for hosts at work, then the total; every line narrower than the terminal.
    pub(super) fn lines(&self, size: Size, now: Duration, paint: Paint) -> Vec<String> {
        // The last column stays free: some terminals wrap when it is written.
        let width = usize::from(size.columns).saturating_sub(1).max(1);
        let limit = usize::from(size.rows).saturating_sub(LEFT_ALONE).min(MAX_ROWS);
        let shown: Vec<&Work> = self.at_work.values().take(limit).collect();
        let hidden = self.at_work.len() - shown.len();
        let mut lines = Vec::new();
        if usize::from(size.rows) > MAX_ROWS {
            lines.push(String::new());
        }
        lines.extend(rows(&shown, width, now, paint));
        if hidden > 0 && limit > 0 {
            let more = format!("{} and {} more at work", paint.ellipsis(), hidden);
            lines.push(paint.tone(Tone::Faint, &cut(&more, width, paint)));
        }
        lines.push(self.total(width, now, paint));
        lines
    }

    /// The richest total that fits.
    fn total(&self, width: usize, now: Duration, paint: Paint) -> String {
        let hosts = format!("{}/{}", self.done, self.hosts);
        let (changes, word) = match self.mode {
            Mode::DryRun => (self.steps.would_change, "would change"),
            _ => (self.steps.changed, "changed"),
        };
        let failed = if self.mode == Mode::Command {
            self.failed_hosts
        } else {
            self.steps.failed
        };
        let counted =
            |number: usize, word: &str, tone: Tone| (number > 0).then(|| (format!("{number} {word}"), tone));
        let bad = [
            counted(failed, "failed", Tone::Failed),
            counted(self.unreachable, "unreachable", Tone::Failed),
        ];
        let bad: Vec<_> = bad.into_iter().flatten().collect();
        let clock = (words::clock(now), Tone::Faint);
        let heading = if self.cancelling {
            ("cancelling".to_owned(), Tone::Failed)
        } else {
            (self.heading.clone(), Tone::Strong)
        };

        let mut full = vec![(format!("{hosts} hosts"), Tone::Strong)];
        full.extend(counted(changes, word, Tone::Changed));
        full.extend(bad.iter().cloned());
        full.push(clock.clone());
        let mut short = vec![(hosts, Tone::Strong)];
        short.extend(bad);
        short.push(clock);

        let dot = format!(" {} ", paint.dot());
        let columns = |parts: &[(String, Tone)], between: &str| -> usize {
            let widths = parts.iter().map(|(text, _)| text.width()).sum::<usize>();
            widths + between.width() * parts.len().saturating_sub(1)
        };
        let painted = |parts: &[(String, Tone)], between: &str| {
            let parts = parts.iter().map(|(text, tone)| paint.tone(*tone, text));
            parts.collect::<Vec<_>>().join(between)
        };
        let text = columns(&full, &dot);
        for bar in [24, 12] {
            if text + bar + heading.0.width() + 4 <= width {
                let bar = self.bar(bar, paint);
                return format!(
                    "{}  {bar}  {}",
                    paint.tone(heading.1, &heading.0),
                    painted(&full, &dot)
                );
            }
        }
        if text <= width {
            return painted(&full, &dot);
        }
        if columns(&short, " ") <= width {
            return painted(&short, " ");
        }
        cut(
            &short
                .iter()
                .map(|(text, _)| text.as_str())
                .collect::<Vec<_>>()
                .join(" "),
            width,
            paint,
        )
    }

    fn bar(&self, width: usize, paint: Paint) -> String {
        let (full, open) = paint.bar();
        let done = (width * self.done).checked_div(self.hosts).unwrap_or(width);
        let tone = if self.failed_hosts + self.unreachable > 0 {
            Tone::Removed
        } else {
            Tone::Ok
        };
        paint.tone(tone, &full.repeat(done)) + &paint.tone(Tone::Faint, &open.repeat(width - done))
    }
}

impl Work {
    fn rest(&mut self, doing: &'static str, at: Duration) {
        self.module = None;
        self.title.clear();
        self.doing = doing;
        self.since = at;
    }

    /// What stands in the widest column: the step, or what is done between steps.
    fn what(&self) -> &str {
        if self.title.is_empty() {
            self.doing
        } else {
            &self.title
        }
    }
}

/// One line per host, in columns; what does not fit is left out, least important first.
fn rows(shown: &[&Work], width: usize, now: Duration, paint: Paint) -> Vec<String> {
    let widest = |cell: &dyn Fn(&Work) -> usize| shown.iter().map(|work| cell(work)).max().unwrap_or(0);
    let time = |work: &Work| words::clock(now.saturating_sub(work.since));
    let counts = |work: &Work| match work.planned {
        0 => String::new(),
        planned => format!("{}/{planned}", work.done),
    };
    let module = |work: &Work| work.module.as_ref().map_or(String::new(), Name::to_string);
    let phase = |work: &Work| if work.title.is_empty() { "" } else { work.doing };

    let times = widest(&|work| time(work).len());
    let hosts = widest(&|work| work.host.as_str().len()).min((width * 2 / 5).max(8));
    let Some(mut left) = width.checked_sub(hosts + 2 + times + 2 + 4) else {
        // No room for more than a name and a time.
        let hosts = width.saturating_sub(times + 1);
        let row = |work: &&Work| {
            format!(
                "{} {:>times$}",
                padded(work.host.as_str(), hosts, paint),
                time(work)
            )
        };
        return shown.iter().map(|work| cut(&row(work), width, paint)).collect();
    };
    left += 4;
    let titles = widest(&|work| work.what().width());
    let mut room = |wanted: usize, title: usize| {
        let fits = wanted > 0 && left >= wanted + 2 + titles.min(title);
        left -= if fits { wanted + 2 } else { 0 };
        if fits { wanted } else { 0 }
    };
    let modules = room(widest(&|work| module(work).len()), MIN_TITLE);
    let phases = room(widest(&|work| phase(work).len()), GOOD_TITLE);
    let counted = room(widest(&|work| counts(work).len()), GOOD_TITLE);
    let titles = titles.min(left);

    let row = |work: &&Work| {
        let mut cells = vec![paint.tone(Tone::Strong, &padded(work.host.as_str(), hosts, paint))];
        let mut cell = |text: &str, width: usize, tone: Option<Tone>| {
            if width > 0 {
                let text = padded(text, width, paint);
                cells.push(tone.map_or(text.clone(), |tone| paint.tone(tone, &text)));
            }
        };
        cell(&format!("{:>counted$}", counts(work)), counted, Some(Tone::Faint));
        cell(&module(work), modules, None);
        cell(work.what(), titles, None);
        cell(phase(work), phases, Some(Tone::Changed));
        cell(&format!("{:>times$}", time(work)), times, Some(Tone::Faint));
        cells.join("  ")
    };
    shown.iter().map(row).collect()
}

/// `text` in exactly `width` columns.
fn padded(text: &str, width: usize, paint: Paint) -> String {
    let mut text = cut(text, width, paint);
    let missing = width.saturating_sub(text.width());
    text.extend(std::iter::repeat_n(' ', missing));
    text
}

/// `text` in at most `width` columns.
fn cut(text: &str, width: usize, paint: Paint) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let sign = paint.ellipsis();
    let sign = if sign.width() > width { "" } else { sign };
    let mut out = String::new();
    let mut columns = sign.width();
    for c in text.chars() {
        columns += c.width().unwrap_or(0);
        if columns > width {
            break;
        }
        out.push(c);
    }
    out + sign
}
