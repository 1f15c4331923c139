//! `timezone`: the time that the host's clocks show.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{FileView, Invalid, State};
use crate::script::{Read, Script};
use crate::sh;

/// The host's time zone: `/etc/localtime`, and `/etc/timezone` where a host has that.
///
/// What runs already may show the old time until it is restarted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Timezone {
    /// Its name in the tz database, such as `Europe/Berlin` or `Etc/UTC`; the host's package `tzdata` brings them.
    #[serde(rename = "timezone")]
    pub name: String,
}

impl Timezone {
    /// The zone `name`.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }

    fn file(&self) -> String {
        format!("/usr/share/zoneinfo/{}", self.name)
    }
}

impl State for Timezone {
    fn title(&self) -> String {
        format!("timezone {}", self.name)
    }

    fn check(&self) -> Script {
        sh!(
            "{} && case $path_type$path_target in a{} | a..{}) [ -e {} ] && timezone_file {} ;; *) false ;; esac",
            Read::Path("/etc/localtime".to_owned()),
            self.file(),
            self.file(),
            self.file(),
            &self.name
        )
    }

    fn apply(&self) -> Script {
        sh!("timezone_set {}", &self.name)
    }

    fn files(&self) -> Vec<FileView<'_>> {
        let show = sh!("show_edit /etc/timezone timezone_new {}", &self.name);
        vec![FileView::edited("/etc/timezone", show)]
    }

    fn validate(&self) -> Result<(), Invalid> {
        let part = |part: &str| {
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+');
            !part.is_empty() && !part.starts_with('-') && part.chars().all(fits)
        };
        if self.name.split('/').all(part) && self.name.len() < 100 {
            return Ok(());
        }
        let message = format!(
            "{:?} is no time zone; write its name in the tz database, such as \"Europe/Berlin\"",
            self.name
        );
        Err(Invalid::of("timezone")(message))
    }
}
