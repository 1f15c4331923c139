//! What happens during a run, as types: the only bridge from doing to telling.
//!
//! Events carry names, numbers and bytes, never sentences; `report/` makes words of them. NDJSON is the same stream
//! written down. [`grammar`] says which order holds, and checks it.

pub mod exit;
mod form;
pub mod grammar;
pub mod line;
mod reason;
mod summary;
mod unreachable;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::name::Name;

pub use reason::{Reason, Uncopied};
pub use summary::{HostCounts, StepCounts, Summary};
pub use unreachable::{BecomeRefusal, CertificateProblem, Phase as ConnectPhase, Unreachable};

/// An event and when it happened, counted from the start of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stamped {
    /// Time since the run began; seconds in NDJSON.
    #[serde(with = "form::seconds")]
    pub at: Duration,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Bring hosts into the wanted state.
    Push,
    /// Say what a push would change; the programs sent hold no apply.
    DryRun,
    /// Run one command everywhere.
    Command,
    /// Bring files to hosts, or fetch them.
    Copy,
}

impl Mode {
    /// Whether hosts are changed, step by step, so that it is told while it goes on.
    pub fn goes_on(self) -> bool {
        matches!(self, Self::Push | Self::Copy)
    }
}

/// A step as it was planned. It stands in every event about the step.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Step {
    /// Position in the host's plan, from 0.
    pub index: usize,
    /// The module it belongs to.
    pub module: Name,
    /// What it is about, such as `package nginx`; unique within its module.
    #[serde(rename = "step")]
    pub title: Arc<str>,
}

/// A host and all it is meant to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HostPlan {
    /// The host.
    pub host: Name,
    /// Its steps, in order.
    pub steps: Vec<Arc<Step>>,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It held already; nothing was done.
    Ok,
    /// It did not hold when the run began, and holds now, by its own check.
    Changed,
    /// It does not hold; a push would change it. Dry-run only.
    WouldChange,
    /// It was not tried.
    Skipped,
    /// Its apply failed, or its check still fails after the apply.
    Failed,
}

/// Which part of a step is running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Looking at the present state.
    Check,
    /// Changing it.
    Apply,
    /// Looking again.
    Verify,
}

/// One of a program's two outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// What it has to say.
    Stdout,
    /// What it complains of.
    Stderr,
}

/// How a host ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "status")]
pub enum HostStatus {
    /// Every step is accounted for and none failed.
    Ok,
    /// A step failed, or the program did not run to its end.
    Failed,
    /// The host was not reached; no step began.
    Unreachable {
        /// Why.
        #[serde(flatten)]
        cause: Unreachable,
    },
    /// The connection broke in the middle of the run.
    Lost {
        /// What the transport said.
        detail: String,
    },
    /// The host could not run the program at all.
    Unsupported {
        /// What it said instead.
        detail: String,
    },
    /// The run was cancelled before the host was done.
    Cancelled,
    /// The run was cancelled, or its time was over, while a command was at work that may go on there, unheard.
    Left,
    /// It was not begun.
    Withheld {
        /// Why not.
        why: Withheld,
    },
    /// It took longer than it may, and was ended between steps.
    TimedOut,
    /// The host answered, and nothing was changed there.
    Refused {
        /// Why not.
        #[serde(flatten)]
        refusal: Refusal,
    },
}

/// Why a host was not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Withheld {
    /// A gate after an earlier wave did not let through.
    Gate,
    /// More hosts have failed than may.
    Failures,
    /// Of the wave before not one host ended well.
    Wave,
    /// The run's time was over.
    Deadline,
}

/// Why nothing was changed on a host that has steps to change. Numbers are steps' places in its plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "refusal")]
pub enum Refusal {
    /// It is not as it was when the plan was made that is carried out.
    Stale {
        /// Steps that do not hold now, and did then.
        more: Vec<usize>,
        /// Steps that hold now, and did not then.
        fewer: Vec<usize>,
        /// Steps that want what they wanted then, of a state that is another.
        moved: Vec<usize>,
    },
    /// These steps would take something away, and nobody has agreed to that.
    NotAgreed {
        /// The steps.
        destructive: Vec<usize>,
    },
}

