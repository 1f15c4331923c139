//! `sudoers`: rules of sudo, checked before they count.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::check_content;
use super::whole::Whole;
use super::{FileView, Invalid, Presence, State};
use crate::script::Script;
use crate::sh;

/// A file of rules in `/etc/sudoers.d`.
///
/// `visudo -c` checks it before it lands, and all rules together behind that: what is wrong never counts, because it
/// would leave everybody without sudo.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sudoers {
    /// The file's name in `/etc/sudoers.d`, without a dot: sudo leaves names with one out.
    #[serde(rename = "sudoers")]
    pub name: String,
    /// The rules, such as `deploy ALL=(ALL) NOPASSWD: ALL`; see sudoers(5).
    pub content: Option<String>,
    /// Whether it should be there.
    #[serde(default)]
    pub state: Presence,
}

impl Sudoers {
    /// The rules `content` in a file called `name`.
    pub fn new(name: impl Into<String>, content: impl Into<String>) -> Self {
        let mut content = content.into();
        if !content.ends_with('\n') {
            content.push('\n');
        }
        Self {
            name: name.into(),
            content: Some(content),
            state: Presence::Present,
        }
    }

    fn path(&self) -> String {
        format!("/etc/sudoers.d/{}", self.name)
    }

    /// The mode is the one that sudo asks of its files.
    fn whole(&self) -> Whole {
        let content = self.content.clone().unwrap_or_default();
        let end = if content.ends_with('\n') { "" } else { "\n" };
        Whole::new(self.path(), content + end).mode(0o440)
    }
}

impl State for Sudoers {
    fn title(&self) -> String {
        format!("sudoers {}", self.name)
    }

    fn check(&self) -> Script {
        if self.state.is_absent() {
            return self.whole().is_gone();
        }
        self.whole().holds()
    }

    fn apply(&self) -> Script {
        if self.state.is_absent() {
            return self.whole().remove();
        }
        sh!("{} | sudoers_place {}", self.whole().produce(), self.path())
    }

    fn destroys(&self) -> bool {
        self.state.is_absent()
    }

    fn files(&self) -> Vec<FileView<'_>> {
        vec![self.whole().view(self.state.is_absent())]
    }

    fn validate(&self) -> Result<(), Invalid> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if self.name.is_empty() || self.name.starts_with('-') || !self.name.chars().all(fits) {
            return Err(Invalid::of("sudoers")(format!(
                "{:?} cannot be the name of a file of rules: sudo reads those of letters, digits, `_` and `-`",
                self.name
            )));
        }
        let what = format!("the rules {}", self.name);
        check_content(&what, self.content.as_deref(), self.state)
    }
}
