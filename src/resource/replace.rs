//! `replace`: text that stands for other text wherever that is in a file.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::check_path;
use super::{FileView, Invalid, Pattern, State};
use crate::script::{Read, Script, Secret};
use crate::sh;

/// Replaces all that matches a pattern, line by line, in a text file that is there.
///
/// The state holds when replacing once more would change nothing; a replacement that matches again and grows fails.
/// The file keeps its owner, its mode, the way its lines end and a missing end of its last line.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replace {
    /// The absolute path of the file. A dry-run on a host where it is not there yet says that it would change.
    #[serde(rename = "replace")]
    pub path: String,
    /// A POSIX extended regular expression for what is replaced. `^` and `$` are the ends of a line.
    #[serde(rename = "match")]
    pub pattern: Pattern,
    /// What stands there instead; `\1` to `\9` are the pattern's groups, and `\\` is a backslash.
    pub with: String,
    /// Whether the replacement is kept out of diffs, logs and reports.
    #[serde(default)]
    pub secret: bool,
}

/// What parts a sed command; no pattern and no replacement has it in it.
const PART: char = '\u{1}';

impl Replace {
    /// The right side of sed's command, where `&` has a meaning of its own.
    fn right(&self) -> Result<String, String> {
        let mut right = String::new();
        let mut rest = self.with.chars();
        while let Some(c) = rest.next() {
            match c {
                '\\' => match rest.next() {
                    Some(digit @ '1'..='9') => {
                        let group = digit as usize - '0' as usize;
                        let groups = self.pattern.groups();
                        if group > groups {
                            return Err(format!(
                                "`\\{digit}` stands for no group: the pattern has {groups}"
                            ));
                        }
                        right.extend(['\\', digit]);
                    }
                    Some('\\') => right.push_str("\\\\"),
                    _ => {
                        return Err(
                            "a `\\` stands before a group's number; write `\\\\` for the character"
                                .to_owned(),
                        );
                    }
                },
                '&' => right.push_str("\\&"),
                c if c.is_control() && c != '\t' => return Err(format!("{c:?} cannot stand in a line")),
                c => right.push(c),
            }
        }
        Ok(right)
    }

    /// The commands for sed: a carriage return at a line's end is set aside meanwhile.
    fn commands(&self) -> Script {
        let command = format!(
            "s{PART}{}{PART}{}{PART}g",
            self.pattern.as_str(),
            self.right().unwrap_or_default()
        );
        let text = format!("/\r$/{{\ns/\r$//\n{command}\ns/$/\r/\nb\n}}\n{command}");
        if self.secret {
            Script::from(&Secret::new(text))
        } else {
            Script::from(text)
        }
    }
}

impl State for Replace {
    fn title(&self) -> String {
        format!("replace {}: {}", self.path, self.pattern.as_str())
    }

    fn check(&self) -> Script {
        sh!(
            "{}; [ \"$path_type\" = 8 ] && replace_holds {} {}",
            Read::Path(self.path.clone()),
            Script::path(&self.path),
            self.commands()
        )
    }

    fn apply(&self) -> Script {
        sh!("replace_all {} {}", Script::path(&self.path), self.commands())
    }

    fn files(&self) -> Vec<FileView<'_>> {
        let path = || Script::path(&self.path);
        let show = sh!("show_edit {} replace_new {} {}", path(), path(), self.commands());
        vec![FileView {
            secret: self.secret,
            ..FileView::edited(&self.path, show)
        }]
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_path("replace", &self.path)?;
        self.right().map(|_| ()).map_err(Invalid::of("with"))
    }

    fn asks_itself(&self) -> bool {
        true
    }

    fn secrets(&self) -> Vec<Secret> {
        let secret = self.secret && !self.with.is_empty();
        secret
            .then(|| Secret::new(self.with.as_str()))
            .into_iter()
            .collect()
    }
}
