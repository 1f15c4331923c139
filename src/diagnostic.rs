//! What is wrong with something a person wrote, and where.
//!
//! Loaders and modules collect [`Diagnostic`]s instead of stopping at the first; `report::diagnostic` draws them
//! with file, line and caret. Nothing here prints.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A text that was read: a file, or a command-line argument.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The file's path, or what stands for it, such as `--set`.
    pub name: PathBuf,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// Makes a source that origins can share.
    pub fn new(name: impl AsRef<Path>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self {
            name: name.as_ref().to_owned(),
            text: text.into(),
        })
    }
}

/// How many known words a suggestion lists at most.
const LISTED: usize = 20;

/// A place in a [`Source`]: where a value was written.
#[derive(Clone, PartialEq, Eq)]
pub struct Origin {
    /// The text the place is in.
    pub source: Arc<Source>,
    /// Byte range within `source.text`.
    pub span: Range<usize>,
}

impl Origin {
    /// The place `span` of `source`.
    pub fn new(source: &Arc<Source>, span: Range<usize>) -> Self {
        Self {
            source: Arc::clone(source),
            span,
        }
    }

    /// The place of `text[part]`, when `text` is the string written here; all of it when escapes hide the place.
    #[must_use]
    pub fn part(&self, text: &str, part: Range<usize>) -> Self {
        let written = self.source.text.get(self.span.clone()).unwrap_or("");
        let span = match written.find(text) {
            Some(at) => self.span.start + at + part.start..self.span.start + at + part.end,
            None => self.span.clone(),
        };
        Self::new(&self.source, span)
    }

    /// Line and column of the first byte, both counted from 1; columns count characters.
    pub fn line_column(&self) -> (usize, usize) {
        let text = &self.source.text;
        let mut at = self.span.start.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let before = &text[..at];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (line, column)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.line_column();
        write!(f, "{}:{line}:{column}", self.source.name.display())
    }
}

/// One mistake, where it is, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong, a lower-case fragment without a full stop.
    pub message: String,
    /// Where, when it is in a text somebody wrote.
    pub origin: Option<Origin>,
    /// A word or two to stand under the caret.
    pub label: Option<String>,
    /// What to do: a suggestion, a list of what is known.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A mistake without a place.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            origin: None,
            label: None,
            help: None,
        }
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, origin: &Origin) -> Self {
        self.origin = Some(origin.clone());
        self
    }

    /// Says what stands under the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Suggests the nearest of `known` to `given`, or lists what is known.
    #[must_use]
    pub fn suggest<'a>(self, given: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        match nearest(given, &known) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None if known.is_empty() => self,
            None if known.len() > LISTED => {
                let rest = known.len() - LISTED;
                self.help(format!("known: {} and {rest} more", known[..LISTED].join(", ")))
            }
            None => self.help(format!("known: {}", known.join(", "))),
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.origin {
            write!(f, "{origin}: ")?;
        }
        write!(f, "{}", self.message)?;
        if let Some(help) = &self.help {
            write!(f, " ({help})")?;
        }
        Ok(())
    }
}

/// The word of `known` that `given` was most likely meant to be.
pub fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|word| (strsim::damerau_levenshtein(given, word), *word))
        .filter(|(distance, word)| *distance <= 1.max(word.len().min(given.len()) / 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// All mistakes found, at least one.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Adds one mistake.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Takes the value of `result`, or keeps its mistakes and goes on.
    pub fn take<T>(&mut self, result: Result<T, Diagnostics>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(mistakes) => {
                self.0.extend(mistakes.0);
                None
            }
        }
    }

    /// Orders the mistakes of one source as they stand in it.
    pub fn sort(&mut self) {
        self.0
            .sort_by_key(|one| one.origin.as_ref().map(|origin| origin.span.start));
    }

    /// `value` when there was no mistake, all mistakes otherwise.
    pub fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(one: Diagnostic) -> Self {
        Self(vec![one])
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, one) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{one}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_knows_its_line_and_column() {
        let source = Source::new("x.toml", "a = 1\nü = 2\n");
        assert_eq!(Origin::new(&source, 6..8).line_column(), (2, 1));
        assert_eq!(Origin::new(&source, 11..12).line_column(), (2, 5));
        assert_eq!(Origin::new(&source, 900..901).line_column(), (3, 1));
    }

    #[test]
    fn a_part_of_a_string_is_found_behind_its_quote() {
        let source = Source::new("x.toml", r#"a = "web[2-1]""#);
        let part = Origin::new(&source, 4..14).part("web[2-1]", 3..8);
        assert_eq!(&source.text[part.span], "[2-1]");
        let escaped = Origin::new(&source, 4..14).part("something else", 3..8);
        assert_eq!(escaped.span, 4..14);
    }

    #[test]
    fn a_near_word_is_suggested_and_a_far_one_is_not() {
        let help = |given: &str| Diagnostic::new("x").suggest(given, ["nginx", "postgresql"]).help;
        assert_eq!(help("postgressql").as_deref(), Some("did you mean `postgresql`?"));
        assert_eq!(help("ngnix").as_deref(), Some("did you mean `nginx`?"));
        assert_eq!(help("redis").as_deref(), Some("known: nginx, postgresql"));
    }
}
