//! A host that goes down and comes back: waited for, and believed only when it answers from another boot.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::host_run::{Ended, HostRun};
use super::scene::Scene;
use crate::event::{HostStatus, Outcome, Reason, StepCounts, Unreachable};
use crate::plan::{self, Plan, Wishes};
use crate::transport::{Output, Session};
use crate::wire::Nonce;

/// How long one question may take: a host that goes down in the middle of it says nothing more.
const TRY: Duration = Duration::from_secs(30);
/// Between two questions; it doubles up to the longest.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What a host says of itself.
enum Boot {
    /// It runs as before.
    Same,
    /// It has booted; whether it says that it needs another one.
    New { needs: bool },
}

impl Scene {
    /// Waits for the host to come back for its step `step`, and ends its run.
    pub(super) async fn comes_back(&self, mut run: HostRun, step: usize) -> (HostStatus, StepCounts) {
        let plan = Arc::clone(run.plan());
        let booted = self.booted(&plan, step).await;
        let now = self.began.elapsed();
        let mut events = Vec::new();
        let ended = match booted {
            Some(end) => {
                run.booted(step, end, now, &mut |event| events.push(event));
                Ended::Exit("done".to_owned())
            }
            None => Ended::Left,
        };
        let done = run.finish(&ended, now, &mut |event| events.push(event));
        for event in events {
            self.emit(event).await;
        }
        done
    }

    /// How the wait ended; nothing when the run was left.
    async fn booted(&self, plan: &Plan, step: usize) -> Option<(Outcome, Option<Reason>)> {
        let within = plan.steps[step].resource.reboots_within().unwrap_or_default();
        let probe = Arc::new(plan::boot_probe(plan, step));
        let deadline = Instant::now() + Duration::from_secs(within.into());
        let mut pause = PAUSE;
        let mut last = None;
        loop {
            // The host is still at the last words of its program, or was away a moment ago.
            tokio::select! {
                () = self.cancel.requested() => return None,
                () = sleep(pause.min(deadline.saturating_duration_since(Instant::now()))) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
            let tried = tokio::select! {
                () = self.cancel.requested() => return None,
                tried = timeout_at(deadline.min(Instant::now() + TRY), self.ask_boot(&probe)) => tried,
            };
            match tried {
                Ok(Ok(Some(Boot::New { needs: false }))) => return Some((Outcome::Changed, None)),
                Ok(Ok(Some(Boot::New { needs: true }))) => {
                    return Some((Outcome::Failed, Some(Reason::NotVerified)));
                }
                Ok(Ok(Some(Boot::Same))) => last = None,
                // It answered, and went down before it had said anything.
                Ok(Ok(None)) | Err(_) => {}
                Ok(Err(cause)) => last = Some(Box::new(cause)),
            }
            let hopeless = last.as_deref().is_some_and(is_another);
            if hopeless || Instant::now() >= deadline {
                let reason = Reason::NotBack {
                    seconds: within,
                    last,
                };
                return Some((Outcome::Failed, Some(reason)));
            }
        }
    }

    /// Asks the host once which boot it runs from; nothing when it has not said so.
    async fn ask_boot(&self, probe: &Arc<Plan>) -> Result<Option<Boot>, Unreachable> {
        let mut session = self.transport.connect(&probe.host).await?;
        let boot = answer(probe, session.as_mut()).await;
        session.close().await;
        boot
    }
}

async fn answer(probe: &Arc<Plan>, session: &mut dyn Session) -> Result<Option<Boot>, Unreachable> {
    let mut random = [0_u8; 16];
    let Ok(ask) = plan::ask(&probe.steps, Wishes::default()) else {
        return Ok(None);
    };
    if getrandom::fill(&mut random).is_err() {
        return Ok(None);
    }
    let nonce = Nonce::new(random);
    let mut running = session.run_shared(plan::head(&nonce), ask.into()).await?;
    let mut run = HostRun::new(Arc::clone(probe), false, &nonce);
    while let Some(output) = running.next().await {
        match output {
            Output::Stdout(bytes) => run.stdout(&bytes, Duration::ZERO, &mut |_| {}),
            Output::Stderr(_) => {}
            Output::Exit(_) | Output::Lost { .. } => break,
        }
        if let Some((wanted, _)) = run.answer() {
            return Ok(Some(match wanted.as_slice() {
                [] => Boot::New { needs: false },
                [0, ..] => Boot::Same,
                _ => Boot::New { needs: true },
            }));
        }
    }
    Ok(None)
}

/// Whether it is somebody else who answers now: asking again would not make it the host.
fn is_another(cause: &Unreachable) -> bool {
    matches!(
        cause,
        Unreachable::HostKeyUnknown { .. }
            | Unreachable::HostKeyChanged { .. }
            | Unreachable::HostKeyOtherType { .. }
            | Unreachable::HostKeyRevoked { .. }
            | Unreachable::HostCertificate { .. }
    )
}
