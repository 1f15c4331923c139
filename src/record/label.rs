//! The first line of a record: enough to list it without reading the rest.

use serde::{Deserialize, Serialize};

use super::moment::Moment;
use crate::event::line::VERSION;
use crate::event::{HostPlan, Mode};
use crate::name::Name;
use crate::report::fold;
use crate::report::html::About;

/// Longer lists of hosts are cut: the events name them all.
const MAX_NAMES: usize = 200;

/// What a record is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    v: u32,
    /// Always `recorded`: readers of events pass over it as they do over any event they do not know.
    event: String,
    /// The run's id.
    pub run: String,
    /// When the run began.
    pub began: Moment,
    /// The version of the program that wrote it.
    pub program: String,
    /// What the run was for.
    pub mode: Mode,
    /// The profile pushed, or none for a command.
    pub profile: Option<Name>,
    /// How many hosts.
    pub hosts: usize,
    /// Their names, folded; the beginning of them when they are many.
    pub names: String,
    /// The command of an ad-hoc run, as far as it was told to us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

impl Label {
    /// A label for a run that is to begin on `hosts`.
    pub fn new(
        run: &str,
        began: Moment,
        mode: Mode,
        profile: Option<&Name>,
        hosts: &[HostPlan],
        command: Option<&str>,
    ) -> Self {
        let mut names = fold::fold(hosts.iter().map(|plan| plan.host.as_str()));
        if names.len() > MAX_NAMES {
            // Names and ranges are ASCII, so any place is a character's.
            let end = names[..MAX_NAMES].rfind(", ").unwrap_or(MAX_NAMES);
            names.truncate(end);
            names.push_str(", …");
        }
        Self {
            v: VERSION,
            event: "recorded".to_owned(),
            run: run.to_owned(),
            began,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            mode,
            profile: profile.cloned(),
            hosts: hosts.len(),
            names,
            command: command.map(str::to_owned),
        }
    }

    /// What a page about the run says beside its events.
    pub fn about(&self) -> About {
        About {
            run: Some(self.run.clone()),
            began: Some(self.began.to_string()),
            command: self.command.clone(),
        }
    }

    /// Reads a label; none when `line` is something else.
    pub fn parse(line: &[u8]) -> Option<Self> {
        let label: Self = serde_json::from_slice(line).ok()?;
        (label.v == VERSION && label.event == "recorded").then_some(label)
    }
}
