//! Hosts of which nothing is known yet, and the person who is asked about them: one question at a time, each once.
//!
//! The connection that brought the key is given up meanwhile; the next one must show the key that was agreed to.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::trust::Decision;
use super::{Ssh, Stranger};
use crate::event::Unreachable;
use crate::inventory::Connection;

/// Those somebody did not believe, by name and key; held while somebody is asked.
#[derive(Default)]
pub(super) struct Strangers(Mutex<HashSet<(String, Vec<u8>)>>);

impl Ssh {
    /// Has a stranger recorded, if somebody believes it; else `cause` says why it was refused.
    pub(super) async fn introduce(
        &self,
        connection: &Connection,
        stranger: Stranger,
        cause: Unreachable,
    ) -> Result<(), Unreachable> {
        let Some(ask) = &self.identities.ask else {
            return Err(cause);
        };
        let mut refused = self.strangers.0.lock().await;
        // Who waited here may have waited for an answer about this very host.
        let expectation = self.trust.expectation(connection).await?;
        if matches!(expectation.decide(&stranger.key), Ok(Decision::Accept)) {
            return Ok(());
        }
        let this = (stranger.name.clone(), stranger.key.blob.clone());
        if refused.contains(&this) {
            return Err(cause);
        }
        let (name, key) = (stranger.name.clone(), stranger.key.clone());
        let ask = Arc::clone(ask);
        let left = CancellationToken::new();
        // Cancelled with this future: who ends the run need not answer first.
        let _waiting = left.clone().drop_guard();
        let asking = spawn_blocking(move || ask.believes(&stranger, &left));
        if asking.await.unwrap_or(false) {
            self.trust.learn(connection, &name, key).await
        } else {
            refused.insert(this);
            Err(cause)
        }
    }
}
