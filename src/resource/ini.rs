//! `ini`: a setting of a file with `key = value` lines in `[sections]`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{check_line, check_path};
use super::{FileView, Invalid, Presence, State};
use crate::script::{Read, Script, Secret};
use crate::sh;

/// A value in a file of `key = value` lines, such as `php.ini`, `my.cnf` or `/etc/default/…`.
///
/// All else in the file stays as it is: comments, order, spaces, owner, mode, the way lines end. A key that stands there
/// several times is left once. A section and a file that are not there are made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ini {
    /// The absolute path of the file; its directory must be there already.
    #[serde(rename = "ini")]
    pub path: String,
    /// The name of the section, without its brackets; when not said, what stands before the first section.
    pub section: Option<String>,
    /// The key, as it is written.
    pub key: String,
    /// Its value, as it is written: quotes are part of it.
    pub value: Option<String>,
    /// What stands between a new key and its value, such as ` = `; a present line keeps what it has.
    #[serde(default = "equals")]
    pub separator: String,
    /// Whether the key should be there.
    #[serde(default)]
    pub state: Presence,
    /// Whether the value is kept out of diffs, logs and reports.
    #[serde(default)]
    pub secret: bool,
}

fn equals() -> String {
    "=".to_owned()
}

impl Ini {
    /// `key` of `section` in the file at `path`.
    pub fn new(
        path: impl Into<String>,
        section: &str,
        key: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        Self {
            path: path.into(),
            section: Some(section.to_owned()).filter(|section| !section.is_empty()),
            key: key.into(),
            value: Some(value.into()),
            separator: equals(),
            state: Presence::Present,
            secret: false,
        }
    }

    fn place(&self) -> Script {
        let section = self.section.as_deref().unwrap_or_default();
        sh!("{} {}", section, &self.key)
    }

    fn word(&self) -> Script {
        let value = self.value.clone().unwrap_or_default();
        if self.secret {
            Script::from(&Secret::new(value))
        } else {
            Script::from(value)
        }
    }

    /// The file, the key's place there and, where it should be there, what it is set to.
    fn edit(&self) -> Script {
        let key = sh!("{} {}", Script::path(&self.path), self.place());
        if self.state.is_absent() {
            return key;
        }
        sh!("{} {} {}", key, self.word(), &self.separator)
    }
}

impl State for Ini {
    fn title(&self) -> String {
        match &self.section {
            Some(section) => format!("ini {}: [{section}] {}", self.path, self.key),
            None => format!("ini {}: {}", self.path, self.key),
        }
    }

    fn check(&self) -> Script {
        let path = Read::Path(self.path.clone());
        let text = Script::path(&self.path);
        if self.state.is_absent() {
            return sh!(
                "{}; [ -z \"$path_type\" ] || { [ \"$path_type\" = 8 ] && text_state {} && ini_find {} '' && [ -z \"$found\" ]; }",
                path,
                text,
                self.place()
            );
        }
        sh!(
            "{}; [ \"$path_type\" = 8 ] && text_state {} && ini_find {} {} && [ \"$found\" = same ]",
            path,
            text,
            self.place(),
            self.word()
        )
    }

    fn apply(&self) -> Script {
        if self.state.is_absent() {
            return sh!("ini_drop {}", self.edit());
        }
        sh!("ini_set {}", self.edit())
    }

    fn files(&self) -> Vec<FileView<'_>> {
        let verb = Script::raw(if self.state.is_absent() {
            "'' '' drop"
        } else {
            "set"
        });
        let show = sh!(
            "show_edit {} ini_new {} {}",
            Script::path(&self.path),
            self.edit(),
            verb
        );
        vec![FileView {
            secret: self.secret,
            ..FileView::edited(&self.path, show)
        }]
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_path("ini", &self.path)?;
        let refused = |key, text: &str, bad: &[char], why: &str| {
            if text != text.trim() || text.starts_with('[') || text.contains(bad) {
                return Err(Invalid::of(key)(format!("{text:?} cannot be a {key}: {why}")));
            }
            Ok(())
        };
        if let Some(section) = &self.section {
            check_line("section", section)?;
            refused(
                "section",
                section,
                &[']'],
                "write its name without brackets or spaces around it",
            )?;
        }
        check_line("key", &self.key)?;
        let no_key = "it would be read as something else";
        refused("key", &self.key, &['='], no_key)?;
        if self.key.starts_with(['#', ';']) {
            return Err(Invalid::of("key")(format!(
                "{:?} cannot be a key: {no_key}",
                self.key
            )));
        }
        if self.separator.trim_matches([' ', '\t']) != "=" {
            return Err(Invalid::of("separator")(format!(
                "{:?} is no separator; write a `=`, with or without spaces around it",
                self.separator
            )));
        }
        match &self.value {
            None if !self.state.is_absent() => Err(format!("the key {} needs a `value`", self.key).into()),
            Some(_) if self.state.is_absent() => Err(Invalid::of("value")(format!(
                "the key {} cannot be absent and have a value",
                self.key
            ))),
            Some(value) if value.is_empty() => Ok(()),
            Some(value) => {
                check_line("value", value)?;
                let spaces = value.as_str() != value.trim_matches([' ', '\t']);
                let why =
                    "spaces around a value are not part of it; use quotes, if the file's reader knows them";
                if spaces {
                    Err(Invalid::of("value")(why.to_owned()))
                } else {
                    Ok(())
                }
            }
            None => Ok(()),
        }
    }

    fn secrets(&self) -> Vec<Secret> {
        let value = self.value.iter().filter(|value| self.secret && !value.is_empty());
        value.map(|value| Secret::new(value.as_str())).collect()
    }
}
