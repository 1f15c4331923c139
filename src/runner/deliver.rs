//! Brings large content to a step that waits for it, beside its program on the same connection.

use super::host_run::Need;
use super::tail::Bounded;
use crate::plan::{self, Plan};
use crate::transport::{ExitStatus, Output, Session};

/// Puts the content where the waiting program looks for it; otherwise says why it could not.
pub(super) async fn deliver(plan: &Plan, need: &Need, session: &mut dyn Session) -> Result<(), String> {
    let content = plan.steps[need.step]
        .resource
        .large_content()
        .ok_or("there is no such content")?;
    let program =
        plan::deliver(content, need.step, need.room, &need.suffix).map_err(|error| error.to_string())?;
    let mut running = session.run(program).await.map_err(|cause| format!("{cause:?}"))?;
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
