//! `line`: one line of a text file.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{check_line, check_path};
use super::pattern::{anchor, check_anchor};
use super::{FileView, Invalid, Pattern, Presence, State};
use crate::script::{Read, Script, Secret};
use crate::sh;

/// A line of a text file that others write, too.
///
/// The file keeps its owner, its mode, the way its lines end (also as on Windows) and a missing end of its last line; a
/// file that is not there is made. Anything but a regular file is left alone: the step fails and says so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The absolute path of the file; its directory must be there already.
    #[serde(rename = "line")]
    pub path: String,
    /// The line, without its end.
    pub text: Option<String>,
    /// A POSIX extended regular expression for the lines that the text takes the place of: the first becomes the text,
    /// further ones go. With `state = "absent"` all lines that match go. It is seen in the host's list of processes.
    #[serde(rename = "match")]
    pub pattern: Option<Pattern>,
    /// A new line goes before the first line that matches this; at the end of the file when none does.
    pub before: Option<Pattern>,
    /// A new line goes after the last line that matches this; at the end of the file when none does.
    pub after: Option<Pattern>,
    /// Whether it should be there.
    #[serde(default)]
    pub state: Presence,
    /// Whether the text is kept out of titles, diffs, logs and reports.
    #[serde(default)]
    pub secret: bool,
}

impl Line {
    /// The line `text` in the file at `path`.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: Some(text.into()),
            ..Self::default()
        }
    }

    fn word(&self) -> Script {
        let text = self.text.clone().unwrap_or_default();
        if self.secret {
            Script::from(&Secret::new(text))
        } else {
            Script::from(text)
        }
    }

    /// The file, the line and what else is taken for it.
    fn edit(&self) -> Script {
        let pattern = self.pattern.as_ref().map_or(Script::raw("''"), Script::from);
        sh!("{} {} {}", Script::path(&self.path), self.word(), pattern)
    }
}

impl State for Line {
    fn title(&self) -> String {
        let which = match (&self.pattern, &self.text) {
            (Some(pattern), _) if self.secret || self.text.is_none() => pattern.as_str(),
            (_, Some(text)) if !self.secret => text,
            _ => "********",
        };
        format!("line {}: {which}", self.path)
    }

    fn check(&self) -> Script {
        let path = || Script::path(&self.path);
        let is_file = sh!("[ \"$path_type\" = 8 ] && {\ntext_state {}\n", path());
        let mut script = sh!("{}; ", Read::Path(self.path.clone()));
        if self.state.is_absent() {
            script.append(Script::raw("[ -z \"$path_type\" ] || "));
        }
        script.append(is_file);
        match (&self.text, self.state) {
            (Some(_), Presence::Present) => script.append(sh!("text_has {}", self.word())),
            (Some(_), Presence::Absent) => script.append(sh!("text_lacks {}", self.word())),
            (None, _) => script.append(Script::raw(":")),
        }
        if let Some(pattern) = &self.pattern {
            let but = if self.state.is_absent() {
                Script::raw("''")
            } else {
                self.word()
            };
            script.append(sh!(" && text_only {} {}", pattern, but));
        }
        script.append(Script::raw("\n}"));
        script
    }

    fn apply(&self) -> Script {
        if self.state.is_absent() {
            return sh!("line_drop {}", self.edit());
        }
        let anchor = anchor(self.before.as_ref(), self.after.as_ref());
        sh!("line_set {} {}", self.edit(), anchor)
    }

    fn files(&self) -> Vec<FileView<'_>> {
        let place = if self.state.is_absent() {
            Script::raw("drop")
        } else {
            anchor(self.before.as_ref(), self.after.as_ref())
        };
        let show = sh!(
            "show_edit {} line_new {} {}",
            Script::path(&self.path),
            self.edit(),
            place
        );
        vec![FileView {
            secret: self.secret,
            ..FileView::edited(&self.path, show)
        }]
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_path("line", &self.path)?;
        if let Some(text) = &self.text {
            check_line("text", text)?;
        }
        check_anchor(self.before.as_ref(), self.after.as_ref(), self.state.is_absent())?;
        match (&self.text, &self.pattern) {
            (None, _) if !self.state.is_absent() => {
                Err(format!("the line of {} needs a `text`", self.path).into())
            }
            (None, None) => Err(format!(
                "say by `text` or `match` which line of {} should be absent",
                self.path
            )
            .into()),
            _ => Ok(()),
        }
    }

    fn secrets(&self) -> Vec<Secret> {
        let text = self.text.iter().filter(|_| self.secret);
        text.map(|text| Secret::new(text.as_str())).collect()
    }
}
