//! Brings large content to a step that waits for it, beside its program: on the same connection, or on one more where
//! the host runs but one program on each, as `TinySSH` does, and sshd with `MaxSessions 1`.

use super::host_run::Need;
use super::tail::Bounded;
use crate::event::{ConnectPhase, Unreachable};
use crate::plan::{self, Plan};
use crate::transport::{ExitStatus, Output, Running, Session, Transport};

/// Puts the content where the waiting program looks for it; otherwise says why it could not.
pub(super) async fn deliver(
    plan: &Plan,
    need: &Need,
    session: &mut dyn Session,
    transport: &dyn Transport,
) -> Result<(), String> {
    let content = plan.steps[need.step]
        .resource
        .large_content()
        .ok_or("there is no such content")?;
    let program =
        plan::deliver(content, need.step, need.room, &need.suffix).map_err(|error| error.to_string())?;
    match session.run(program.clone()).await {
        Ok(mut running) => heard(&mut *running).await,
        Err(Unreachable::Protocol {
            phase: ConnectPhase::Session,
            ..
        }) => {
            let mut another = transport
                .connect(&plan.host)
                .await
                .map_err(|cause| words(&cause))?;
            let delivered = match another.run(program).await {
                Ok(mut running) => heard(&mut *running).await,
                Err(cause) => Err(words(&cause)),
            };
            another.close().await;
            delivered
        }
        Err(cause) => Err(words(&cause)),
    }
}

/// Hears a delivery to its end.
async fn heard(running: &mut dyn Running) -> Result<(), String> {
    let mut said = Bounded::default();
    loop {
        match running.next().await {
            Some(Output::Stdout(bytes) | Output::Stderr(bytes)) => said.push(&bytes),
            Some(Output::Exit(status)) => {
                let said = said.text();
                // A cut program does nothing and ends well; only its last word says that it was whole.
                let whole = status == ExitStatus::Code(0) && said.ends_with(plan::DELIVERED);
                return if whole {
                    Ok(())
                } else {
                    Err(format!("its delivery ended early: {said}"))
                };
            }
            Some(Output::Lost { detail }) => return Err(detail),
            None => return Err("the connection ended without a word".to_owned()),
        }
    }
}

/// What stands in the step's output; the host itself was reached.
fn words(cause: &Unreachable) -> String {
    match cause {
        Unreachable::Protocol { detail, .. } => detail.clone(),
        other => format!("no second connection: {other:?}"),
    }
}