/// A file as it is and as it should be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDiff {
    /// The file's path on the host.
    pub path: String,
    /// Present content; `None` when there is no such file.
    #[serde(with = "form::optional_text", default)]
    pub before: Option<Vec<u8>>,
    /// Wanted content; `None` when the file should not be there.
    #[serde(with = "form::optional_text", default)]
    pub after: Option<Vec<u8>>,
    /// Whether the content is not to be shown.
    pub secret: bool,
    /// Whether the step decides some of the content only: all else is whatever the host has there.
    #[serde(default, skip_serializing_if = "form::is_false")]
    pub part: bool,
    /// Whether it is too large to be fetched; both sides are left empty then.
    #[serde(default, skip_serializing_if = "form::is_false")]
    pub large: bool,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Event {
    /// Always first, once. Carries every host's whole plan.
    RunStarted {
        /// What the run is for.
        mode: Mode,
        /// The profile pushed, or none for a command.
        profile: Option<Name>,
        /// All hosts, in the inventory's order.
        hosts: Arc<Vec<HostPlan>>,
    },
    /// A connection to the host is being made. First event of a host.
    HostStarted {
        /// The host.
        host: Name,
    },
    /// The host answered and runs its program.
    HostConnected {
        /// The host.
        host: Name,
    },
    /// All steps were looked at and these do not hold; at most once, before the first apply. None when all hold.
    HostPredicted {
        /// The host.
        host: Name,
        /// Indices of the steps that do not hold.
        changes: Vec<usize>,
        /// Those of them that would take something away.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        destructive: Vec<usize>,
    },
    /// A step's phase began. Checks answered in bulk have no such event.
    StepStarted {
        /// The host.
        host: Name,
        /// The step.
        #[serde(flatten)]
        step: Arc<Step>,
        /// What began.
        phase: Phase,
    },
    /// The step's commands wrote something, live. The whole is repeated, bounded, in `StepFinished`.
    StepOutput {
        /// The host.
        host: Name,
        /// The step.
        #[serde(flatten)]
        step: Arc<Step>,
        /// The bytes, as they came.
        #[serde(with = "form::text")]
        output: Vec<u8>,
    },
    /// A step that moves much has come so far. Not every byte is told.
    StepProgress {
        /// The host.
        host: Name,
        /// The step.
        #[serde(flatten)]
        step: Arc<Step>,
        /// Bytes so far.
        done: u64,
        /// Of so many.
        of: u64,
    },
    /// What would change, or is about to change, in a file. Only with `--diff`, before the step's end.
    StepDiff {
        /// The host.
        host: Name,
        /// The step.
        #[serde(flatten)]
        step: Arc<Step>,
        /// The file's two sides.
        diff: FileDiff,
    },
    /// A step ended. Exactly one per planned step of every host that was reached.
    StepFinished {
        /// The host.
        host: Name,
        /// The step.
        #[serde(flatten)]
        step: Arc<Step>,
        /// How it ended.
        outcome: Outcome,
        /// Why, where the outcome alone does not say.
        #[serde(flatten)]
        reason: Option<Reason>,
        /// What its commands wrote, the middle cut out when long; empty for `ok`.
        #[serde(with = "form::text", default, skip_serializing_if = "Vec::is_empty")]
        output: Vec<u8>,
        /// How long it took, by the controller's clock.
        #[serde(with = "form::seconds")]
        took: Duration,
    },
    /// The command of an ad-hoc run wrote whole lines. Only where that is to be told live; all of it is repeated,
    /// bounded, in `CommandFinished`, and records leave it out.
    CommandOutput {
        /// The host.
        host: Name,
        /// Where it wrote them.
        channel: Channel,
        /// The bytes, as they came.
        #[serde(with = "form::text")]
        output: Vec<u8>,
    },
    /// The command of an ad-hoc run ended on a host.
    CommandFinished {
        /// The host.
        host: Name,
        /// Its exit status; above 128 it is a signal's number plus 128.
        status: u32,
        /// What it wrote to stdout, the middle cut out when long.
        #[serde(with = "form::text")]
        stdout: Vec<u8>,
        /// What it wrote to stderr, the middle cut out when long.
        #[serde(with = "form::text")]
        stderr: Vec<u8>,
    },
    /// Last event of a host.
    HostFinished {
        /// The host.
        host: Name,
        /// How it ended.
        #[serde(flatten)]
        status: HostStatus,
        /// Its steps by outcome.
        steps: StepCounts,
        /// How long it took, connecting included.
        #[serde(with = "form::seconds")]
        took: Duration,
    },
    /// A wave of hosts begins; only where there are several waves.
    WaveStarted {
        /// Its number, from 1.
        wave: usize,
        /// How many there are.
        waves: usize,
        /// Its hosts.
        hosts: Vec<Name>,
    },
    /// Something that must hold after a wave is being looked at.
    GateStarted {
        /// The wave it follows.
        wave: usize,
        /// Its kind: `command`, `host`, `http`, `port` or `pause`.
        gate: String,
        /// What it is about, as it was written.
        what: String,
    },
    /// It let through, or did not.
    GateFinished {
        /// The wave it follows.
        wave: usize,
        /// Its kind.
        gate: String,
        /// What it is about, as it was written.
        what: String,
        /// Whether the next wave may begin.
        passed: bool,
        /// What it said last where it did not let through.
        #[serde(with = "form::text", default, skip_serializing_if = "Vec::is_empty")]
        output: Vec<u8>,
        /// How long it took.
        #[serde(with = "form::seconds")]
        took: Duration,
    },
    /// Ctrl-C or a signal was heard; no new step starts.
    Cancelling,
    /// Always last, once.
    RunFinished {
        /// The whole run in numbers.
        #[serde(flatten)]
        summary: Summary,
    },
}

impl Stamped {
    /// Rounds times to the milliseconds that are written down: what is told live and what is told from a record are
    /// the same.
    pub fn settle(&mut self) {
        self.at = form::milliseconds(self.at);
        if let Event::StepFinished { took, .. } | Event::HostFinished { took, .. } = &mut self.event {
            *took = form::milliseconds(*took);
        }
    }
}
