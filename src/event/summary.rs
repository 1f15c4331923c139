//! A run in numbers, and the exit code that follows from them.

use serde::{Deserialize, Serialize};

use super::{Event, HostStatus, Mode, Outcome, exit};

/// How many hosts ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HostCounts {
    /// Hosts that ended well.
    pub ok: usize,
    /// Hosts with a failed step, or lost in mid-run.
    pub failed: usize,
    /// Hosts that were not reached.
    pub unreachable: usize,
    /// Hosts not begun or not finished because the run was cancelled.
    pub cancelled: usize,
    /// Hosts not begun because of a gate, of failures or of the time.
    #[serde(skip_serializing_if = "is_zero")]
    pub withheld: usize,
    /// Hosts that were asked, and then not changed.
    #[serde(skip_serializing_if = "is_zero")]
    pub refused: usize,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over the field as it is"
)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// How many steps ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StepCounts {
    /// Steps that held already.
    pub ok: usize,
    /// Steps changed.
    pub changed: usize,
    /// Steps a push would change.
    pub would_change: usize,
    /// Steps not tried.
    pub skipped: usize,
    /// Steps that failed.
    pub failed: usize,
}

impl StepCounts {
    /// Counts one more step.
    pub fn add(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Ok => &mut self.ok,
            Outcome::Changed => &mut self.changed,
            Outcome::WouldChange => &mut self.would_change,
            Outcome::Skipped => &mut self.skipped,
            Outcome::Failed => &mut self.failed,
        } += 1;
    }

    /// All steps counted.
    pub fn total(&self) -> usize {
        self.ok + self.changed + self.would_change + self.skipped + self.failed
    }
}

/// A whole run in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// What the run was for.
    pub mode: Mode,
    /// Hosts by how they ended.
    pub hosts: HostCounts,
    /// Steps by outcome, over all hosts.
    pub steps: StepCounts,
    /// Whether the run was cancelled.
    pub cancelled: bool,
}

impl Summary {
    /// Nothing counted yet.
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            hosts: HostCounts::default(),
            steps: StepCounts::default(),
            cancelled: false,
        }
    }

    /// Counts what `event` says.
    pub fn observe(&mut self, event: &Event) {
        match event {
            Event::StepFinished { outcome, .. } => self.steps.add(*outcome),
            Event::HostFinished { status, .. } => {
                *match status {
                    HostStatus::Ok => &mut self.hosts.ok,
                    HostStatus::Failed
                    | HostStatus::Lost { .. }
                    | HostStatus::Unsupported { .. }
                    | HostStatus::TimedOut => &mut self.hosts.failed,
                    HostStatus::Unreachable { .. } => &mut self.hosts.unreachable,
                    HostStatus::Cancelled | HostStatus::Left => &mut self.hosts.cancelled,
                    HostStatus::Withheld { .. } => &mut self.hosts.withheld,
                    HostStatus::Refused { .. } => &mut self.hosts.refused,
                } += 1;
            }
            Event::Cancelling => self.cancelled = true,
            _ => {}
        }
    }

    /// The exit code: of [`exit::CANCELLED`], [`exit::FAILED`] (also for hosts withheld or refused) and
    /// [`exit::UNREACHED`] the first that applies, [`exit::WELL`] otherwise.
    pub fn exit_code(&self) -> u8 {
        if self.cancelled || self.hosts.cancelled > 0 {
            exit::CANCELLED
        } else if self.hosts.failed > 0
            || self.steps.failed > 0
            || self.hosts.withheld > 0
            || self.hosts.refused > 0
        {
            exit::FAILED
        } else if self.hosts.unreachable > 0 {
            exit::UNREACHED
        } else {
            exit::WELL
        }
    }
}
