//! The lines people read, for every kind of run; [`super::plain`] and [`super::tty`] only place them.
//!
//! A push tells while it goes on; a dry-run and a command are told at the end, equal hosts together.

use std::collections::HashMap;
use std::time::Duration;

use super::Options;
use super::command::Answers;
use super::ending::{Ending, Trouble};
use super::excerpt::{excerpt, quoted};
use super::fleet::Fleet;
use super::paint::{Paint, Tone};
use super::review::Review;
use super::story::Story;
use super::stream;
use super::words::{self, Advice};
use crate::event::{Event, HostStatus, Mode, Outcome, Reason, Refusal, Stamped, StepCounts, Summary};
use crate::name::Name;

/// Lines of a failed step's output that are told at the end.
const OUTPUT_LINES: usize = 40;

/// How much is told while the run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// Every step that did something, for readers who see nothing else.
    Steps,
    /// Hosts that are done and failures; a screen shows the rest.
    Hosts,
    /// What came of it, at the end, equal hosts together.
    Digest,
    /// As a digest, taken in parts.
    Page,
}

impl Detail {
    /// Whether all is told at the end.
    fn is_after(self) -> bool {
        matches!(self, Self::Digest | Self::Page)
    }
}

/// Makes lines of events.
pub(super) struct Narrator {
    detail: Detail,
    verbose: bool,
    paint: Paint,
    tailed: Option<Name>,
    run: Option<Run>,
}

struct Run {
    fleet: Fleet,
    /// Whether it is told while it goes on.
    goes_on: bool,
    story: Story,
    review: Review,
    answers: Answers,
    ending: Ending,
    /// Words for the step each host was in when it was lost or left.
    lost_in: HashMap<Name, String>,
    /// How commands ended whose hosts have not ended yet.
    exits: HashMap<Name, u32>,
    summary: Summary,
    at: Duration,
}

impl Narrator {
    pub(super) fn new(detail: Detail, options: Options) -> Self {
        Self {
            detail,
            verbose: options.verbose,
            paint: Paint::new(options),
            tailed: None,
            run: None,
        }
    }

    /// Follows what the steps of `host` write.
    pub(super) fn tail(&mut self, host: Option<Name>) {
        self.tailed = host;
    }

    /// The lines that the event is worth.
    pub(super) fn observe(&mut self, stamped: &Stamped) -> Vec<String> {
        let mut lines = Vec::new();
        if let Event::RunStarted { mode, profile, hosts } = &stamped.event {
            let fleet = Fleet::new(*mode, hosts);
            let heading = words::run(*mode, profile.as_ref().map(Name::as_str), fleet.len());
            lines.push(self.paint.tone(Tone::Strong, &heading));
            if mode.goes_on() && !self.detail.is_after() {
                lines.push(String::new());
            }
            self.run = Some(Run {
                fleet,
                goes_on: mode.goes_on() && !self.detail.is_after(),
                story: Story::new(self.detail, self.verbose, self.paint, self.tailed.clone()),
                review: Review::default(),
                answers: Answers::default(),
                ending: Ending::default(),
                lost_in: HashMap::new(),
                exits: HashMap::new(),
                summary: Summary::new(*mode),
                at: stamped.at,
            });
        }
        let Some(run) = &mut self.run else { return lines };
        run.at = stamped.at;
        run.summary.observe(&stamped.event);
        match (run.fleet.mode, &stamped.event) {
            (_, Event::RunFinished { summary }) => {
                run.summary = *summary;
                // A page takes the parts apart, when all is over.
                if self.detail != Detail::Page {
                    lines.extend(self.finish());
                }
                return lines;
            }
            (Mode::Push | Mode::Copy, event) if run.goes_on => {
                run.story.observe(event, &run.fleet, &mut lines);
            }
            (Mode::Push | Mode::DryRun | Mode::Copy, event) => run.reviewed(event, self.verbose, self.paint),
            (
                Mode::Command,
                Event::CommandFinished {
                    host,
                    status,
                    stdout,
                    stderr,
                },
            ) => {
                run.answers.add(host, *status, stdout, stderr);
            }
            (
                Mode::Command,
                Event::CommandOutput {
                    host,
                    channel,
                    output,
                },
            ) if self.verbose => {
                run.answers.streamed(host);
                lines.extend(stream::told(host, *channel, output, &run.fleet, self.paint));
            }
            (Mode::Command, _) => {}
        }
        run.troubled(&stamped.event, self.paint);
        lines
    }

    /// The last lines, also of a run that broke off; nothing when they were told already.
    pub(super) fn finish(&mut self) -> Vec<String> {
        let Some((mut lines, ending)) = self.parts() else {
            return Vec::new();
        };
        lines.extend(ending);
        lines
    }

    /// The last lines in two parts: what came of it; who did not make it and, as the last line, the numbers.
    pub(super) fn parts(&mut self) -> Option<(Vec<String>, Vec<String>)> {
        let run = self.run.take()?;
        let results = match run.fleet.mode {
            Mode::Push | Mode::Copy if run.goes_on => vec![],
            Mode::Push | Mode::DryRun | Mode::Copy => run.review.lines(&run.fleet, self.verbose, self.paint),
            Mode::Command => run.answers.lines(&run.fleet, self.verbose, self.paint),
        };
        let ending = run
            .ending
            .lines(&run.fleet, &run.summary, run.at, self.verbose, self.paint);
        Some((results, ending))
    }
}

