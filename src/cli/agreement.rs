//! Changes that take something away, and whether somebody has agreed to them.

use std::collections::HashMap;
use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::Arc;

use clap::Args;

use crate::diagnostic::Diagnostic;
use crate::kept::{Agreed, Notes, Salt};
use crate::name::Name;
use crate::plan::Plan;
use crate::report::{escape, fold, words};
use crate::runner::{Cancel, Fleet, Gate, Work};

use super::Failure;

/// What was agreed to beforehand.
#[derive(Debug, Args)]
pub(super) struct AgreementArgs {
    /// Agree to destructive changes: packages, users and files removed, services stopped. On a terminal you are asked
    /// otherwise; elsewhere hosts that need any are left as they are
    #[arg(long)]
    yes: bool,
}

impl AgreementArgs {
    /// The gate of a push of `plans`, which asks a person where there is one. `fleet` is asked first what it would be.
    pub(super) async fn gate(
        &self,
        plans: &[Plan],
        fleet: Fleet,
        cancel: &Cancel,
    ) -> Result<Arc<dyn Gate>, Failure> {
        let destroys = |plan: &&Plan| plan.steps.iter().any(|planned| planned.resource.destroys());
        let some: Vec<Plan> = plans.iter().filter(destroys).cloned().collect();
        if self.yes || some.is_empty() {
            return Ok(Arc::new(Agreed::All));
        }
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Ok(Arc::new(Agreed::Steps(HashMap::new())));
        }
        let wanted = foresee(some.clone(), fleet, cancel).await?;
        let destructive = destructive(&some, &wanted);
        // A run that is cancelled meanwhile ends as any other does.
        let asks = !destructive.is_empty() && !cancel.is_requested();
        if asks && asked(&some, &destructive, cancel).await? == Some(false) {
            let mistake = Diagnostic::new("not agreed to: nothing was changed");
            return Err(mistake.help("see all that would change with --dry-run").into());
        }
        Ok(Arc::new(Agreed::Steps(destructive)))
    }
}

/// What does not hold, host by host; of hosts that do not answer nothing is known.
async fn foresee(
    plans: Vec<Plan>,
    fleet: Fleet,
    cancel: &Cancel,
) -> Result<HashMap<Name, Vec<usize>>, Failure> {
    let salt = Salt::random().map_err(|error| Failure::system("no random bytes")(io::Error::other(error)))?;
    let notes = Arc::new(Notes::new(salt));
    let (events, mut receiver) = tokio::sync::mpsc::channel(1024);
    let fleet = fleet.gate(Arc::clone(&notes) as _);
    let drain = async { while receiver.recv().await.is_some() {} };
    tokio::join!(fleet.run(None, Work::DryRun(plans), events, cancel), drain);
    let heard = notes.take().into_iter();
    Ok(heard.map(|(host, heard)| (host, heard.wanted)).collect())
}

fn destructive(plans: &[Plan], wanted: &HashMap<Name, Vec<usize>>) -> HashMap<Name, Vec<usize>> {
    let of_plan = |plan: &Plan| {
        let wanted = wanted.get(&plan.host.name)?;
        let destroys = |step: &&usize| plan.steps[**step].resource.destroys();
        let steps: Vec<usize> = wanted.iter().filter(destroys).copied().collect();
        (!steps.is_empty()).then(|| (plan.host.name.clone(), steps))
    };
    plans.iter().filter_map(of_plan).collect()
}

/// Asks the person at the terminal; no answer when the run is cancelled first.
async fn asked(
    plans: &[Plan],
    destructive: &HashMap<Name, Vec<usize>>,
    cancel: &Cancel,
) -> Result<Option<bool>, Failure> {
    let mut hosts_of: indexmap::IndexMap<String, Vec<&str>> = indexmap::IndexMap::new();
    for plan in plans {
        for step in destructive.get(&plan.host.name).into_iter().flatten() {
            let step = &plan.steps[*step].step;
            let step = format!("{}: {}", step.module, escape::line(&step.title));
            hosts_of.entry(step).or_default().push(plan.host.name.as_str());
        }
    }
    let changes = destructive.values().map(Vec::len).sum();
    let mut text = format!("{}:\n", words::count(changes, "destructive change"));
    for (step, hosts) in hosts_of {
        text += &format!("  {}  {step}\n", fold::fold(hosts));
    }
    text += "Make them? [y/N] ";
    let cannot = Failure::system;
    io::stderr()
        .lock()
        .write_all(text.as_bytes())
        .map_err(cannot("cannot ask"))?;
    let (sender, answer) = tokio::sync::oneshot::channel();
    // A thread that nobody waits for: a question that is left stays open until the process ends.
    let read = move || {
        let mut line = String::new();
        let _ = sender.send(io::stdin().lock().read_line(&mut line).map(|_| line));
    };
    std::thread::Builder::new()
        .spawn(read)
        .map_err(cannot("cannot ask"))?;
    tokio::select! {
        biased;
        () = cancel.requested() => {
            let _ = writeln!(io::stderr().lock());
            Ok(None)
        }
        answer = answer => {
            let line = answer.unwrap_or_else(|gone| Err(io::Error::other(gone)));
            let line = line.map_err(cannot("cannot ask"))?;
            Ok(Some(matches!(line.trim(), "y" | "Y" | "yes")))
        }
    }
}
