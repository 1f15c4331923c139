//! `reboot`: the host goes down and comes back, where it owes that.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::check_line;
use super::{Invalid, State};
use crate::script::Script;
use crate::sh;

/// What steps notify to have the host reboot.
pub const REBOOT: &str = "reboot";

/// A reboot of the host, when one is owed: because a step that has changed something says `notify = "reboot"`, in this
/// run or an earlier one since the host booted, or because `needed` says so.
///
/// It is the last step of a host: the run that goes down with the host could not go on with others. The run waits for
/// the host to come back, and the step is `changed` when the host has answered from another boot and owes no further
/// one. A reboot that anybody else has made since pays what was owed, too.
///
/// A reboot counts as destructive: a push asks before it, or is given `--yes`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reboot {
    /// What for, in words, such as `into the new kernel`: the step is called by it.
    #[serde(rename = "reboot")]
    pub purpose: String,
    /// Shell text, with exit status 0 when the host needs a reboot, such as `test -e /run/reboot-required`. It also runs
    /// in a dry-run and must change nothing.
    pub needed: Option<String>,
    /// How long the host may take to come back, in seconds, up to an hour.
    #[serde(default = "ten_minutes")]
    pub within: u32,
}

fn ten_minutes() -> u32 {
    600
}

impl State for Reboot {
    fn title(&self) -> String {
        format!("reboot {}", self.purpose)
    }

    fn check(&self) -> Script {
        match &self.needed {
            Some(needed) => sh!("if user_check {}; then false; fi", needed),
            None => Script::raw(":"),
        }
    }

    fn apply(&self) -> Script {
        Script::raw("reboot_soon")
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_line("reboot", &self.purpose)?;
        if self
            .needed
            .as_ref()
            .is_some_and(|needed| needed.trim().is_empty())
        {
            return Err(Invalid::of("needed")(
                "`needed` is empty, and would be true everywhere".to_owned(),
            ));
        }
        if !(1..=3600).contains(&self.within) {
            return Err(Invalid::of("within")(
                "`within` takes 1 to 3600 seconds".to_owned(),
            ));
        }
        Ok(())
    }

    fn asks_itself(&self) -> bool {
        self.needed.is_some()
    }

    fn pays_for(&self) -> Option<&str> {
        Some(REBOOT)
    }

    fn destroys(&self) -> bool {
        true
    }

    fn reboots_within(&self) -> Option<u32> {
        Some(self.within)
    }
}
