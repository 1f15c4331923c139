//! `directory`: a directory with given mode and owner.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{Access, check_path};
use super::{Invalid, Mode, Presence, State};
use crate::script::{Read, Script};
use crate::sh;

/// A directory. What is not said about it stays as it is; missing parents are made with it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// Its absolute path.
    #[serde(rename = "directory")]
    pub path: String,
    /// Permission bits.
    pub mode: Option<Mode>,
    /// Owner, by name or number.
    pub owner: Option<String>,
    /// Group, by name or number.
    pub group: Option<String>,
    /// Whether it should be there. Absent removes it with all it holds.
    #[serde(default)]
    pub state: Presence,
}

impl Directory {
    /// A directory at `path` with the defaults for all else.
    pub fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            mode: None,
            owner: None,
            group: None,
            state: Presence::Present,
        }
    }

    fn access(&self) -> Access<'_> {
        Access {
            mode: self.mode,
            owner: self.owner.as_deref(),
            group: self.group.as_deref(),
        }
    }
}

impl State for Directory {
    fn title(&self) -> String {
        format!("directory {}", self.path)
    }

    fn check(&self) -> Script {
        let path = Read::Path(self.path.clone());
        if self.state.is_absent() {
            return sh!("{}; [ -z \"$path_type\" ]", path);
        }
        let mut script = sh!("{}; [ \"$path_type\" = 4 ]", path);
        script.append(self.access().conditions());
        script
    }

    fn apply(&self) -> Script {
        let path = || Script::path(&self.path);
        if self.state.is_absent() {
            return sh!(
                "{ [ -d {} ] && [ ! -L {} ]; } || refuse_other {} directory\nrm -rf -- {}",
                path(),
                path(),
                path(),
                path()
            );
        }
        let mut script = sh!(
            "{ [ ! -e {} ] && [ ! -L {} ]; } || { [ -d {} ] && [ ! -L {} ]; } || refuse_other {} directory\nmkdir -p -- {}",
            path(),
            path(),
            path(),
            path(),
            path(),
            path()
        );
        script.append(sh!("\nown {} {}", path(), self.access().who()));
        if let Some(mode) = self.mode {
            script.append(sh!("\nchmod {} {}", mode.octal(), path()));
        }
        script
    }

    fn destroys(&self) -> bool {
        self.state.is_absent()
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_path("directory", &self.path)?;
        if self.state.is_absent() && self.path.starts_with('/') && self.path.matches('/').count() < 2 {
            let message = format!(
                "{} is too near the root to be removed with all it holds",
                self.path
            );
            return Err(Invalid::of("directory")(message));
        }
        self.access().validate(self.state)
    }
}
