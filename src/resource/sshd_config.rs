//! `sshd_config`: settings of the SSH server, tried before they count.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::check_content;
use super::whole::Whole;
use super::{FileView, Invalid, Presence, State};
use crate::script::Script;
use crate::sh;

/// A file of settings in `/etc/ssh/sshd_config.d`.
///
/// All settings together, with this file among them, are first given to `sshd -t`, and then asked whether they would
/// still let in the user, from the address and on the port, that this run came in by. What is wrong, or would shut the
/// door behind us, never lands. The server reads it when a `service` step reloads it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SshdConfig {
    /// The file's name without `.conf`. For most settings the server takes the first it reads, so `00-…` wins.
    #[serde(rename = "sshd_config")]
    pub name: String,
    /// The settings, as in `sshd_config(5)`.
    pub content: Option<String>,
    /// Whether it should be there.
    #[serde(default)]
    pub state: Presence,
}

impl SshdConfig {
    /// The settings `content` in a file called `name`.
    pub fn new(name: impl Into<String>, content: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            content: Some(content.into()),
            state: Presence::Present,
        }
    }

    fn file(&self) -> String {
        format!("{}.conf", self.name)
    }

    fn whole(&self) -> Whole {
        Whole::new(
            format!("/etc/ssh/sshd_config.d/{}", self.file()),
            self.content.clone().unwrap_or_default(),
        )
    }
}

impl State for SshdConfig {
    fn title(&self) -> String {
        format!("sshd_config {}", self.name)
    }

    fn check(&self) -> Script {
        if self.state.is_absent() {
            return self.whole().is_gone();
        }
        self.whole().holds()
    }

    fn apply(&self) -> Script {
        if self.state.is_absent() {
            return sh!(
                "sshd_copy\nrm -f -- \"$run/sshd/sshd_config.d/\"{}\nsshd_try\n{}",
                self.file(),
                self.whole().remove()
            );
        }
        sh!(
            "sshd_copy\n{} >\"$run/sshd/sshd_config.d/\"{}\nsshd_try\nmkdir -p /etc/ssh/sshd_config.d\n{}",
            self.whole().produce(),
            self.file(),
            self.whole().place()
        )
    }

    fn files(&self) -> Vec<FileView<'_>> {
        vec![self.whole().view(self.state.is_absent())]
    }

    fn destroys(&self) -> bool {
        self.state.is_absent()
    }

    fn validate(&self) -> Result<(), Invalid> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if self.name.is_empty() || self.name.starts_with(['-', '.']) || !self.name.chars().all(fits) {
            return Err(Invalid::of("sshd_config")(format!(
                "{:?} cannot be a file's name here",
                self.name
            )));
        }
        if self.name.strip_suffix(".conf").is_some() {
            return Err(Invalid::of("sshd_config")(format!(
                "write {:?} without its ending",
                self.name
            )));
        }
        let what = format!("the settings {}", self.name);
        check_content(&what, self.content.as_deref(), self.state)?;
        match &self.content {
            Some(content) if content.contains(|c: char| c.is_control() && c != '\n' && c != '\t') => Err(
                Invalid::of("content")("the settings have a control character in them".to_owned()),
            ),
            _ => Ok(()),
        }
    }
}
