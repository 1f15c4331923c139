//! `link`: a symbolic link.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::check_path;
use super::{Invalid, Presence, State};
use crate::script::{Read, Script};
use crate::sh;

/// A symbolic link. Only a link is replaced; a file or directory in its place makes the step fail.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Its absolute path.
    #[serde(rename = "link")]
    pub path: String,
    /// What it points to, as it is written into it; it need not exist.
    pub target: Option<String>,
    /// Whether it should be there.
    #[serde(default)]
    pub state: Presence,
}

impl Link {
    /// A link at `path` to `target`.
    pub fn new(path: impl Into<String>, target: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            target: Some(target.into()),
            state: Presence::Present,
        }
    }

    /// No link at `path`.
    pub fn absent(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            target: None,
            state: Presence::Absent,
        }
    }
}

impl State for Link {
    fn title(&self) -> String {
        format!("link {}", self.path)
    }

    fn check(&self) -> Script {
        let path = Read::Path(self.path.clone());
        match &self.target {
            Some(target) => sh!(
                "{}; [ \"$path_type\" = a ] && [ \"$path_target\" = {} ]",
                path,
                target
            ),
            None => sh!("{}; [ -z \"$path_type\" ]", path),
        }
    }

    fn apply(&self) -> Script {
        let path = || Script::path(&self.path);
        let only_a_link = sh!(
            "[ -L {} ] || [ ! -e {} ] || refuse_other {} link\n",
            path(),
            path(),
            path()
        );
        match &self.target {
            Some(target) => sh!("{}ln -sfn -- {} {}", only_a_link, target, path()),
            None => sh!("{}rm -f -- {}", only_a_link, path()),
        }
    }

    fn destroys(&self) -> bool {
        self.state.is_absent()
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_path("link", &self.path)?;
        if self.path == "/" {
            return Err(Invalid::of("link")("/ is a directory".to_owned()));
        }
        match (&self.target, self.state) {
            (None, Presence::Present) => Err(format!("the link {} needs a `target`", self.path).into()),
            (Some(_), Presence::Absent) => Err(Invalid::of("target")(format!(
                "the link {} cannot be absent and have a target",
                self.path
            ))),
            (Some(target), _) if target.is_empty() || target.chars().any(char::is_control) => Err(
                Invalid::of("target")(format!("the link {} cannot point to {target:?}", self.path)),
            ),
            _ => Ok(()),
        }
    }
}
