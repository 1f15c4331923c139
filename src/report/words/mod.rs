//! The words for everything that is told, in one place; other files only lay them out.
//!
//! Lower-case fragments without a full stop, so they fit behind a host's name. Whatever came from outside is escaped here.

mod advice;
mod copied;
mod unreachable;

use std::sync::Arc;
use std::time::Duration;

use super::escape;
use super::paint::{Paint, Tone};
use crate::event::{HostStatus, Mode, Outcome, Phase, Reason, Refusal, Step, StepCounts, Summary, Withheld};

use copied::uncopied;
pub(super) use copied::{progress, share};
pub use unreachable::unreachable;

/// What is wrong, and what a person would do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// The kind of trouble in a few words, equal for hosts with equal trouble.
    pub brief: String,
    /// The whole of it.
    pub what: String,
    /// What to do next; empty when there is nothing better than the obvious.
    pub next: String,
}

/// `340 ms`, `5.2 s`, `10 s`, `2 min 3 s`, `1 h 4 min`.
pub fn duration(duration: Duration) -> String {
    let milliseconds = (duration.as_micros() + 500) / 1000;
    let tenths = (milliseconds + 50) / 100;
    let seconds = (milliseconds + 500) / 1000;
    if milliseconds < 1000 {
        format!("{milliseconds} ms")
    } else if tenths < 600 && milliseconds.is_multiple_of(1000) {
        format!("{seconds} s")
    } else if tenths < 600 {
        format!("{}.{} s", tenths / 10, tenths % 10)
    } else if seconds < 3600 {
        format!("{} min {} s", seconds / 60, seconds % 60)
    } else {
        format!("{} h {} min", seconds / 3600, seconds % 3600 / 60)
    }
}

/// For a clock that runs: `7s`, `2:03`, `1:04:09`.
pub fn clock(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}:{:02}", seconds / 60, seconds % 60),
        _ => format!(
            "{}:{:02}:{:02}",
            seconds / 3600,
            seconds % 3600 / 60,
            seconds % 60
        ),
    }
}

/// `1 step`, `3 steps`.
pub fn count(number: usize, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        _ => format!("{number} {thing}s"),
    }
}

/// A step's title, safe to show.
pub fn title(step: &Step) -> std::borrow::Cow<'_, str> {
    escape::line(&step.title)
}

/// An outcome as one word, in its colour.
pub(super) fn outcome(outcome: Outcome) -> (&'static str, Tone) {
    match outcome {
        Outcome::Ok => ("ok", Tone::Ok),
        Outcome::Changed => ("changed", Tone::Changed),
        Outcome::WouldChange => ("would change", Tone::Changed),
        Outcome::Skipped => ("skipped", Tone::Faint),
        Outcome::Failed => ("failed", Tone::Failed),
    }
}

/// What a host is doing.
pub fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Check => "checking",
        Phase::Apply => "applying",
        Phase::Verify => "verifying",
    }
}

/// What a run is, as its first line: `push of profile db to 3 hosts`.
pub fn run(mode: Mode, profile: Option<&str>, hosts: usize) -> String {
    let profile = profile
        .map(|name| format!(" of profile {name}"))
        .unwrap_or_default();
    match mode {
        Mode::Push => format!("push{profile} to {}", count(hosts, "host")),
        Mode::DryRun => format!("dry-run{profile} on {}", count(hosts, "host")),
        Mode::Command => format!("command on {}", count(hosts, "host")),
        Mode::Copy => format!("copy, {}", count(hosts, "host")),
    }
}

/// A reason as a fragment; `plan` names the step an `AfterFailure` speaks of.
pub fn reason(reason: &Reason, plan: &[Arc<Step>]) -> String {
    match reason {
        Reason::ApplyExit { status } => exit("its apply ", *status),
        Reason::TimedOut { seconds } => {
            format!("it took longer than {seconds} s, and everything it had started was ended")
        }
        Reason::NotVerified => "its apply ended well, but its check still fails".to_owned(),
        Reason::NotHeld => "its condition does not hold".to_owned(),
        Reason::NotBack { seconds, last: None } => {
            format!("the host did not go down and come back within {seconds} s")
        }
        Reason::NotBack {
            seconds,
            last: Some(cause),
        } => format!(
            "the host did not come back within {seconds} s: {}",
            unreachable(cause).what
        ),
        Reason::NoContent => "its content could not be brought to the host".to_owned(),
        Reason::NoRoom => {
            "no directory there takes temporary files; look for a full or read-only /tmp and /var".to_owned()
        }
        Reason::Locked { pid: 0 } => "another run is changing this host".to_owned(),
        Reason::Locked { pid } => format!("another run is changing this host (process {pid} there)"),
        Reason::AfterFailure { of } => match plan.get(*of) {
            Some(step) => format!("after \"{}\" failed", title(step)),
            None => "after an earlier step failed".to_owned(),
        },
        Reason::NotCopied { why } => uncopied(*why).to_owned(),
        Reason::Cancelled => "the run was cancelled".to_owned(),
        Reason::Deadline => "its time was over".to_owned(),
        Reason::Lost => "the connection was lost".to_owned(),
        Reason::Left => "left at work; it goes on to its end there".to_owned(),
        Reason::ByEarlierStep => "by an earlier step".to_owned(),
        Reason::Refused => "the host was refused".to_owned(),
        Reason::NotPlanned => {
            "an earlier step made it necessary, and the plan does not say so; plan again".to_owned()
        }
    }
}

