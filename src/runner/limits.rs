//! How long hosts and runs may take.

use std::time::{Duration, Instant};

use crate::profile::GATE_WITHIN;

/// How long things may take. What is too late is ended between steps, as by Ctrl-C.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// One host, connecting included.
    pub host: Option<Duration>,
    /// The whole run.
    pub run: Option<Duration>,
    /// How long a gate is tried again.
    pub gate: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            host: None,
            run: None,
            gate: GATE_WITHIN,
        }
    }
}

impl Limits {
    /// When a host that begins now must be done, in a run that must be by `deadline`.
    pub(super) fn of_host(&self, deadline: Option<Instant>) -> Option<Instant> {
        let own = self.host.map(|time| Instant::now() + time);
        own.into_iter().chain(deadline).min()
    }
}
