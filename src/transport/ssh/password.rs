//! Logging in by a password: said once, to whichever of the two methods that ask for one the host takes first.

use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse};
use russh::{MethodKind, MethodSet};

use super::client::Client;
use crate::inventory::{Connection, Method};
use crate::script::Secret;

/// How often a host may go on asking things that have no answer, such as a notice with no field.
const MAX_ROUNDS: usize = 8;

/// What came of it.
pub(super) enum Outcome {
    LoggedIn,
    /// Not; with the method, and why.
    Refused(String),
}

/// Offers `password` by the first of the connection's methods that the host `accepts`. A second method would be a
/// second try with the same password: hosts lock people out for that.
pub(super) async fn prove(
    handle: &mut Handle<Client>,
    connection: &Connection,
    password: &Secret,
    accepts: &MethodSet,
) -> Result<Option<Outcome>, russh::Error> {
    for method in &connection.authentication {
        match method {
            Method::Password if accepts.contains(&MethodKind::Password) => {
                let result = handle
                    .authenticate_password(&connection.user, password.expose())
                    .await?;
                let refused = || Outcome::Refused("password".to_owned());
                return Ok(Some(match result {
                    AuthResult::Success => Outcome::LoggedIn,
                    AuthResult::Failure { .. } => refused(),
                }));
            }
            Method::KeyboardInteractive if accepts.contains(&MethodKind::KeyboardInteractive) => {
                return interactive(handle, &connection.user, password).await.map(Some);
            }
            _ => {}
        }
    }
    Ok(None)
}

/// Answers the one question that is for the password: hidden, alone, and called one.
async fn interactive(
    handle: &mut Handle<Client>,
    user: &str,
    password: &Secret,
) -> Result<Outcome, russh::Error> {
    let refused = |why: &str| Ok(Outcome::Refused(format!("keyboard-interactive{why}")));
    let mut answered = false;
    let mut response = handle
        .authenticate_keyboard_interactive_start(user, None::<String>)
        .await?;
    for _ in 0..MAX_ROUNDS {
        let answers = match response {
            KeyboardInteractiveAuthResponse::Success => return Ok(Outcome::LoggedIn),
            KeyboardInteractiveAuthResponse::Failure { .. } => return refused(""),
            KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => match prompts.as_slice() {
                [] => Vec::new(),
                [one] if !one.echo && one.prompt.to_lowercase().contains("password") && !answered => {
                    answered = true;
                    vec![password.expose().to_owned()]
                }
                [_] if answered => return refused(": it asks a second time"),
                [one] => return refused(&format!(": it asks {:?}", one.prompt.trim())),
                _ => return refused(": it asks several things at once"),
            },
        };
        response = handle.authenticate_keyboard_interactive_respond(answers).await?;
    }
    refused(": it goes on asking")
}