/// An exit status as a shell gives it, where 128 and more stand for signals.
pub fn exit(subject: &str, status: u32) -> String {
    let signal = match status.wrapping_sub(128) {
        1 => "HUP",
        2 => "INT",
        6 => "ABRT",
        9 => "KILL",
        11 => "SEGV",
        13 => "PIPE",
        15 => "TERM",
        _ => return format!("{subject}exited with status {status}"),
    };
    format!("{subject}was ended by signal {signal}")
}

/// Why a host did not end well; `None` for one that did, or whose failed steps say it all.
pub fn trouble(status: &HostStatus, steps: StepCounts) -> Option<Advice> {
    let advice = |brief: &str, what: String, next: &str| {
        Some(Advice {
            brief: brief.to_owned(),
            what,
            next: next.to_owned(),
        })
    };
    match status {
        HostStatus::Ok => None,
        HostStatus::Failed if steps.failed > 0 => None,
        HostStatus::Failed => advice(
            "its program ended early",
            "its program ended before the last step, without a word".to_owned(),
            "look for a full disk, a killed process or an exhausted memory there, then push again",
        ),
        HostStatus::Unreachable { cause } => Some(unreachable(cause)),
        HostStatus::Lost { detail } => advice(
            "connection lost",
            format!("connection lost in mid-run: {}", escape::line(detail)),
            "a step that was running there goes on to its end; push again to go on from where it stands",
        ),
        HostStatus::Unsupported { detail } => advice(
            "cannot run the program",
            format!("cannot run the program: {}", escape::line(detail)),
            "a host needs a POSIX sh and its usual tools; see what `ssh HOST sh` says by hand",
        ),
        HostStatus::Withheld { why } => {
            let (brief, next) = match why {
                Withheld::Gate => (
                    "a gate did not let through",
                    "see what the gate said above, then push again",
                ),
                Withheld::Failures => (
                    "too many hosts have failed",
                    "mend those that failed, then push again",
                ),
                Withheld::Wave => (
                    "no host of the wave before ended well",
                    "mend those, then push again; --max-fail says how many may fail",
                ),
                Withheld::Deadline => ("the run's time was over", "push again to go on"),
            };
            advice(brief, format!("not begun: {brief}"), next)
        }
        HostStatus::TimedOut => advice(
            "took too long",
            "it took longer than it may, and was ended between steps".to_owned(),
            "push again to go on from where it stands, or give it more time",
        ),
        HostStatus::Refused { refusal } => Some(self::refusal(refusal, &[])),
        HostStatus::Left => advice(
            "left at work",
            "left while the command was at work, which may go on there".to_owned(),
            "",
        ),
        HostStatus::Cancelled => {
            let done = steps.ok + steps.changed;
            advice(
                "",
                match (done, steps.failed) {
                    (0, 0) => "nothing was done".to_owned(),
                    _ => format!("{done} of {} done", count(steps.total(), "step")),
                },
                "",
            )
        }
    }
}

/// Why nothing was changed on a host; `plan` names the steps.
pub fn refusal(refusal: &Refusal, plan: &[Arc<Step>]) -> Advice {
    let named = |steps: &[usize]| -> String {
        let first = steps.iter().take(3).map(|step| match plan.get(*step) {
            Some(step) => format!("{}: {}", step.module, title(step)),
            None => format!("step {}", step + 1),
        });
        let mut names: Vec<String> = first.collect();
        if steps.len() > 3 {
            names.push(format!("{} more", steps.len() - 3));
        }
        names.join(", ")
    };
    match refusal {
        Refusal::Stale { more, fewer, moved } => {
            let parts = [
                (more, "to be changed now too: "),
                (fewer, "not to be changed any more: "),
                (moved, "in another state: "),
            ];
            let parts = parts.into_iter().filter(|(steps, _)| !steps.is_empty());
            let parts: Vec<String> = parts
                .map(|(steps, what)| format!("{what}{}", named(steps)))
                .collect();
            let moved = "it has moved since the plan was made";
            Advice {
                brief: moved.to_owned(),
                what: format!("{moved} ({}); nothing was changed", parts.join("; ")),
                next: "look at what changed there, then make a new plan of it".to_owned(),
            }
        }
        Refusal::NotAgreed { destructive } => Advice {
            brief: format!("{} not agreed to", count(destructive.len(), "destructive change")),
            what: format!(
                "destructive and not agreed to: {}; nothing was changed",
                named(destructive)
            ),
            next: "push with --yes to agree, or keep a plan with `provision plan --out` and apply that"
                .to_owned(),
        },
    }
}

