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
