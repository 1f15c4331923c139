//! Signing a login: by a key of ours, by one that somebody has to unlock first, or by the agent.
//!
//! russh asks for a signature once the host has said that it would take the key, so nobody is asked in vain.

use std::sync::Arc;

use russh::keys::agent::AgentIdentity;
use russh::keys::ssh_key::encoding::Encode;
use russh::keys::ssh_key::private::KeypairData;
use russh::keys::{HashAlg, PrivateKey};
use signature::Signer as _;

use super::Ask;
use super::agent::Agent;
use super::identity::Signs;

/// Signs with one key for one login.
pub(super) struct Signer<'a> {
    pub(super) signs: &'a Signs,
    pub(super) agent: Option<&'a Agent>,
    pub(super) ask: Option<&'a Arc<dyn Ask>>,
}

/// Why there is no signature.
#[derive(Debug, thiserror::Error)]
pub(super) enum SignError {
    #[error("the connection ended")]
    Session(#[from] russh::SendError),
    #[error("{0}")]
    Unsigned(String),
}

impl russh::Signer for Signer<'_> {
    type Error = SignError;

    async fn auth_sign(
        &mut self,
        _: &AgentIdentity,
        hash: Option<HashAlg>,
        data: Vec<u8>,
    ) -> Result<Vec<u8>, SignError> {
        let signed = match (self.signs, self.agent, self.ask) {
            (Signs::Here(key), ..) => sign(key, hash, data),
            (Signs::Locked(locked), _, Some(ask)) => match locked.open(ask).await {
                Ok(key) => sign(&key, hash, data),
                Err(detail) => Err(detail),
            },
            (Signs::Locked(_), _, None) => Err("nobody can be asked for its passphrase".to_owned()),
            (Signs::Agent(identity), Some(agent), _) => agent
                .sign(identity.clone(), hash, data)
                .await
                .map_err(|detail| format!("the agent did not sign: {detail}")),
            (Signs::Agent(_), None, _) => Err("there is no agent".to_owned()),
        };
        signed.map_err(SignError::Unsigned)
    }
}

/// `data`, and behind it the signature as a string of the wire.
fn sign(key: &PrivateKey, hash: Option<HashAlg>, mut data: Vec<u8>) -> Result<Vec<u8>, String> {
    let signature = match key.key_data() {
        KeypairData::Rsa(pair) => (pair, hash).try_sign(&data),
        pair => pair.try_sign(&data),
    };
    let signature = signature.map_err(|error| error.to_string())?;
    let mut blob = Vec::new();
    signature
        .encode(&mut blob)
        .and_then(|()| blob.encode(&mut data))
        .map_err(|error| error.to_string())?;
    Ok(data)
}
