//! What ends a rollout before its last host.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::event::{HostStatus, Withheld};

/// What has come of hosts so far, and what may; clones share it.
#[derive(Clone)]
pub(super) struct Stop {
    failures: Arc<AtomicUsize>,
    /// Hosts that ended well, or that nothing was tried on: one that has moved says nothing of the change.
    sound: Arc<AtomicUsize>,
    allowed: Option<usize>,
    deadline: Option<Instant>,
}

impl Stop {
    /// With more failures than `allowed`, or after `deadline`.
    pub(super) fn new(allowed: Option<usize>, deadline: Option<Instant>) -> Self {
        Self {
            failures: Arc::default(),
            sound: Arc::default(),
            allowed,
            deadline,
        }
    }

    /// When the run's time is over.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Waits for the run's time to be over.
    pub(super) async fn over(&self) {
        match self.deadline {
            Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
            None => std::future::pending().await,
        }
    }

    /// A host has ended so.
    pub(super) fn ended(&self, status: &HostStatus) {
        match status {
            HostStatus::Ok => {
                self.sound.fetch_add(1, Ordering::SeqCst);
            }
            HostStatus::Refused { .. } => {
                self.sound.fetch_add(1, Ordering::SeqCst);
                self.failures.fetch_add(1, Ordering::SeqCst);
            }
            HostStatus::Cancelled | HostStatus::Left | HostStatus::Withheld { .. } => {}
            _ => {
                self.failures.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    /// How many hosts were sound until now.
    pub(super) fn sound(&self) -> usize {
        self.sound.load(Ordering::SeqCst)
    }

    /// Why no further host begins, if none does.
    pub(super) fn why(&self) -> Option<Withheld> {
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Some(Withheld::Deadline);
        }
        let failures = self.failures.load(Ordering::SeqCst);
        self.allowed
            .is_some_and(|allowed| failures > allowed)
            .then_some(Withheld::Failures)
    }

    /// The same after a wave before which so many hosts were `sound`: what goes wrong everywhere is not tried on the rest
    /// of the fleet, unless somebody said how much may.
    pub(super) fn why_after(&self, sound: usize) -> Option<Withheld> {
        let nowhere = self.allowed.is_none() && self.sound() == sound;
        self.why().or_else(|| nowhere.then_some(Withheld::Wave))
    }
}
