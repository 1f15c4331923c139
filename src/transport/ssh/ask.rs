//! What a person may be asked while a run goes on.

use std::net::SocketAddr;

use tokio_util::sync::CancellationToken;

use super::key::Key;
use crate::script::Secret;

/// A person who may be asked. Called where waiting holds up nobody else.
pub trait Ask: Send + Sync {
    /// Asks for a secret, and waits; `None` when there is nobody, or no answer.
    fn secret(&self, question: &str) -> Option<Secret>;

    /// Whether this key is the host's; no answer is a no. Once `left` is cancelled nobody waits for one any more.
    fn believes(&self, stranger: &Stranger, left: &CancellationToken) -> bool;
}

/// A host's key that is in no file, as a person is asked about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// The name it would be recorded under, `[address]:port` when the port is not 22.
    pub name: String,
    /// The address it answered at, when we connected to it ourselves.
    pub address: Option<SocketAddr>,
    /// The key it shows.
    pub key: Key,
}