/// Steps in numbers: `0 changed, 4 ok, 1 failed`; zeros only where they are news. Empty when there are no steps.
pub(super) fn steps(mode: Mode, counts: StepCounts, paint: Paint) -> String {
    if counts.total() == 0 {
        return String::new();
    }
    let parts = [
        (counts.changed, Outcome::Changed, mode.goes_on()),
        (counts.would_change, Outcome::WouldChange, mode == Mode::DryRun),
        (counts.ok, Outcome::Ok, true),
        (counts.skipped, Outcome::Skipped, false),
        (counts.failed, Outcome::Failed, false),
    ];
    let parts = parts
        .into_iter()
        .filter(|(number, _, always)| *number > 0 || *always);
    let parts: Vec<String> = parts
        .map(|(number, kind, _)| {
            let (word, tone) = outcome(kind);
            let tone = if number > 0 { tone } else { Tone::Faint };
            paint.tone(tone, &format!("{number} {word}"))
        })
        .collect();
    parts.join(", ")
}

/// A whole run in few words: `ok, 12 changed, 8.2 s` or `2 failed, 1 unreachable, 8.2 s`.
pub fn brief(summary: &Summary, took: Duration) -> String {
    let (hosts, steps) = (summary.hosts, summary.steps);
    let bad = [
        (hosts.failed, "failed"),
        (hosts.unreachable, "unreachable"),
        (hosts.refused, "refused"),
        (hosts.cancelled, "cancelled"),
        (hosts.withheld, "withheld"),
    ];
    let mut parts: Vec<String> = bad
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{} {word}", count(number, "host")))
        .collect();
    if summary.cancelled && hosts.cancelled == 0 {
        parts.push("cancelled".to_owned());
    } else if parts.is_empty() {
        parts.push("ok".to_owned());
    }
    let changes = [(steps.changed, "changed"), (steps.would_change, "would change")];
    parts.extend(
        changes
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, word)| format!("{number} {word}")),
    );
    parts.push(duration(took));
    parts.join(", ")
}

/// The last line: `3 hosts ok, 1 failed · steps: 12 changed, 40 ok · 8.2 s`.
pub(super) fn summary(summary: &Summary, took: Duration, paint: Paint) -> String {
    let counts = summary.hosts;
    let mut hosts = vec![paint.tone(Tone::Ok, &format!("{} ok", count(counts.ok, "host")))];
    let others = [
        (counts.failed, "failed", Tone::Failed),
        (counts.unreachable, "unreachable", Tone::Failed),
        (counts.refused, "refused", Tone::Failed),
        (counts.cancelled, "cancelled", Tone::Faint),
        (counts.withheld, "withheld", Tone::Faint),
    ];
    let others = others.into_iter().filter(|(number, _, _)| *number > 0);
    hosts.extend(others.map(|(number, word, tone)| paint.tone(tone, &format!("{number} {word}"))));

    let mut parts = vec![hosts.join(", ")];
    let counted = steps(summary.mode, summary.steps, paint);
    if !counted.is_empty() {
        parts.push(format!("steps: {counted}"));
    }
    parts.push(duration(took));
    let line = parts.join(&format!(" {} ", paint.dot()));
    if summary.cancelled {
        format!("{}: {line}", paint.tone(Tone::Failed, "cancelled"))
    } else {
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well_at_every_size() {
        let text = |milliseconds| duration(Duration::from_millis(milliseconds));
        assert_eq!(duration(Duration::from_micros(300)), "0 ms");
        assert_eq!(text(340), "340 ms");
        assert_eq!(duration(Duration::from_micros(999_700)), "1 s");
        assert_eq!(text(5_240), "5.2 s");
        assert_eq!(text(10_000), "10 s");
        assert_eq!(text(59_960), "1 min 0 s");
        assert_eq!(text(123_000), "2 min 3 s");
        assert_eq!(text(3_599_600), "1 h 0 min");
        assert_eq!(text(3_840_000), "1 h 4 min");
        assert_eq!(clock(Duration::from_secs(3_849)), "1:04:09");
    }

    #[test]
    fn a_signal_is_called_by_its_name() {
        assert_eq!(exit("it ", 137), "it was ended by signal KILL");
        assert_eq!(exit("it ", 100), "it exited with status 100");
        assert_eq!(exit("it ", 255), "it exited with status 255");
    }
}