impl Run {
    fn reviewed(&mut self, event: &Event, verbose: bool, paint: Paint) {
        match event {
            Event::HostPredicted {
                host, destructive, ..
            } => self.review.destructive(host, destructive),
            Event::StepDiff { host, step, diff } => self.review.diff(host, step, diff, verbose, paint),
            Event::StepFinished {
                host,
                step,
                outcome: outcome @ (Outcome::WouldChange | Outcome::Changed),
                output,
                ..
            } => {
                self.review.change(host, step);
                // What a dry-run of a copy lists is all there is to see of it.
                if *outcome == Outcome::WouldChange && !output.is_empty() {
                    self.review
                        .listing(host, step, excerpt(output, OUTPUT_LINES, paint));
                }
            }
            Event::HostFinished { host, status, .. } => self.review.host(host, status),
            _ => {}
        }
    }

    /// Notes what the end must name.
    fn troubled(&mut self, event: &Event, paint: Paint) {
        let told = self.goes_on;
        match event {
            Event::StepFinished {
                host,
                step,
                outcome: Outcome::Failed,
                reason: Some(reason @ (Reason::Lost | Reason::Left)),
                ..
            } => {
                let step = format!("{}: {}", step.module, words::title(step));
                let place = match reason {
                    Reason::Lost => format!(" in {step}"),
                    _ => format!(", left at work: {step}"),
                };
                self.lost_in.insert(host.clone(), place);
            }
            Event::StepFinished {
                host,
                step,
                outcome: Outcome::Failed,
                reason,
                output,
                ..
            } => {
                let because = reason_words(reason.as_ref(), &self.fleet, host);
                let brief = format!("{}: {}{because}", step.module, words::title(step));
                let more = if told {
                    vec![]
                } else {
                    quoted(excerpt(output, OUTPUT_LINES, paint), paint).collect()
                };
                self.ending.add(
                    host,
                    Trouble {
                        kind: "failed",
                        brief,
                        more,
                    },
                );
            }
            Event::CommandFinished { host, status, .. } if *status != 0 => {
                self.exits.insert(host.clone(), *status);
            }
            Event::HostFinished {
                host, status, steps, ..
            } => {
                if let (Some(exit), HostStatus::Failed) = (self.exits.remove(host), status) {
                    let (kind, brief, more) = ("failed", words::exit("", exit), vec![]);
                    self.ending.add(host, Trouble { kind, brief, more });
                }
                let Some(advice) = trouble(&self.fleet, host, status, *steps) else {
                    return;
                };
                let step = self.lost_in.remove(host).unwrap_or_default();
                let trouble = Trouble {
                    kind: kind(status),
                    brief: if told && !advice.brief.is_empty() {
                        advice.brief + &step
                    } else {
                        advice.what + &step
                    },
                    more: if told || advice.next.is_empty() {
                        vec![]
                    } else {
                        vec![next(&advice.next, paint)]
                    },
                };
                self.ending.add(host, trouble);
            }
            _ => {}
        }
    }
}

/// Why the host did not end well, where neither its steps nor its answer say so.
pub(super) fn trouble(fleet: &Fleet, host: &Name, status: &HostStatus, steps: StepCounts) -> Option<Advice> {
    match (fleet.mode, status) {
        // The answer's own exit status is the failure.
        (Mode::Command, HostStatus::Failed) => None,
        (_, HostStatus::Refused { refusal }) => Some(words::refusal(refusal, fleet.plan(host))),
        (mode, _) => words::trouble(status, steps).map(|advice| instead(mode, status, advice)),
    }
}

/// `advice` for what is no push.
fn instead(mode: Mode, status: &HostStatus, advice: Advice) -> Advice {
    let next = match (mode, status) {
        (Mode::Command, HostStatus::TimedOut) => {
            let what = "it took longer than it may, and was ended".to_owned();
            let next = "give it more time, or see by hand what it waits for".to_owned();
            return Advice { what, next, ..advice };
        }
        (Mode::Command, HostStatus::Cancelled) => {
            let what = "ended, or not begun".to_owned();
            return Advice { what, ..advice };
        }
        (Mode::Command, HostStatus::Lost { .. }) => "what was running there may go on to its end",
        (Mode::Command, HostStatus::Withheld { .. }) => "run it there, or give it more time",
        (Mode::Copy, HostStatus::TimedOut) => {
            "copy again to go on from where it stands, or give it more time"
        }
        (Mode::Copy, HostStatus::Lost { .. }) => "copy again to go on from where it stands",
        (Mode::Copy, HostStatus::Withheld { .. }) => "copy again to go on, or give it more time",
        _ => return advice,
    };
    Advice {
        next: next.to_owned(),
        ..advice
    }
}

/// What a host's end is called.
pub(super) fn kind(status: &HostStatus) -> &'static str {
    match status {
        HostStatus::Ok => "done",
        HostStatus::Failed => "failed",
        HostStatus::Unreachable { .. } => "unreachable",
        HostStatus::Lost { .. } => "lost",
        HostStatus::Unsupported { .. } => "unsupported",
        HostStatus::Cancelled => "cancelled",
        HostStatus::Left => "left",
        HostStatus::Withheld { .. } => "withheld",
        HostStatus::TimedOut => "timed out",
        HostStatus::Refused {
            refusal: Refusal::Stale { .. },
        } => "stale",
        HostStatus::Refused { .. } => "refused",
    }
}

/// ` (its apply exited with status 100)`, or nothing.
pub(super) fn reason_words(reason: Option<&Reason>, fleet: &Fleet, host: &Name) -> String {
    reason.map_or_else(String::new, |reason| {
        format!(" ({})", words::reason(reason, fleet.plan(host)))
    })
}

/// What to do, under what is wrong.
pub(super) fn next(advice: &str, paint: Paint) -> String {
    format!("    {} {advice}", paint.tone(Tone::Strong, "next:"))
}
