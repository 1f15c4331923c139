//! `provision push`: bring hosts into the state a profile describes, or say what that would change.

use std::collections::HashMap;
use std::sync::Arc;

use crate::event::exit;
use crate::plan::Plan;
use crate::runner::{self, Fleet, Gate, Open, Work};
use crate::transport::Transport;

use super::Outcome;
use super::agreement::AgreementArgs;
use super::asking;
use super::recording::RecordArgs;
use super::rollout::RolloutArgs;
use super::signals;
use super::telling::TellingArgs;
use super::wanted::WantedArgs;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  provision push --profile db --limit 'db*&!db3' --dry-run --diff
  provision push --profile web --waves 1,10%,100% --max-fail 5%
  provision push --profile web --retry-failed last --report run.html")]
pub(super) struct Args {
    #[command(flatten)]
    wanted: WantedArgs,
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Show what changes in files
    #[arg(long)]
    diff: bool,
    /// With --dry-run: exit code 4 when anything would change
    #[arg(long, requires = "dry_run")]
    detailed_exitcode: bool,
    #[command(flatten)]
    agreement: AgreementArgs,
    #[command(flatten)]
    telling: TellingArgs,
    #[command(flatten)]
    record: RecordArgs,
    // Last, since its heading stays for what follows.
    #[command(flatten)]
    rollout: RolloutArgs,
}

pub(super) fn run(args: &Args) -> Outcome {
    let mut prepared = args.wanted.prepare()?;
    for host in &mut prepared.hosts {
        *host = args.wanted.trust.apply(Arc::clone(host));
    }
    args.telling.check(prepared.hosts.iter().map(|host| &host.name))?;
    let rollout = args.rollout.rollout(
        &prepared.profile.rollout,
        prepared.hosts.iter().map(|host| &**host),
    )?;
    // What can be found wrong without asking anybody is found here.
    let mut plans = prepared.plan(&HashMap::new())?;
    let asked = args.wanted.ask.apply(prepared.hosts.iter_mut())?;
    if !asked.is_empty() {
        plans = prepared.plan(&HashMap::new())?;
    }
    signals::runtime()?.block_on(async {
        let cancel = signals::listen()?;
        let mut transport: Arc<dyn Transport> = Arc::new(asking::ssh());
        if prepared.uses_facts() {
            let (held, facts) =
                runner::gather(transport, &prepared.hosts, args.wanted.parallel, &cancel).await;
            transport = Arc::new(held);
            plans = prepared.plan(&facts)?;
        }
        let mut secrets = secrets(&plans);
        secrets.extend(prepared.secrets.iter().map(|secret| secret.expose().to_owned()));
        secrets.extend(asked);
        let fleet = || Fleet::new(Arc::clone(&transport)).parallel(args.wanted.parallel);
        let (work, leaver, gate): (_, _, Arc<dyn Gate>) = if args.dry_run {
            (Work::DryRun(plans), None, Arc::new(Open))
        } else {
            let agreed = args.agreement.gate(&plans, fleet(), &cancel).await?;
            let leaver = args.record.leaver(&plans);
            (Work::Push(plans), leaver, agreed)
        };
        let (events, teller) = args
            .telling
            .start_push(secrets, args.record.start(None), leaver)?;
        let fleet = fleet().diff(args.diff).gate(gate).limits(args.rollout.limits());
        // A dry-run changes nothing that somebody might have to look at in between.
        let fleet = if args.dry_run {
            fleet
        } else {
            fleet.rollout(rollout)
        };
        let profile = prepared.profile.name.clone();
        let summary = fleet.run(Some(profile), work, events, &cancel).await;
        let code = teller.finish(&summary)?;
        Ok(
            if code == exit::WELL && args.detailed_exitcode && summary.steps.would_change > 0 {
                exit::CHANGES
            } else {
                code
            },
        )
    })
}

/// Everything the plans hold that must not be shown.
pub(super) fn secrets(plans: &[Plan]) -> Vec<String> {
    plans
        .iter()
        .flat_map(Plan::secrets)
        .map(|secret| secret.expose().to_owned())
        .collect()
}
