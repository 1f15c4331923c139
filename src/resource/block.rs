//! `block`: some lines of a text file, between two marks.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{check_line, check_path};
use super::pattern::{anchor, check_anchor};
use super::{FileView, Invalid, Pattern, Presence, State};
use crate::script::{Read, Script, Secret};
use crate::sh;

/// Lines that stand together in a text file that others write, too, between `# BEGIN NAME` and `# END NAME`.
///
/// All between the marks is the block's; nothing else is touched. The file keeps its owner, its mode, the way its lines
/// end and a missing end of its last line; a file that is not there is made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// The absolute path of the file; its directory must be there already.
    #[serde(rename = "block")]
    pub path: String,
    /// The lines; the end of the last one may be left out.
    pub content: Option<String>,
    /// What tells the block from others in the same file; it stands in the marks.
    #[serde(default = "provision")]
    pub name: String,
    /// What begins a comment in the file's language; the marks are comments.
    #[serde(default = "hash")]
    pub comment: String,
    /// What ends a comment, such as ` -->`, where the language needs that.
    #[serde(default)]
    pub comment_end: String,
    /// A new block goes before the first line that matches this; at the end of the file when none does.
    pub before: Option<Pattern>,
    /// A new block goes after the last line that matches this; at the end of the file when none does.
    pub after: Option<Pattern>,
    /// Whether it should be there; absent takes the marks away, too.
    #[serde(default)]
    pub state: Presence,
    /// Whether the content is kept out of diffs, logs and reports.
    #[serde(default)]
    pub secret: bool,
}

fn provision() -> String {
    "provision".to_owned()
}

fn hash() -> String {
    "#".to_owned()
}

impl Block {
    /// A block `name` of the file at `path`, in a language whose comments begin with `#`.
    pub fn new(path: impl Into<String>, name: impl Into<String>, content: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            content: Some(content.into()),
            name: name.into(),
            comment: hash(),
            comment_end: String::new(),
            before: None,
            after: None,
            state: Presence::Present,
            secret: false,
        }
    }

    fn mark(&self, word: &str) -> String {
        format!("{} {word} {}{}", self.comment, self.name, self.comment_end)
    }

    /// The whole block, marks included, each line ended.
    fn text(&self) -> Script {
        let content = self.content.as_deref().unwrap_or_default();
        let end = if content.is_empty() || content.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        let text = format!("{}\n{content}{end}{}", self.mark("BEGIN"), self.mark("END"));
        if self.secret {
            Script::from(&Secret::new(text))
        } else {
            Script::from(text)
        }
    }

    /// The file, the block, its marks and its place.
    fn edit(&self) -> Script {
        let text = if self.state.is_absent() {
            Script::raw("''")
        } else {
            sh!("{}\"$nl\"", self.text())
        };
        sh!(
            "{} {} {} {} {}",
            Script::path(&self.path),
            text,
            self.mark("BEGIN"),
            self.mark("END"),
            anchor(self.before.as_ref(), self.after.as_ref())
        )
    }
}

impl State for Block {
    fn title(&self) -> String {
        format!("block {}: {}", self.path, self.name)
    }

    fn check(&self) -> Script {
        let path = Read::Path(self.path.clone());
        if self.state.is_absent() {
            return sh!(
                "{}; [ -z \"$path_type\" ] || { [ \"$path_type\" = 8 ] && text_state {} && text_lacks {}; }",
                path,
                Script::path(&self.path),
                self.mark("BEGIN")
            );
        }
        sh!(
            "{}; [ \"$path_type\" = 8 ] && text_state {} && text_has {}",
            path,
            Script::path(&self.path),
            self.text()
        )
    }

    fn apply(&self) -> Script {
        sh!("block_set {}", self.edit())
    }

    fn files(&self) -> Vec<FileView<'_>> {
        let show = sh!("show_edit {} block_new {}", Script::path(&self.path), self.edit());
        vec![FileView {
            secret: self.secret,
            ..FileView::edited(&self.path, show)
        }]
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_path("block", &self.path)?;
        check_line("name", &self.name)?;
        check_line("comment", &self.comment)?;
        if !self.comment_end.is_empty() {
            check_line("comment_end", &self.comment_end)?;
        }
        check_anchor(self.before.as_ref(), self.after.as_ref(), self.state.is_absent())?;
        match &self.content {
            None if !self.state.is_absent() => {
                Err(format!("the block of {} needs a `content`", self.path).into())
            }
            Some(_) if self.state.is_absent() => Err(Invalid::of("content")(format!(
                "the block of {} cannot be absent and have content",
                self.path
            ))),
            Some(content) if content.contains(|c: char| c.is_control() && c != '\n' && c != '\t') => {
                Err(Invalid::of("content")(format!(
                    "the block of {} has a control character in it",
                    self.path
                )))
            }
            Some(content)
                if content
                    .lines()
                    .any(|line| [self.mark("BEGIN"), self.mark("END")].contains(&line.to_owned())) =>
            {
                Err(Invalid::of("content")(format!(
                    "the block of {} has one of its own marks in it",
                    self.path
                )))
            }
            _ => Ok(()),
        }
    }

    fn secrets(&self) -> Vec<Secret> {
        let content = self.content.iter().filter(|_| self.secret);
        content
            .flat_map(|content| content.lines())
            .map(Secret::new)
            .collect()
    }
}
