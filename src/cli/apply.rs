//! `provision apply`: carries out a kept plan, exactly that, on hosts that are as they were when it was made.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::kept::{self, Exactly, Head, Heard, Kept};
use crate::name::Name;
use crate::plan::Plan;
use crate::runner::fleet::DEFAULT_PARALLEL;
use crate::runner::{Fleet, Work};
use crate::secret::Mode;

use super::asking::AskArgs;
use super::completions::offer;
use super::project::{self, ProfilesArgs, SetArgs};
use super::ready::ready;
use super::recording::RecordArgs;
use super::rollout::RolloutArgs;
use super::signals;
use super::telling::TellingArgs;
use super::whom::{HostsArgs, TrustArgs};
use super::{Failure, Outcome};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  provision plan --profile db --out db.plan && provision apply db.plan\n  provision apply web.plan --waves 1,10%,100% --max-fail 5%"
)]
pub(super) struct Args {
    /// The plan, as `provision plan --out` has written it
    #[arg(value_name = "FILE", add = offer::files())]
    plan: PathBuf,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    ask: AskArgs,
    /// Show what changes in files
    #[arg(long)]
    diff: bool,
    /// Hosts at work at once
    #[arg(long, value_name = "HOSTS", default_value_t = DEFAULT_PARALLEL)]
    parallel: NonZeroUsize,
    #[command(flatten)]
    set: SetArgs,
    #[command(flatten)]
    telling: TellingArgs,
    #[command(flatten)]
    record: RecordArgs,
    // Last, since its heading stays for what follows.
    #[command(flatten)]
    rollout: RolloutArgs,
}

pub(super) fn run(args: &Args) -> Outcome {
    let (head, hosts) = Head::read(&args.plan).map_err(|error| {
        let mistake = Diagnostic::new(format!("cannot apply {}: {error}", args.plan.display()));
        Failure::from(mistake.help("make a plan with `provision plan --out FILE`"))
    })?;
    if hosts.is_empty() {
        let mistake = Diagnostic::new(format!("there is no host in the plan {}", args.plan.display()));
        return Err(mistake.help("no host had answered when it was made").into());
    }
    let names: Vec<&str> = hosts.iter().map(|kept| kept.host.as_str()).collect();
    let selected = HostsArgs::only(&head.inventory, &names, head.ssh_config.clone());
    let profiles = ProfilesArgs::at(&head.profiles);
    let profile = head.profile.as_str();
    let prepared = project::prepare(&selected, &profiles, profile, &args.set, Mode::Fetch)
        .map_err(|mistake| gone(&args.plan, &selected, &names).unwrap_or(mistake))?;
    args.telling.check(prepared.hosts.iter().map(|host| &host.name))?;
    let rollout = args.rollout.rollout(
        &prepared.profile.rollout,
        prepared.hosts.iter().map(|host| &**host),
    )?;
    signals::runtime()?.block_on(async {
        let cancel = signals::listen()?;
        let ready = ready(prepared, &args.trust, &args.ask, args.parallel, &cancel).await?;
        same(args, &head, &hosts, &ready.plans)?;
        let then = hosts.into_iter().map(|kept| {
            let wanted = kept.changes.iter().map(|change| change.index).collect();
            let state = Some(kept.state);
            (kept.host, Heard { wanted, state })
        });
        let gate = Exactly::new(head.salt.clone(), then.collect());
        let leaver = args.record.leaver(&ready.plans);
        let (events, teller) = args
            .telling
            .start_push(ready.hidden, args.record.start(None), leaver)?;
        let fleet = Fleet::new(ready.transport)
            .parallel(args.parallel)
            .diff(args.diff)
            .observe(true)
            .exactly(true)
            .gate(Arc::new(gate))
            .rollout(rollout)
            .limits(args.rollout.limits());
        let summary = fleet
            .run(Some(head.profile), Work::Push(ready.plans), events, &cancel)
            .await;
        teller.finish(&summary)
    })
}

/// The mistake that the inventory has no more some hosts of the plan, where that is one.
fn gone(path: &Path, selected: &HostsArgs, names: &[&str]) -> Option<Failure> {
    let inventory = selected.inventory().ok()?;
    let gone = names.iter().filter(|name| inventory.host(name).is_none());
    let gone: Vec<&str> = gone.copied().collect();
    if gone.is_empty() {
        return None;
    }
    let mistake = Diagnostic::new(format!(
        "cannot apply {}: {} has no more {}",
        path.display(),
        selected.file().display(),
        crate::report::fold::fold(gone)
    ));
    Some(mistake.help("plan again").into())
}

/// Refuses plans that are not those of the file.
fn same(args: &Args, head: &Head, hosts: &[Kept], plans: &[Plan]) -> Result<(), Failure> {
    let wanted: HashMap<&Name, &str> = hosts
        .iter()
        .map(|kept| (&kept.host, kept.wanted.as_str()))
        .collect();
    let other: Vec<&str> = plans
        .iter()
        .filter(|plan| {
            let now = kept::definition(&head.salt, &plan.host, &plan.steps);
            wanted.get(&plan.host.name) != Some(&now.as_str())
        })
        .map(|plan| plan.host.name.as_str())
        .collect();
    if other.is_empty() {
        return Ok(());
    }
    Err(Failure::Configuration(changed(
        &args.plan,
        head,
        &other,
        &args.set.keys(),
    )))
}

/// What it comes from that something else is wanted now.
fn changed(path: &Path, head: &Head, hosts: &[&str], set: &[String]) -> Diagnostics {
    let hosts = crate::report::fold::fold(hosts.iter().copied());
    let mistake = Diagnostic::new(format!(
        "cannot apply {}: what is wanted of {hosts} is not what it was when the plan was made",
        path.display()
    ));
    let inputs = head.changed_inputs();
    let help = if *set != head.set {
        format!(
            "it was made with --set {}; give the same",
            head.set.join(" --set ")
        )
    } else if inputs.is_empty() {
        "a file that the profile takes content from, or a value of --set, is another; plan again".to_owned()
    } else {
        format!("changed since: {}; plan again", inputs.join(", "))
    };
    mistake.help(help).into()
}
