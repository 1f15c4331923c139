//! `provision plan`: what a push would change, told once for equal hosts, and kept to be carried out later.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::event::exit;
use crate::kept::{self, Change, Head, Heard, Kept, Notes, Salt};
use crate::plan::Plan;
use crate::report::{fold, words};
use crate::runner::{Fleet, Work};

use super::completions::offer;
use super::recording::{RecordArgs, warn};
use super::rollout::LimitArgs;
use super::signals;
use super::telling::TellingArgs;
use super::wanted::WantedArgs;
use super::{Failure, Outcome};

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: provision plan --profile db --out db.plan && provision apply db.plan")]
pub(super) struct Args {
    #[command(flatten)]
    wanted: WantedArgs,
    /// Show what would change in files
    #[arg(long)]
    diff: bool,
    /// Keep the plan in this file, for `provision apply`; only you may read it, and it holds no secrets
    #[arg(long, value_name = "FILE", add = offer::files())]
    out: Option<PathBuf>,
    /// Exit code 4 when anything would change
    #[arg(long)]
    detailed_exitcode: bool,
    #[command(flatten)]
    telling: TellingArgs,
    #[command(flatten)]
    record: RecordArgs,
    // Last, since its heading stays for what follows.
    #[command(flatten)]
    limits: LimitArgs,
}

pub(super) fn run(args: &Args) -> Outcome {
    let prepared = args.wanted.prepare()?;
    if let Some(path) = &args.out {
        // Not only after hundreds of hosts were asked.
        Head::place(path).map_err(|error| unkept(path, &error))?;
    }
    let salt = salt()?;
    let absolute = |path| std::path::absolute(path).map_err(Failure::system("no present folder"));
    let profile = prepared.profile.name.clone();
    let mut head = Head::new(
        profile.clone(),
        absolute(args.wanted.hosts.file())?,
        absolute(args.wanted.profiles.folder())?,
        args.wanted.set.keys(),
        salt.clone(),
    );
    head.ssh_config = match args.wanted.hosts.ssh_config() {
        Some(path) if path.as_os_str() != "none" => Some(absolute(path)?),
        other => other.map(PathBuf::from),
    };
    let notes = Arc::new(Notes::new(salt));
    let (code, plans) = signals::runtime()?.block_on(async {
        let cancel = signals::listen()?;
        let ready = args.wanted.ready(prepared, &cancel).await?;
        let (events, teller) = args.telling.start(ready.hidden, args.record.start(None))?;
        let fleet = Fleet::new(ready.transport)
            .parallel(args.wanted.parallel)
            .limits(args.limits.limits())
            .diff(args.diff)
            .observe(args.out.is_some())
            .gate(Arc::clone(&notes) as _);
        let work = Work::DryRun(ready.plans.clone());
        let summary = fleet.run(Some(profile), work, events, &cancel).await;
        let code = teller.finish(&summary)?;
        let changes = args.detailed_exitcode && summary.steps.would_change > 0;
        let code = if code == exit::WELL && changes {
            exit::CHANGES
        } else {
            code
        };
        Ok::<_, Failure>((code, ready.plans))
    })?;
    if let Some(path) = &args.out
        && code != exit::CANCELLED
    {
        keep(&head, &plans, &notes, path)?;
    }
    Ok(code)
}

/// A new salt.
pub(super) fn salt() -> Result<Salt, Failure> {
    Salt::random().map_err(|error| Failure::system("no random bytes")(io::Error::other(error)))
}

fn keep(head: &Head, plans: &[Plan], notes: &Notes, path: &std::path::Path) -> Result<(), Failure> {
    let mut heard = notes.take();
    let mut hosts = Vec::new();
    let mut missing = Vec::new();
    for plan in plans {
        let name = &plan.host.name;
        let Some(Heard {
            wanted,
            state: Some(state),
        }) = heard.remove(name)
        else {
            missing.push(name.as_str());
            continue;
        };
        let changes = wanted.into_iter().map(|index| {
            let planned = &plan.steps[index];
            Change {
                index,
                module: planned.step.module.clone(),
                step: planned.step.title.to_string(),
                destroys: planned.resource.destroys(),
            }
        });
        hosts.push(Kept {
            host: name.clone(),
            wanted: kept::definition(&head.salt, &plan.host, &plan.steps),
            state,
            changes: changes.collect(),
        });
    }
    if !missing.is_empty() {
        let names = words::count(missing.len(), "host");
        warn(&format!(
            "{names} did not answer and {} not in the plan: {}",
            if missing.len() == 1 { "is" } else { "are" },
            fold::fold(missing)
        ));
    }
    head.write(&hosts, path)
        .map_err(|error| unkept(path, &error).into())
}

fn unkept(path: &std::path::Path, error: &io::Error) -> Diagnostic {
    Diagnostic::new(format!("cannot keep the plan in {}: {error}", path.display()))
}
