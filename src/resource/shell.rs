//! `sh`: a user's own check and apply, for what no other resource does.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Invalid, State};
use crate::script::Script;
use crate::sh;

/// Two pieces of shell text: one asks, one acts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sh {
    /// The texts.
    pub sh: Texts,
    /// What to call the step; when not said, the first line of its apply.
    pub title: Option<String>,
}

/// The texts of a [`Sh`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table with `check` and `apply`")]
pub struct Texts {
    /// Exit status 0 when there is nothing to do. It also runs in a dry-run and must change nothing.
    pub check: String,
    /// Brings it about; the first command that fails ends it.
    pub apply: String,
}

impl Sh {
    /// A step that asks with `check` and acts with `apply`.
    pub fn new(check: impl Into<String>, apply: impl Into<String>) -> Self {
        Self {
            sh: Texts {
                check: check.into(),
                apply: apply.into(),
            },
            title: None,
        }
    }
}

impl State for Sh {
    fn title(&self) -> String {
        match &self.title {
            Some(title) => title.clone(),
            None => {
                let line = self.sh.apply.trim().lines().next().unwrap_or_default();
                let short: String = line.chars().take(60).collect();
                format!("sh {short}{}", if short.len() < line.len() { "…" } else { "" })
            }
        }
    }

    fn check(&self) -> Script {
        sh!("user_check {}", &self.sh.check)
    }

    fn apply(&self) -> Script {
        sh!("user_apply {}", &self.sh.apply)
    }

    fn asks_itself(&self) -> bool {
        true
    }

    fn validate(&self) -> Result<(), Invalid> {
        match (self.sh.check.trim(), self.sh.apply.trim()) {
            ("", _) => Err(Invalid::of("sh")(
                "a `sh` step needs a `check` that says when there is nothing to do".to_owned(),
            )),
            (_, "") => Err(Invalid::of("sh")("a `sh` step needs an `apply`".to_owned())),
            _ => Ok(()),
        }
    }
}
