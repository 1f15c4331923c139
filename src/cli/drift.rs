//! `provision drift`: how hosts differ from a profile, and whether a person or the profile made it so.

use std::collections::HashMap;
use std::sync::Arc;

use clap::ValueEnum;

use crate::event::exit;
use crate::event::{Event, HostStatus, Stamped};
use crate::kept::{self, Left, Notes};
use crate::name::Name;
use crate::plan::Plan;
use crate::report::drift::{self, Cause, Drift};
use crate::report::redact::Redactor;
use crate::runner::{Fleet, Work};

use super::outcome::print;
use super::plan::salt;
use super::rollout::LimitArgs;
use super::signals;
use super::wanted::WantedArgs;
use super::{Failure, Outcome};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit code 4 when hosts have drifted; 1 or 3 when some could not be asked, whatever the others said.\n\
    Example: provision drift --profile db --output ndjson"
)]
pub(super) struct Args {
    #[command(flatten)]
    wanted: WantedArgs,
    /// What is written to stdout
    #[arg(long, value_enum, default_value_t = Output::Plain)]
    output: Output,
    // Last, since its heading stays for what follows.
    #[command(flatten)]
    limits: LimitArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// Lines for people, equal hosts together
    Plain,
    /// One JSON object per host, and one for all
    Ndjson,
}

pub(super) fn run(args: &Args) -> Outcome {
    let prepared = args.wanted.prepare()?;
    let profile = prepared.profile.name.clone();
    let notes = Arc::new(Notes::new(salt()?));
    let (summary, mut ended, plans, redactor) = signals::runtime()?.block_on(async {
        let cancel = signals::listen()?;
        let ready = args.wanted.ready(prepared, &cancel).await?;
        let mut redactor = Redactor::new(ready.hidden);
        let (events, mut receiver) = tokio::sync::mpsc::channel::<Stamped>(1024);
        let fleet = Fleet::new(ready.transport)
            .parallel(args.wanted.parallel)
            .limits(args.limits.limits())
            .gate(Arc::clone(&notes) as _);
        let listening = async {
            let mut ended: HashMap<Name, HostStatus> = HashMap::new();
            while let Some(stamped) = receiver.recv().await {
                for stamped in redactor.pass(stamped) {
                    if let Event::HostFinished { host, status, .. } = stamped.event {
                        ended.insert(host, status);
                    }
                }
            }
            ended
        };
        let work = Work::DryRun(ready.plans.clone());
        let running = fleet.run(Some(profile.clone()), work, events, &cancel);
        let (summary, ended) = tokio::join!(running, listening);
        Ok::<_, Failure>((summary, ended, ready.plans, redactor))
    })?;
    let mut heard = notes.take();
    let left = Left::of_process();
    let drifts: Vec<Drift> = plans
        .iter()
        .map(|plan| {
            let status = ended.remove(&plan.host.name).unwrap_or(HostStatus::Cancelled);
            let wanted = heard
                .remove(&plan.host.name)
                .filter(|_| status == HostStatus::Ok)
                .map(|heard| heard.wanted)
                .unwrap_or_default();
            of_host(plan, status, &wanted, left.as_ref())
        })
        .collect();
    let text = match args.output {
        Output::Plain => drift::plain(&profile, &drifts),
        Output::Ndjson => drift::ndjson(&drifts),
    };
    print(&redactor.text(&text))?;
    let drifted = drifts.iter().any(|drift| !drift.steps.is_empty());
    Ok(match summary.exit_code() {
        exit::WELL if drifted => exit::CHANGES,
        code => code,
    })
}

fn of_host(plan: &Plan, status: HostStatus, wanted: &[usize], left: Option<&Left>) -> Drift {
    let left = left.and_then(|left| left.read(&plan.host));
    let steps = wanted.iter().map(|index| {
        let planned = &plan.steps[*index];
        let then = left.as_ref().and_then(|(_, steps)| steps.get(&planned.step));
        let cause = match then {
            None => Cause::NeverPushed,
            Some(then) if then == kept::step(planned) => Cause::ByHand,
            Some(_) => Cause::Profile,
        };
        (Arc::clone(&planned.step), cause)
    });
    Drift {
        host: plan.host.name.clone(),
        status,
        steps: steps.collect(),
        since: left.as_ref().map(|(at, _)| at.to_string()),
    }
}
