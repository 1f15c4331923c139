//! How a push, or a kept plan carried out, goes through the fleet: the flags, over what the profile says.

use std::time::Duration;

use clap::Args;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::inventory::Host;
use crate::name::Name;
use crate::profile::{Gate, Rollout, Share, duration};
use crate::runner::Limits;

use super::completions::offer;

/// Waves, gates and limits.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rollout")]
pub(super) struct RolloutArgs {
    /// Sizes of waves, in hosts or percent; the last one repeats: `--waves 1,10%,100%`
    #[arg(long, value_name = "SIZES", value_delimiter = ',')]
    waves: Vec<Share>,
    /// What must hold between waves: `command=CMD` (here), `host=CMD` (on each host of the wave), `http=URL`,
    /// `port=HOST:PORT` or `pause=30s`; may be given several times
    #[arg(long, value_name = "KIND=WHAT")]
    gate: Vec<Gate>,
    /// How long a gate is tried again before it counts as closed
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "30s")]
    gate_within: Duration,
    /// Groups that come first, one after the other: `--order db,web`
    #[arg(long, value_name = "GROUPS", value_delimiter = ',', value_parser = Name::parse, add = offer::groups())]
    order: Vec<Name>,
    /// So many hosts may fail, in number or percent; with one more no further host begins. Without it, a wave of which no
    /// host ends well is the last
    #[arg(long, value_name = "HOSTS")]
    max_fail: Option<Share>,
    #[command(flatten)]
    limits: LimitArgs,
}

impl RolloutArgs {
    /// What the flags say, over what `profile` says; groups that no host is in are refused.
    pub(super) fn rollout<'a>(
        &self,
        profile: &Rollout,
        hosts: impl IntoIterator<Item = &'a Host>,
    ) -> Result<Rollout, Diagnostics> {
        let or = |own: &[Share], other: &[Share]| {
            if own.is_empty() {
                other.to_vec()
            } else {
                own.to_vec()
            }
        };
        let rollout = Rollout {
            waves: or(&self.waves, &profile.waves),
            gates: if self.gate.is_empty() {
                profile.gates.clone()
            } else {
                self.gate.clone()
            },
            order: if self.order.is_empty() {
                profile.order.clone()
            } else {
                self.order.clone()
            },
            max_fail: self.max_fail.or(profile.max_fail),
        };
        if self
            .waves
            .iter()
            .any(|share| matches!(share, Share::Hosts(0) | Share::Percent(0)))
        {
            return Err(Diagnostic::new("`--waves`: a wave has at least one host").into());
        }
        let known: Vec<Name> = hosts
            .into_iter()
            .flat_map(|host| host.groups.iter().cloned())
            .collect();
        let mut mistakes = Diagnostics::default();
        for group in self.order.iter().filter(|group| !known.contains(group)) {
            let mistake = Diagnostic::new(format!("`--order`: no selected host is in the group `{group}`"));
            mistakes.push(mistake.suggest(group.as_str(), known.iter().map(Name::as_str)));
        }
        mistakes.into_result(rollout)
    }

    /// The time limits.
    pub(super) fn limits(&self) -> Limits {
        Limits {
            gate: self.gate_within,
            ..self.limits.limits()
        }
    }
}

/// How long things may take.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct LimitArgs {
    /// How long one host may take; then no new step starts there, and a command of `provision run` is ended
    #[arg(long, value_name = "TIME", value_parser = duration)]
    host_timeout: Option<Duration>,
    /// How long the whole run may take; then no new step starts
    #[arg(long, value_name = "TIME", value_parser = duration)]
    timeout: Option<Duration>,
}

impl LimitArgs {
    /// Whether anything may be ended by them.
    pub(super) fn are_set(&self) -> bool {
        self.host_timeout.is_some() || self.timeout.is_some()
    }

    /// The time limits, gates' left as they are.
    pub(super) fn limits(&self) -> Limits {
        Limits {
            host: self.host_timeout,
            run: self.timeout,
            ..Limits::default()
        }
    }
}
