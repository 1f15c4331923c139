//! What the lines at the bottom say: pure, from events, a size and a time.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use unicode_width::UnicodeWidthStr;

use super::Size;
use super::pace::Pace;
use super::rows::{Work, cut, rows, said};
use super::trouble::{Troubles, last_line};
use crate::event::{Event, HostPlan, HostStatus, Mode, Outcome, Stamped, StepCounts};
use crate::name::Name;
use crate::report::paint::{Paint, Tone};
use crate::report::words;

/// Rows for hosts at work; more is more than a person follows.
const MAX_ROWS: usize = 12;

/// Up to so many hosts the lines above tell what fails.
const FEW: usize = 20;

/// Lines of the terminal left to what stands above.
const LEFT_ALONE: usize = 4;

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
    pace: Pace,
    troubles: Troubles,
}

impl Screen {
    pub(super) fn new(mode: Mode, profile: Option<&Name>, hosts: &[HostPlan]) -> Self {
        let word = match mode {
            Mode::Push => "push",
            Mode::DryRun => "dry-run",
            Mode::Command => "command",
            Mode::Copy => "copy",
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
            pace: Pace::default(),
            troubles: Troubles::default(),
        }
    }

    pub(super) fn observe(&mut self, stamped: &Stamped) {
        let at = stamped.at;
        let copies = self.mode == Mode::Copy;
        self.troubles.observe(&stamped.event);
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
                    said: String::new(),
                    moved: 0,
                    failed: false,
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
                    work.doing = if copies { "copying" } else { words::phase(*phase) };
                    work.moved = 0;
                }
            }
            Event::StepOutput { host, output, .. } | Event::CommandOutput { host, output, .. } => {
                if let Some(work) = self.work(host) {
                    let line = last_line(output);
                    if !line.is_empty() {
                        work.said = line;
                    }
                }
            }
            Event::StepProgress { host, done, of, .. } => {
                if let Some(work) = self.work(host) {
                    work.moved = words::share(*done, *of);
                    work.said = words::progress(*done, *of);
                }
            }
            Event::StepFinished { host, outcome, .. } => {
                self.steps.add(*outcome);
                if let Some(work) = self.work(host) {
                    work.moved = 0;
                    work.failed |= *outcome == Outcome::Failed;
                    work.done += 1;
                    work.rest("checking", at);
                }
            }
            Event::HostFinished { host, status, .. } => {
                self.done += 1;
                self.pace.add(at, self.done);
                match status {
                    HostStatus::Unreachable { .. } => self.unreachable += 1,
                    HostStatus::Failed
                    | HostStatus::Lost { .. }
                    | HostStatus::Unsupported { .. }
                    | HostStatus::TimedOut
                    | HostStatus::Refused { .. } => {
                        self.failed_hosts += 1;
                    }
                    HostStatus::Ok
                    | HostStatus::Cancelled
                    | HostStatus::Left
                    | HostStatus::Withheld { .. } => {}
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
        let mut lines = Vec::new();
        if usize::from(size.rows) > MAX_ROWS {
            lines.push(String::new());
        }
        // With few hosts their failures still stand above.
        if self.hosts > FEW {
            lines.extend(self.troubles.lines(width, limit / 3, paint));
        }
        let limit = limit.saturating_sub(lines.iter().filter(|line| !line.is_empty()).count());
        let shown = self.shown(limit, width, paint);
        let hidden = self.at_work.len() - shown.len();
        for (row, work) in rows(&shown, width, now, paint).into_iter().zip(&shown) {
            lines.push(row);
            lines.extend(said(work, width, paint));
        }
        if hidden > 0 && limit > 0 {
            let more = format!("{} and {} more at work", paint.ellipsis(), hidden);
            lines.push(paint.tone(Tone::Faint, &cut(&more, width, paint)));
        }
        lines.push(self.total(width, now, paint));
        lines
    }

    /// Those that fit in `limit` lines: first hosts of which a step has failed, then those longest at work.
    fn shown(&self, limit: usize, width: usize, paint: Paint) -> Vec<&Work> {
        let (failing, others): (Vec<&Work>, Vec<&Work>) = self.at_work.values().partition(|work| work.failed);
        let mut left = limit;
        let fits = |work: &&Work| {
            let needed = 1 + usize::from(said(work, width, paint).is_some());
            let fits = needed <= left;
            left = left.saturating_sub(needed);
            fits
        };
        failing.into_iter().chain(others).take_while(fits).collect()
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
        let mut paced = full.clone();
        full.push(clock.clone());
        let pace = self
            .pace
            .at(now, self.done, self.hosts - self.done.min(self.hosts));
        paced.extend(pace.map(|(rate, _)| (format!("{rate:.1}/s"), Tone::Faint)));
        paced.push(clock.clone());
        paced.extend(pace.map(|(_, left)| (format!("{} left", words::clock(left)), Tone::Faint)));
        let mut short = vec![(hosts.clone(), Tone::Strong)];
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
        // Narrower, the heading goes first, then most of the bar; how long it will take stays.
        let mut narrow = paced.clone();
        if let Some(first) = narrow.first_mut() {
            first.0.clone_from(&hosts);
        }
        for (parts, bar, headed) in [
            (&paced, 24, true),
            (&paced, 12, true),
            (&paced, 12, false),
            (&narrow, 8, false),
        ] {
            let head = if headed { heading.0.width() + 2 } else { 0 };
            if head + bar + 2 + columns(parts, &dot) <= width {
                let bar = self.bar(bar, paint);
                let text = painted(parts, &dot);
                return if headed {
                    format!("{}  {bar}  {text}", paint.tone(heading.1, &heading.0))
                } else {
                    format!("{bar}  {text}")
                };
            }
        }
        let text = columns(&full, &dot);
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
        // Hosts that are done, in thousandths; of a copy, also how far the others are.
        let mut done = 1000 * self.done;
        if self.mode == Mode::Copy {
            done += self.at_work.values().map(Work::thousandths).sum::<usize>();
        }
        let done = (width * done).checked_div(1000 * self.hosts).unwrap_or(width);
        let done = done.min(width);
        let tone = if self.failed_hosts + self.unreachable > 0 {
            Tone::Removed
        } else {
            Tone::Ok
        };
        paint.tone(tone, &full.repeat(done)) + &paint.tone(Tone::Faint, &open.repeat(width - done))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Phase, Step};
    use crate::report::Options;
    use std::sync::Arc;

    #[test]
    fn a_copy_shows_how_far_it_is() {
        let host = Name::parse("db1").unwrap();
        let step = |index, title: &str| {
            let module = Name::parse("copy").unwrap();
            let title = title.into();
            Arc::new(Step { index, module, title })
        };
        let steps = vec![step(0, "file /a"), step(1, "file /b")];
        let plans = [HostPlan {
            host: host.clone(),
            steps: steps.clone(),
        }];
        let mut screen = Screen::new(Mode::Copy, None, &plans);
        let mut tell = |event| {
            screen.observe(&Stamped {
                at: Duration::ZERO,
                event,
            });
            let options = Options {
                colour: false,
                unicode: false,
                verbose: false,
            };
            let size = Size {
                rows: 10,
                columns: 80,
            };
            screen
                .lines(size, Duration::from_secs(1), Paint::new(options))
                .join("\n")
        };
        tell(Event::HostStarted { host: host.clone() });
        tell(Event::StepStarted {
            host: host.clone(),
            step: Arc::clone(&steps[0]),
            phase: Phase::Apply,
        });
        let shown = tell(Event::StepProgress {
            host: host.clone(),
            step: Arc::clone(&steps[0]),
            done: 32 << 20,
            of: 64 << 20,
        });
        assert!(
            shown.contains("copying") && shown.contains("50 % of 67.1 MB"),
            "{shown}"
        );
        let quarter = shown.matches('#').count();
        assert!(quarter > 0, "{shown}");
        let shown = tell(Event::StepFinished {
            host,
            step: Arc::clone(&steps[0]),
            outcome: Outcome::Changed,
            reason: None,
            output: Vec::new(),
            took: Duration::ZERO,
        });
        assert_eq!(shown.matches('#').count(), 2 * quarter, "{shown}");
    }
}
