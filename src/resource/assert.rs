//! `assert`: what must hold on a host before anything is changed there.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::check_line;
use super::shell::{check_variables, given};
use super::{Invalid, State};
use crate::script::{Script, Secret, Text};
use crate::sh;

/// A condition that must hold on the host.
///
/// It is looked at with all other checks, before anything is changed, wherever it stands in the profile: where it does
/// not hold, the step has failed and nothing is changed on that host, in a push as in a dry-run. So it cannot wait for
/// what an earlier step brings about; `wait_for` can. With `on_failure = "continue"`, its own or its module's, only what
/// that leaves out is not done, and the rest of the host's steps is.
///
/// The check is shell text, as that of a `sh` step, and finds set what earlier `sh` steps of the module have as their
/// `output`; values are best handed over as `variables`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assert {
    /// What must hold, in words: the step is called by it.
    #[serde(rename = "assert")]
    pub condition: String,
    /// Exit status 0 when it holds. It also runs in a dry-run and must change nothing.
    pub check: String,
    /// What to tell who reads that it does not hold, such as what to do.
    pub message: Option<String>,
    /// Shell variables, not exported, that the check finds set.
    #[serde(default)]
    pub variables: BTreeMap<String, Text>,
    /// The driver's variables that hold the outputs of earlier steps, by output.
    #[serde(skip)]
    pub outputs: BTreeMap<String, String>,
}

impl State for Assert {
    fn title(&self) -> String {
        format!("assert {}", self.condition)
    }

    fn check(&self) -> Script {
        sh!(
            "user_check {}{}",
            &self.check,
            given(&self.outputs, &self.variables)
        )
    }

    /// It is only come to where other steps go on without it, or where one of them has broken it.
    fn apply(&self) -> Script {
        match &self.message {
            Some(message) => sh!("say {}\nfalse", message),
            None => Script::raw("false"),
        }
    }

    fn asks_itself(&self) -> bool {
        true
    }

    fn assertion(&self) -> Option<&str> {
        Some(self.message.as_deref().unwrap_or_default())
    }

    fn secrets(&self) -> Vec<Secret> {
        self.variables
            .values()
            .filter_map(Text::secret)
            .cloned()
            .collect()
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_line("assert", &self.condition)?;
        check_variables(self.variables.keys().map(|name| ("variables", name)))?;
        if self.check.trim().is_empty() {
            return Err(Invalid::of("check")(
                "the check is empty, and would hold everywhere".to_owned(),
            ));
        }
        Ok(())
    }
}
