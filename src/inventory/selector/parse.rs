//! Reads a selector: any = all {"," all}; all = not {"&" not}; not = {"!"} (operand | "(" any ")").

use std::collections::HashSet;
use std::ops::Range;

use globset::{Glob, GlobSetBuilder};

use super::{Expression, Matcher, Operand, Selector};
use crate::diagnostic::{Diagnostic, Diagnostics, Origin, Source};
use crate::inventory::range::{MAX_NAMES, Pattern};

/// The longest selector, in bytes: a thousand hosts by name.
const MAX_LEN: usize = 64 * 1024;
/// How deep parentheses may be nested.
const MAX_DEPTH: usize = 32;
/// The most globs one operand's ranges may stand for.
const MAX_GLOBS: usize = 1000;

/// Reads every one of `texts` and joins them by "or".
pub(super) fn parse_all<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Selector, Diagnostics> {
    let mut alternatives = Vec::new();
    let mut first = None;
    let mut mistakes = Diagnostics::default();
    for text in texts {
        let mut parser = Parser::new(text);
        let parsed = parser.whole();
        first.get_or_insert(parser.whole.clone());
        let Some(expression) = mistakes.take(parsed.map_err(Diagnostics::from)) else {
            continue;
        };
        alternatives.push((expression, parser.whole));
    }
    let expression = if first.is_none() {
        Expression::All(Vec::new())
    } else {
        match any(alternatives) {
            Ok(expression) => expression,
            Err(mistake) => {
                mistakes.push(mistake);
                Expression::Any(Vec::new())
            }
        }
    };
    mistakes.into_result(Selector {
        expression,
        origin: first,
    })
}

/// Joins alternatives by "or", refusing one that would select all the rest.
fn any(mut alternatives: Vec<(Expression, Origin)>) -> Result<Expression, Diagnostic> {
    if alternatives.len() == 1 {
        return Ok(alternatives.remove(0).0);
    }
    match alternatives.iter().find(|(one, _)| one.is_negative()) {
        Some((_, origin)) => Err(Diagnostic::new(
            "beside another choice this would select all the other hosts",
        )
        .at(origin)
        .help("to leave hosts out, join with `&`: `web*&!web3`")),
        None => Ok(Expression::Any(
            alternatives.into_iter().map(|(one, _)| one).collect(),
        )),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// Names that ranges have been expanded to so far.
    names: usize,
    whole: Origin,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        let source = Source::new("--limit", text);
        Self {
            text,
            at: 0,
            depth: 0,
            names: 0,
            whole: Origin::new(&source, 0..text.len()),
        }
    }

    fn origin(&self, span: Range<usize>) -> Origin {
        Origin::new(&self.whole.source, span)
    }

    fn whole(&mut self) -> Result<Expression, Diagnostic> {
        if self.text.len() > MAX_LEN {
            return Err(Diagnostic::new(format!(
                "a selector has at most {MAX_LEN} characters"
            )));
        }
        let expression = self.any()?;
        match self.peek() {
            None => Ok(expression),
            Some(')') => Err(self.unexpected("this parenthesis closes nothing")),
            Some(_) => Err(self.unexpected("an operator is missing here")),
        }
    }

    fn any(&mut self) -> Result<Expression, Diagnostic> {
        let mut alternatives = Vec::new();
        loop {
            self.peek();
            let start = self.at;
            let one = self.all()?;
            let end = start + self.text[start..self.at].trim_end().len();
            alternatives.push((one, self.origin(start..end)));
            if !self.take(',') {
                return any(alternatives);
            }
        }
    }

    fn all(&mut self) -> Result<Expression, Diagnostic> {
        let mut all = vec![self.not()?];
        while self.take('&') {
            all.push(self.not()?);
        }
        if all.len() == 1 {
            return Ok(all.remove(0));
        }
        Ok(Expression::All(all))
    }

    fn not(&mut self) -> Result<Expression, Diagnostic> {
        let mut negated = false;
        while self.take('!') {
            negated = !negated;
        }
        let one = if self.take('(') {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err(self.unexpected("parentheses are nested too deep"));
            }
            let inner = self.any()?;
            if !self.take(')') {
                return Err(self.unexpected("a closing parenthesis is missing here"));
            }
            self.depth -= 1;
            inner
        } else {
            self.operand()?
        };
        Ok(if negated {
            Expression::Not(Box::new(one))
        } else {
            one
        })
    }

    fn operand(&mut self) -> Result<Expression, Diagnostic> {
        self.peek();
        let start = self.at;
        let group = self.text[start..].starts_with('@');
        self.at += usize::from(group);
        let word = self.at;
        let mut bracket = false;
        for c in self.text[word..].chars() {
            let known = match c {
                'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '_' | '-' | '*' | '?' => true,
                '[' | ']' => {
                    bracket = c == '[';
                    true
                }
                '!' | '^' => bracket,
                _ => false,
            };
            if !known {
                break;
            }
            self.at += c.len_utf8();
        }
        let text = &self.text[word..self.at];
        if text.is_empty() {
            let what = if group {
                "the name of a group"
            } else {
                "a host, a glob or an @group"
            };
            return Err(self.unexpected(&format!("{what} is missing here")));
        }
        let origin = self.origin(start..self.at);
        let matcher = self.matcher(text).map_err(|message| {
            let mistake = Diagnostic::new(message).at(&origin);
            mistake.help("a glob has `*`, `?` and `[abc]`, a range is `[01-20]`")
        })?;
        Ok(Expression::Operand(Box::new(Operand {
            text: text.to_owned(),
            group,
            matcher,
            origin,
        })))
    }

    fn matcher(&mut self, text: &str) -> Result<Matcher, String> {
        let names = match Pattern::parse_glob(text) {
            Some(pattern) if pattern.len().is_some_and(|len| self.names + len <= MAX_NAMES) => {
                pattern.names()
            }
            _ => return Err("the ranges stand for more than 100,000 names".to_owned()),
        };
        self.names += names.len();
        // All names of a pattern have the same wildcards.
        if !names.iter().any(|name| name.contains(['*', '?', '[', ']'])) {
            return Ok(Matcher::Names(HashSet::from_iter(names)));
        }
        if names.len() > MAX_GLOBS {
            return Err(format!(
                "with wildcards, the ranges may stand for at most {MAX_GLOBS} names"
            ));
        }
        let mut globs = GlobSetBuilder::new();
        for name in names {
            globs.add(Glob::new(&name).map_err(|error| error.kind().to_string())?);
        }
        globs
            .build()
            .map(Matcher::Globs)
            .map_err(|error| error.kind().to_string())
    }

    /// The next character that is no blank.
    fn peek(&mut self) -> Option<char> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text[self.at..].chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    /// A mistake at the next character.
    fn unexpected(&mut self, message: &str) -> Diagnostic {
        let len = self.peek().map_or(0, char::len_utf8);
        Diagnostic::new(message)
            .at(&self.origin(self.at..self.at + len))
            .help("write selectors such as `db1`, `web*`, `@db`, `web*,@db`, `@db&!db3`")
    }
}
