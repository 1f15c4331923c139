//! What is wanted of which hosts, and how they are asked: the options of every command that compares hosts with a profile.

use std::num::NonZeroUsize;

use clap::Args;

use crate::runner::Cancel;
use crate::runner::fleet::DEFAULT_PARALLEL;
use crate::secret::Mode;

use super::Failure;
use super::asking::AskArgs;
use super::completions::offer;
use super::project::{self, Prepared, ProfilesArgs, SetArgs};
use super::ready::{Ready, ready};
use super::whom::{HostsArgs, TrustArgs};

/// A profile, hosts, and the way to them.
#[derive(Debug, Args)]
pub(super) struct WantedArgs {
    #[command(flatten)]
    pub(super) hosts: HostsArgs,
    #[command(flatten)]
    pub(super) trust: TrustArgs,
    #[command(flatten)]
    pub(super) ask: AskArgs,
    #[command(flatten)]
    pub(super) profiles: ProfilesArgs,
    /// The profile, by its name
    #[arg(long, value_name = "NAME", add = offer::profiles())]
    pub(super) profile: String,
    #[command(flatten)]
    pub(super) set: SetArgs,
    /// Hosts at work at once
    #[arg(long, value_name = "HOSTS", default_value_t = DEFAULT_PARALLEL)]
    pub(super) parallel: NonZeroUsize,
}

impl WantedArgs {
    /// Reads all that the profile needs, and fetches its secrets when nothing is wrong with the files.
    pub(super) fn prepare(&self) -> Result<Prepared, Failure> {
        project::prepare(&self.hosts, &self.profiles, &self.profile, &self.set, Mode::Fetch)
    }

    /// Makes ready what has been prepared, on the way to the hosts that the flags describe.
    pub(super) async fn ready(&self, prepared: Prepared, cancel: &Cancel) -> Result<Ready, Failure> {
        ready(prepared, &self.trust, &self.ask, self.parallel, cancel).await
    }
}
