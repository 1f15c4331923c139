//! `provision run`: one command on every host.

use std::num::NonZeroUsize;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::plan;
use crate::runner::fleet::DEFAULT_PARALLEL;
use crate::runner::{Fleet, Work};

use super::Outcome;
use super::asking::{self, AskArgs};
use super::recording::RecordArgs;
use super::signals;
use super::telling::TellingArgs;
use super::whom::{HostsArgs, TrustArgs};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  provision run --limit @db -- uptime\n  provision run -- 'df -h / | tail -n 1'"
)]
pub(super) struct Args {
    #[command(flatten)]
    hosts: HostsArgs,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    ask: AskArgs,
    /// Hosts at work at once
    #[arg(long, value_name = "HOSTS", default_value_t = DEFAULT_PARALLEL)]
    parallel: NonZeroUsize,
    #[command(flatten)]
    telling: TellingArgs,
    #[command(flatten)]
    record: RecordArgs,
    /// One word is shell text; several are a command and its arguments, each passed on as it is
    #[arg(required = true, last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

pub(super) fn run(args: &Args) -> Outcome {
    let hosts = args.hosts.select(&args.hosts.inventory()?)?;
    args.telling.check(hosts.iter().map(|host| &host.name))?;
    let mut hosts: Vec<_> = hosts.into_iter().map(|host| args.trust.apply(host)).collect();
    let secrets = args.ask.apply(&mut hosts)?;
    let program = plan::command(&args.command)
        .map_err(|error| Diagnostic::new(format!("the command cannot be sent: {error}")))?;
    signals::runtime()?.block_on(async {
        let cancel = signals::listen()?;
        let recorder = args.record.start(Some(&args.command));
        let (events, teller) = args.telling.start(secrets, recorder)?;
        let fleet = Fleet::new(Arc::new(asking::ssh())).parallel(args.parallel);
        let summary = fleet
            .run(None, Work::Command(hosts, Arc::new(program)), events, &cancel)
            .await;
        teller.finish(&summary)
    })
}
