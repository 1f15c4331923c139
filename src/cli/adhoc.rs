//! What is done on hosts without a profile: the options of commands that do so, and how they are carried out.

use std::num::NonZeroUsize;
use std::sync::Arc;

use clap::Args;

use crate::inventory::Host;
use crate::runner::fleet::DEFAULT_PARALLEL;
use crate::runner::{Fleet, Work};

use super::asking::{self, AskArgs, BecomeArgs};
use super::recording::RecordArgs;
use super::rollout::LimitArgs;
use super::signals;
use super::telling::TellingArgs;
use super::whom::{HostsArgs, TrustArgs};
use super::{Failure, Outcome};

/// Hosts, the way to them, and how what happens is told.
#[derive(Debug, Args)]
pub(super) struct AdHocArgs {
    #[command(flatten)]
    hosts: HostsArgs,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    becoming: BecomeArgs,
    #[command(flatten)]
    ask: AskArgs,
    /// Hosts at work at once
    #[arg(long, value_name = "HOSTS", default_value_t = DEFAULT_PARALLEL)]
    parallel: NonZeroUsize,
    #[command(flatten)]
    pub(super) limits: LimitArgs,
    #[command(flatten)]
    pub(super) telling: TellingArgs,
    #[command(flatten)]
    record: RecordArgs,
}

impl AdHocArgs {
    /// The hosts that are meant, as they are to be reached, and what must not be shown.
    pub(super) fn hosts(&self) -> Result<(Vec<Arc<Host>>, Vec<String>), Failure> {
        let hosts = self.hosts.select(&self.hosts.inventory()?)?;
        self.telling.check(hosts.iter().map(|host| &host.name))?;
        let mut hosts: Vec<_> = hosts.into_iter().map(|host| self.trust.apply(host)).collect();
        self.becoming.apply(&mut hosts)?;
        let secrets = self.ask.apply(&mut hosts)?;
        Ok((hosts, secrets))
    }

    /// Does `work`, which records call by `label`.
    pub(super) fn run(&self, label: &[String], work: Work, secrets: Vec<String>) -> Outcome {
        signals::runtime()?.block_on(async {
            let cancel = signals::listen()?;
            let recorder = self.record.start(Some(label));
            let (events, teller) = self.telling.start(secrets, recorder)?;
            let fleet = Fleet::new(Arc::new(asking::ssh()))
                .parallel(self.parallel)
                .limits(self.limits.limits());
            let summary = fleet.run(None, work, events, &cancel).await;
            teller.finish(&summary)
        })
    }
}
