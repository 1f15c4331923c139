//! How long things may take.

use std::time::{Duration, Instant};

use super::scene::{Job, Scene};
use crate::event::HostStatus;
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
    /// How long a host that has let us in may take to begin what it was sent. It is told so late only where something
    /// else runs there first and waits, such as a start-up file that reads its stdin.
    pub begin: Duration,
}

/// A shell that has not begun by then will not.
pub(super) const BEGIN_WITHIN: Duration = Duration::from_secs(60);

/// What is said of a host that has not begun within `time`.
pub(super) fn unbegun(time: Duration) -> String {
    format!(
        "nothing was heard of it for {} s: a start-up file of the login shell may wait for its input",
        time.as_secs()
    )
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            host: None,
            run: None,
            gate: GATE_WITHIN,
            begin: BEGIN_WITHIN,
        }
    }
}

impl Limits {
    /// When a host's time is over that begins now, within a run that ends at `deadline`.
    pub(super) fn of_host(&self, deadline: Option<Instant>) -> Option<Instant> {
        let own = self.host.map(|time| Instant::now() + time);
        own.into_iter().chain(deadline).min()
    }
}

/// How long a step that is at work when its host's time is over may still take before we leave it to itself.
const GRACE: Duration = Duration::from_secs(30);

/// One host, ended between steps when its time is over.
pub(super) async fn within(mut scene: Scene, job: Job, limit: Option<Instant>) -> HostStatus {
    let Some(limit) = limit else {
        return scene.host(job).await;
    };
    let cancel = scene.cancel.child();
    scene.cancel = cancel.clone();
    scene.limit = Some(limit);
    let timer = async {
        tokio::time::sleep_until(limit.into()).await;
        // Whoever asked for the end before has not asked for it twice by that.
        cancel.gently();
        tokio::time::sleep(GRACE).await;
        cancel.at_once();
        std::future::pending().await
    };
    tokio::select! {
        status = scene.host(job) => status,
        status = timer => status,
    }
}
