//! File descriptors: as many as the system allows, and no connection begun that there is none left for.

use std::sync::{Arc, OnceLock};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Left for files, lookups, and second addresses tried beside the first.
const RESERVE: usize = 64;

/// Connections never wait for more than this many descriptors.
const PLENTY: usize = 1 << 20;

/// What is left of the process's descriptors.
#[derive(Default)]
pub(super) struct Descriptors(OnceLock<Arc<Semaphore>>);

/// Descriptors set aside; given back when dropped.
pub(super) type Permit = OwnedSemaphorePermit;

impl Descriptors {
    /// Waits for `count` of them. Whoever holds some waits for no others, so that this ends.
    pub(super) async fn take(&self, count: u32) -> Option<Permit> {
        let left = self.0.get_or_init(|| Arc::new(Semaphore::new(left())));
        // The semaphore is never closed.
        Arc::clone(left).acquire_many_owned(count).await.ok()
    }
}

/// How many connections may be open at once. Raises the limit to what may be had first.
fn left() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    let limit = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    let limit = limit
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(PLENTY);
    let open = std::fs::read_dir("/proc/self/fd").map_or(16, Iterator::count);
    // Few are better than none: then connections are made a few at a time.
    limit.saturating_sub(open + RESERVE).clamp(4, PLENTY)
}
