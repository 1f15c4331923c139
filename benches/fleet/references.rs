//! What the runs are measured against: a program sent to every host over the same transport, and no more.

use std::sync::Arc;

use provision::inventory::Host;
use provision::transport::{ExitStatus, Output, Transport};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::Outcome;

/// The least a connection can be used for.
pub(super) const TRUE: &[u8] = b"true\nexit\n";

/// Runs `program` on every host, at most `parallel` at once; what each wrote, in the order of the hosts.
pub(super) async fn run(
    transport: &Arc<dyn Transport>,
    hosts: &[Arc<Host>],
    program: &[u8],
    parallel: usize,
) -> Outcome<Vec<Vec<u8>>> {
    let permits = Arc::new(Semaphore::new(parallel));
    let mut tasks = JoinSet::new();
    for (index, host) in hosts.iter().enumerate() {
        let permit = Arc::clone(&permits).acquire_owned().await?;
        let (transport, host, program) = (Arc::clone(transport), Arc::clone(host), program.to_vec());
        tasks.spawn(async move {
            let done = one(transport.as_ref(), &host, program).await;
            drop(permit);
            (index, done)
        });
    }
    let mut answers = vec![Vec::new(); hosts.len()];
    while let Some(done) = tasks.join_next().await {
        let (index, answer) = done?;
        answers[index] = answer?;
    }
    Ok(answers)
}

async fn one(transport: &dyn Transport, host: &Host, program: Vec<u8>) -> Outcome<Vec<u8>> {
    let mut session = transport
        .connect(host)
        .await
        .map_err(|cause| format!("{}: {cause:?}", host.name))?;
    let mut running = session
        .run(program)
        .await
        .map_err(|cause| format!("{}: {cause:?}", host.name))?;
    let mut answer = Vec::new();
    loop {
        match running.next().await {
            Some(Output::Stdout(bytes)) => answer.extend(bytes),
            Some(Output::Stderr(_)) => {}
            Some(Output::Exit(ExitStatus::Code(0))) => break,
            other => return Err(format!("{}: {other:?}", host.name).into()),
        }
    }
    session.close().await;
    Ok(answer)
}
