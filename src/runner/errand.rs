//! Something else to be done on hosts than a plan: whoever knows how does it, and tells of it as of a plan's steps.

use std::sync::Arc;
use std::time::Duration;

use super::limits::unbegun;
use super::scene::{Scene, unheard};
use crate::event::{Event, HostStatus, Step, StepCounts};
use crate::inventory::Host;
use crate::transport::{BoxFuture, Session};

/// One host's part.
pub trait Errand: Send + Sync + 'static {
    /// The host.
    fn host(&self) -> &Arc<Host>;

    /// Its steps, as the run's first event tells of them.
    fn steps(&self) -> Vec<Arc<Step>>;

    /// Does it on a session. The promise is the runner's: once `HostConnected` was told, every step ends exactly once.
    fn run<'a>(
        &'a self,
        session: &'a mut dyn Session,
        site: Site<'a>,
    ) -> BoxFuture<'a, (HostStatus, StepCounts)>;
}

/// Where an errand is done: whom it tells, and who may end it.
#[derive(Clone, Copy)]
pub struct Site<'a>(pub(super) &'a Scene);

impl Site<'_> {
    /// Tells that something happened, now.
    pub async fn emit(&self, event: Event) {
        self.0.emit(event).await;
    }

    /// The time since the run began.
    pub fn now(&self) -> Duration {
        self.0.began.elapsed()
    }

    /// Waits until the run is to end.
    pub async fn cancelled(&self) {
        self.0.cancel.requested().await;
    }

    /// `first`, the first that is heard of a program; or what is said of one that is too late.
    pub async fn begun<T>(&self, first: impl Future<Output = T>) -> Result<T, HostStatus> {
        let time = self.0.begin;
        let heard = tokio::time::timeout(time, first).await;
        heard.map_err(|_| HostStatus::Unsupported {
            detail: format!("the program did not start: {}", unbegun(time)),
        })
    }

    /// How a host has done whose program ended, saying `detail`, before it said anything of its own.
    pub fn unheard(&self, host: &Host, detail: String) -> HostStatus {
        unheard(host, detail)
    }
}
