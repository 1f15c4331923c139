//! `sh`: a user's own check and apply, for what no other resource does.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Invalid, State};
use crate::script::{Script, Secret, Text};
use crate::sh;

/// Two pieces of shell text: one asks, one acts.
///
/// Values are best handed over as `variables`: they are data there, whatever they hold, while a template in the text
/// itself becomes shell text. A secret can only be handed over so.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sh {
    /// The texts.
    pub sh: Texts,
    /// What to call the step; when not said, the first line of its apply.
    pub title: Option<String>,
    /// Shell variables, not exported, that both texts find set.
    #[serde(default)]
    pub variables: BTreeMap<String, Text>,
    /// A shell variable that later `sh` steps of the same module find set to what the check printed, its last newlines
    /// left out, 64 KiB at most.
    pub output: Option<String>,
    /// The driver's variables that hold the outputs of earlier steps, by output.
    #[serde(skip)]
    pub outputs: BTreeMap<String, String>,
    /// The driver's variable that holds its own output.
    #[serde(skip)]
    pub held: Option<String>,
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
            variables: BTreeMap::new(),
            output: None,
            outputs: BTreeMap::new(),
            held: None,
        }
    }

    fn given(&self) -> Script {
        given(&self.outputs, &self.variables)
    }

    /// The name of the driver's variable that holds the output `name` of a module.
    pub fn held(module: &str, name: &str) -> String {
        let mut held = "out".to_owned();
        for part in [module, name] {
            held.push('_');
            for c in part.chars() {
                match c {
                    c if c.is_ascii_alphanumeric() => held.push(c),
                    c => held += &format!("_{:x}_", u32::from(c)),
                }
            }
        }
        held
    }
}

/// The variables a text finds set, as the functions that run it take them: names, each with `=` and its value, or with
/// the name of the driver's variable that holds it.
pub(super) fn given(outputs: &BTreeMap<String, String>, variables: &BTreeMap<String, Text>) -> Script {
    let mut words = Script::default();
    // What the step itself sets under the same name is nearer.
    for (name, held) in outputs.iter().filter(|(name, _)| !variables.contains_key(*name)) {
        words.append(sh!(" {} {}", name, held));
    }
    for (name, value) in variables {
        let word = format!("={}", value.expose());
        match value {
            Text::Secret(_) => words.append(sh!(" {} {}", name, &Secret::new(word))),
            Text::Plain(_) => words.append(sh!(" {} {}", name, word)),
        }
    }
    words
}

/// Refuses names that no variable can have, each as the value of the key beside it.
pub(super) fn check_variables<'a>(
    names: impl IntoIterator<Item = (&'static str, &'a String)>,
) -> Result<(), Invalid> {
    for (key, name) in names {
        if !is_variable(name) {
            return Err(Invalid::of(key)(format!(
                "{name:?} cannot be a variable's name: write small letters, digits and `_`"
            )));
        }
    }
    Ok(())
}

/// Whether `name` can be a variable: small letters, digits and `_`, so that it is none the shell itself looks at.
fn is_variable(name: &str) -> bool {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.len() <= 64 && name.chars().all(letters)
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
        match &self.held {
            Some(held) => sh!("user_ask {} {}{}", held, &self.sh.check, self.given()),
            None => sh!("user_check {}{}", &self.sh.check, self.given()),
        }
    }

    fn apply(&self) -> Script {
        sh!("user_apply {}{}", &self.sh.apply, self.given())
    }

    fn asks_itself(&self) -> bool {
        true
    }

    fn hands_on(&self) -> Option<&str> {
        self.held.as_deref()
    }

    fn secrets(&self) -> Vec<Secret> {
        let secrets = self.variables.values().filter_map(Text::secret);
        secrets.cloned().collect()
    }

    fn validate(&self) -> Result<(), Invalid> {
        let names = self.variables.keys().map(|name| ("variables", name));
        check_variables(names.chain(self.output.iter().map(|name| ("output", name))))?;
        match (self.sh.check.trim(), self.sh.apply.trim()) {
            ("", _) => Err(Invalid::of("sh")(
                "a `sh` step needs a `check` that says when there is nothing to do".to_owned(),
            )),
            (_, "") => Err(Invalid::of("sh")("a `sh` step needs an `apply`".to_owned())),
            _ => Ok(()),
        }
    }
}
