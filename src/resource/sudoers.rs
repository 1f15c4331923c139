//! `sudoers`: rules of sudo, checked before they count.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::digest;
use super::{Invalid, Mode, Presence, State};
use crate::script::{Read, Script};
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

/// What sudo itself asks of its files.
const MODE: Mode = Mode::new(0o440);

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

    fn text(&self) -> String {
        let content = self.content.clone().unwrap_or_default();
        let end = if content.ends_with('\n') { "" } else { "\n" };
        content + end
    }
}

impl State for Sudoers {
    fn title(&self) -> String {
        format!("sudoers {}", self.name)
    }

    fn check(&self) -> Script {
        let path = Read::Path(self.path());
        if self.state.is_absent() {
            return sh!("{}; [ -z \"$path_type\" ]", path);
        }
        sh!(
            "{}; [ \"$path_type$path_mode$path_owner\" = {} ] && {} && [ \"$digest\" = {} ]",
            path,
            format!("8{}root", MODE.hex()),
            Read::Digest(self.path()),
            digest(self.text().as_bytes())
        )
    }

    fn apply(&self) -> Script {
        if self.state.is_absent() {
            return sh!("rm -f -- {}", self.path());
        }
        sh!("{} | sudoers_place {}", Script::produce(self.text()), self.path())
    }

    fn validate(&self) -> Result<(), Invalid> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if self.name.is_empty() || self.name.starts_with('-') || !self.name.chars().all(fits) {
            return Err(Invalid::of("sudoers")(format!(
                "{:?} cannot be the name of a file of rules: sudo reads those of letters, digits, `_` and `-`",
                self.name
            )));
        }
        match &self.content {
            None if !self.state.is_absent() => {
                Err(format!("the rules {} need a `content`", self.name).into())
            }
            Some(_) if self.state.is_absent() => Err(Invalid::of("content")(format!(
                "the rules {} cannot be absent and have content",
                self.name
            ))),
            _ => Ok(()),
        }
    }
}
