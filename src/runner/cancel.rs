//! Two ways to end a run early: between steps, and at once.

use tokio_util::sync::CancellationToken;

/// Asked for by Ctrl-C: once to end between steps, twice to leave at once.
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    gently: CancellationToken,
    at_once: CancellationToken,
}

impl Cancel {
    /// One step further towards the end.
    pub fn request(&self) {
        if self.gently.is_cancelled() {
            self.at_once.cancel();
        }
        self.gently.cancel();
    }

    /// Ends between steps; asked for once more, it goes no further.
    pub(super) fn gently(&self) {
        self.gently.cancel();
    }

    /// Leaves at once.
    pub(super) fn at_once(&self) {
        self.gently.cancel();
        self.at_once.cancel();
    }

    /// One that ends with this one, and may end before.
    #[must_use]
    pub fn child(&self) -> Self {
        Self {
            gently: self.gently.child_token(),
            at_once: self.at_once.child_token(),
        }
    }

    /// Whether no new step should start.
    pub fn is_requested(&self) -> bool {
        self.gently.is_cancelled()
    }

    /// Waits for the first request.
    pub async fn requested(&self) {
        self.gently.cancelled().await;
    }

    /// Waits for the second request.
    pub async fn demanded(&self) {
        self.at_once.cancelled().await;
    }
}
