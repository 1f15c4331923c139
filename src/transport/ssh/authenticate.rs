//! Proving who we are, one key at a time.

use std::sync::Arc;

use russh::MethodKind;
use russh::client::{AuthResult, Handle};
use russh::keys::{HashAlg, PrivateKeyWithHashAlg};

use super::agent::{Agent, SignError, Signer};
use super::client::{Client, Notes, words};
use super::identity::{Candidate, Offers};
use crate::event::{ConnectPhase, Unreachable};
use crate::inventory::Connection;

/// Offers keys until the host takes one.
pub(super) async fn prove(
    handle: &mut Handle<Client>,
    connection: &Connection,
    offers: &Offers,
    agent: Option<&Agent>,
    notes: &Notes,
) -> Result<(), Unreachable> {
    let mut tried = Vec::new();
    let mut accepts = Vec::new();
    for candidate in &offers.candidates {
        let hash = match rsa_hash(handle, candidate)
            .await
            .map_err(|error| protocol(&error, notes))?
        {
            Ok(hash) => hash,
            Err(reason) => {
                tried.push(format!("{}: {reason}", candidate.label()));
                continue;
            }
        };
        let result = match offer(handle, connection, candidate, hash, agent)
            .await
            .map_err(|error| protocol(&error, notes))?
        {
            Ok(result) => result,
            Err(reason) => {
                tried.push(format!("{}: {reason}", candidate.label()));
                continue;
            }
        };
        match result {
            AuthResult::Success => {
                notes.proved(candidate.label());
                return Ok(());
            }
            AuthResult::Failure {
                remaining_methods,
                partial_success,
            } => {
                let more = if partial_success {
                    ": taken, but the host wants more"
                } else {
                    ""
                };
                tried.push(format!("{}{more}", candidate.label()));
                // russh says the same of a connection that has ended.
                if let (true, Some(detail)) = (remaining_methods.is_empty(), notes.ended()) {
                    return Err(ended(connection, tried, detail, notes));
                }
                accepts = remaining_methods.iter().map(String::from).collect();
                if !remaining_methods.contains(&MethodKind::PublicKey) {
                    break;
                }
            }
        }
    }
    tried.extend(offers.notes.iter().cloned());
    Err(Unreachable::Denied {
        user: connection.user.clone(),
        tried,
        accepts,
    })
}

/// A host that hangs up in words after a key was offered has refused us: OpenSSH does so when a client runs out of
/// `MaxAuthTries`.
fn ended(connection: &Connection, mut tried: Vec<String>, detail: String, notes: &Notes) -> Unreachable {
    if notes.hung_up() {
        tried.push(detail);
        return Unreachable::Denied {
            user: connection.user.clone(),
            tried,
            accepts: Vec::new(),
        };
    }
    Unreachable::Protocol {
        phase: ConnectPhase::Authenticate,
        detail,
    }
}

/// Why one key could not be offered, while others still may.
type Skipped<T> = Result<T, String>;

/// The hash an RSA key signs with; asking waits for the host, up to a second, so no other key asks.
async fn rsa_hash(
    handle: &Handle<Client>,
    candidate: &Candidate,
) -> Result<Skipped<Option<HashAlg>>, russh::Error> {
    if !candidate.is_rsa() {
        return Ok(Ok(None));
    }
    match handle.best_supported_rsa_hash().await? {
        Some(None) => Ok(Err("the host takes RSA with SHA-1 only".to_owned())),
        Some(hash) => Ok(Ok(hash)),
        // It does not say (RFC 8308). A host that old may refuse, but SHA-1 is not an answer.
        None => Ok(Ok(Some(HashAlg::Sha256))),
    }
}

async fn offer(
    handle: &mut Handle<Client>,
    connection: &Connection,
    candidate: &Candidate,
    hash: Option<HashAlg>,
    agent: Option<&Agent>,
) -> Result<Skipped<AuthResult>, russh::Error> {
    let user = connection.user.as_str();
    match (candidate, agent) {
        (Candidate::Key { key, .. }, _) => {
            let key = PrivateKeyWithHashAlg::new(Arc::clone(key), hash);
            let result = handle.authenticate_publickey(user, key).await;
            Ok(Ok(result?))
        }
        (Candidate::Agent { key, .. }, Some(agent)) => {
            let mut signer = Signer(agent);
            match handle
                .authenticate_publickey_with(user, key.clone(), hash, &mut signer)
                .await
            {
                Ok(result) => Ok(Ok(result)),
                Err(SignError::Agent(detail)) => Ok(Err(format!("the agent did not sign: {detail}"))),
                Err(SignError::Session(_)) => Err(russh::Error::SendError),
            }
        }
        (Candidate::Agent { .. }, None) => Ok(Err("there is no agent".to_owned())),
    }
}

fn protocol(error: &russh::Error, notes: &Notes) -> Unreachable {
    Unreachable::Protocol {
        phase: ConnectPhase::Authenticate,
        detail: notes.ended().unwrap_or_else(|| words(error)),
    }
}
