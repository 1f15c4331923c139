//! Proving who we are, one key at a time.

use std::sync::Arc;

use russh::client::{AuthResult, Handle};
use russh::keys::{HashAlg, PrivateKeyWithHashAlg};
use russh::{MethodKind, MethodSet};

use super::Ask;
use super::accepted;
use super::agent::Agent;
use super::client::{Client, Notes, words};
use super::identity::{Candidate, Offers, Signs};
use super::password::{self, Outcome};
use super::signer::{SignError, Signer};
use crate::event::{ConnectPhase, Unreachable};
use crate::inventory::Connection;

/// What a host is shown.
pub(super) struct Proof<'a> {
    pub(super) offers: &'a Offers,
    pub(super) agent: Option<&'a Agent>,
    pub(super) ask: Option<&'a Arc<dyn Ask>>,
}

/// Offers keys until the host takes one; then, if one is known, the password.
pub(super) async fn prove(
    handle: &mut Handle<Client>,
    connection: &Connection,
    proof: Proof<'_>,
    notes: &Notes,
) -> Result<(), Unreachable> {
    let mut tried = Vec::new();
    let mut accepts = MethodSet::empty();
    if proof.offers.candidates.is_empty() {
        // Only to hear what the host takes (RFC 4252, section 5.2).
        match handle
            .authenticate_none(&connection.user)
            .await
            .map_err(|error| protocol(&error, notes))?
        {
            AuthResult::Success => {
                notes.proved("nothing: the host asks for no proof");
                return Ok(());
            }
            AuthResult::Failure {
                remaining_methods, ..
            } => accepts = remaining_methods,
        }
    }
    for candidate in &proof.offers.candidates {
        let hash = match rsa_hash(handle, connection, candidate)
            .await
            .map_err(|error| protocol(&error, notes))?
        {
            Ok(hash) => hash,
            Err(reason) => {
                tried.push(format!("{}: {reason}", candidate.label));
                continue;
            }
        };
        let result = match offer(handle, connection, candidate, hash, &proof)
            .await
            .map_err(|error| protocol(&error, notes))?
        {
            Ok(result) => result,
            Err(reason) => {
                tried.push(format!("{}: {reason}", candidate.label));
                continue;
            }
        };
        match result {
            AuthResult::Success => {
                notes.proved(&candidate.label);
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
                tried.push(format!("{}{more}", candidate.label));
                // russh says the same of a connection that has ended.
                if let (true, Some(detail)) = (remaining_methods.is_empty(), notes.ended()) {
                    return Err(ended(connection, tried, detail, notes));
                }
                let over = !remaining_methods.contains(&MethodKind::PublicKey);
                accepts = remaining_methods;
                if over {
                    break;
                }
            }
        }
    }
    if let Some(password) = &connection.password {
        let outcome = password::prove(handle, connection, password, &accepts)
            .await
            .map_err(|error| protocol(&error, notes))?;
        match outcome {
            Some(Outcome::LoggedIn) => {
                notes.proved("password");
                return Ok(());
            }
            Some(Outcome::Refused(method)) => {
                tried.push(method);
                if let Some(detail) = notes.ended() {
                    return Err(ended(connection, tried, detail, notes));
                }
            }
            None => {}
        }
    }
    tried.extend(proof.offers.notes.iter().cloned());
    Err(Unreachable::Denied {
        user: connection.user.clone(),
        tried,
        accepts: accepts.iter().map(String::from).collect(),
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
    connection: &Connection,
    candidate: &Candidate,
) -> Result<Skipped<Option<HashAlg>>, russh::Error> {
    if !candidate.is_rsa() {
        return Ok(Ok(None));
    }
    let allowed = accepted::rsa_hashes(candidate, connection);
    let sha256 = || allowed.iter().copied().find(|hash| *hash == HashAlg::Sha256);
    Ok(match handle.best_supported_rsa_hash().await? {
        Some(None) => Err("the host takes RSA with SHA-1 only".to_owned()),
        // Who takes the best takes the other one, too.
        Some(Some(HashAlg::Sha512)) => Ok(allowed.first().copied()),
        Some(_) => match sha256() {
            None => {
                Err("the host takes rsa-sha2-256 only, which PubkeyAcceptedAlgorithms leaves out".to_owned())
            }
            hash => Ok(hash),
        },
        // It does not say (RFC 8308). A host that old may refuse, but SHA-1 is not an answer.
        None => Ok(sha256().or(allowed.first().copied())),
    })
}

async fn offer(
    handle: &mut Handle<Client>,
    connection: &Connection,
    candidate: &Candidate,
    hash: Option<HashAlg>,
    proof: &Proof<'_>,
) -> Result<Skipped<AuthResult>, russh::Error> {
    let user = connection.user.as_str();
    let mut signer = Signer {
        signs: &candidate.signs,
        agent: proof.agent,
        ask: proof.ask,
    };
    let result = match (&candidate.certificate, &candidate.signs) {
        (None, Signs::Here(key)) => {
            let key = PrivateKeyWithHashAlg::new(Arc::clone(key), hash);
            return Ok(Ok(handle.authenticate_publickey(user, key).await?));
        }
        (Some(certificate), _) => {
            handle
                .authenticate_certificate_with(user, (**certificate).clone(), hash, &mut signer)
                .await
        }
        (None, _) => {
            handle
                .authenticate_publickey_with(user, candidate.key.clone(), hash, &mut signer)
                .await
        }
    };
    match result {
        Ok(result) => Ok(Ok(result)),
        Err(SignError::Unsigned(detail)) => Ok(Err(detail)),
        Err(SignError::Session(_)) => Err(russh::Error::SendError),
    }
}

fn protocol(error: &russh::Error, notes: &Notes) -> Unreachable {
    Unreachable::Protocol {
        phase: ConnectPhase::Authenticate,
        detail: notes.ended().unwrap_or_else(|| words(error)),
    }
}
