//! From a file's text to its lines: what is wrong anywhere is told, whichever hosts it is for.

use std::sync::Arc;

use super::keyword::{self, Keyword};
use super::lex::{self, Head, Word};
use super::value;
use crate::diagnostic::{Diagnostic, Diagnostics, Origin, Source};

/// A line, includes still to be read.
pub(super) enum Block {
    Line(Line),
    Include(Vec<String>, Origin),
}

/// A line that says something.
#[derive(Debug)]
pub(super) enum Line {
    /// What follows holds for hosts that match one of these and none of the negated.
    Host(Vec<HostPattern>),
    /// What follows holds where all of these hold.
    Match(Vec<Criterion>),
    /// A file in the place of its name.
    Included(Vec<Line>),
    /// A directive with its arguments.
    Set(&'static Keyword, Vec<String>, Origin),
    /// One nobody knows: a mistake, unless `IgnoreUnknown` came before it.
    Unknown(String, Diagnostic),
}

#[derive(Debug)]
pub(super) struct HostPattern {
    pub(super) negated: bool,
    pub(super) pattern: String,
    pub(super) origin: Origin,
}

#[derive(Debug)]
pub(super) struct Criterion {
    pub(super) negated: bool,
    pub(super) test: Test,
}

/// What `Match` asks.
#[derive(Debug)]
pub(super) enum Test {
    All,
    Canonical,
    Final,
    Host(String),
    OriginalHost(String),
    User(String),
    LocalUser(String),
    Tagged(String),
    Exec(String, Origin),
}

/// The lines of `source`. What `foreign` says of the file forbids it to run commands.
pub(super) fn parse(source: &Arc<Source>, foreign: Option<&str>, mistakes: &mut Diagnostics) -> Vec<Block> {
    let mut parser = Parser {
        source,
        foreign,
        at: 0,
        mistakes,
    };
    let mut blocks = Vec::new();
    for text in source.text.split_inclusive('\n') {
        blocks.extend(parser.line(lex::trimmed(text)));
        parser.at += text.len();
    }
    blocks
}

struct Parser<'a> {
    source: &'a Arc<Source>,
    foreign: Option<&'a str>,
    /// Where the line begins.
    at: usize,
    mistakes: &'a mut Diagnostics,
}

impl Parser<'_> {
    fn origin(&self, span: std::ops::Range<usize>) -> Origin {
        Origin::new(self.source, self.at + span.start..self.at + span.end)
    }

    fn mistake(&mut self, message: impl Into<String>, span: std::ops::Range<usize>) -> Option<Block> {
        let mistake = Diagnostic::new(message).at(&self.origin(span));
        self.mistakes.push(mistake);
        None
    }

    fn line(&mut self, line: &str) -> Option<Block> {
        let head = match lex::head(line) {
            Ok(head) => head?,
            Err(span) => return self.mistake("this quote is not closed", span),
        };
        if let Some(bad) = line.find(['\0', char::REPLACEMENT_CHARACTER]) {
            return self.mistake("this is not a character of UTF-8, or a NUL", bad..bad + 1);
        }
        if head.rest >= line.len() {
            let message = format!("`{}` says nothing", head.keyword.text);
            return self.mistake(message, head.keyword.span);
        }
        match head.keyword.text.as_str() {
            "host" => self.host(line, &head),
            "match" => self.criteria(line, &head),
            "include" => {
                let words = self.words(line, &head)?;
                let origin = self.origin(head.rest..line.len());
                Some(Block::Include(
                    words.into_iter().map(|word| word.text).collect(),
                    origin,
                ))
            }
            name => match keyword::find(name) {
                Some(keyword) => self.directive(keyword, line, &head),
                None => {
                    let mistake = Diagnostic::new(format!("unknown directive `{name}`"))
                        .at(&self.origin(head.keyword.span.clone()));
                    let names: Vec<&str> = keyword::names().collect();
                    let mistake = match crate::diagnostic::nearest(name, &names) {
                        Some(near) => mistake.help(format!(
                            "did you mean `{near}`? `IgnoreUnknown {name}` leaves it to others"
                        )),
                        None => mistake.help(format!(
                            "if another program wants it, put `IgnoreUnknown {name}` before it"
                        )),
                    };
                    Some(Block::Line(Line::Unknown(name.to_owned(), mistake)))
                }
            },
        }
    }

    /// All arguments, none of them empty.
    fn words(&mut self, line: &str, head: &Head) -> Option<Vec<Word>> {
        let words = match lex::words(line, head.rest) {
            Ok(words) => words,
            Err(span) => {
                self.mistake("this quote is not closed", span);
                return None;
            }
        };
        if let Some(empty) = words.iter().find(|word| word.text.is_empty()) {
            self.mistake("an argument is empty", empty.span.clone());
            return None;
        }
        Some(words)
    }

    fn host(&mut self, line: &str, head: &Head) -> Option<Block> {
        let words = self.words(line, head)?;
        let pattern = |word: Word| {
            let origin = self.origin(word.span);
            let (negated, pattern) = match word.text.strip_prefix('!') {
                Some(pattern) => (true, pattern.to_owned()),
                None => (false, word.text),
            };
            HostPattern {
                negated,
                pattern,
                origin,
            }
        };
        Some(Block::Line(Line::Host(words.into_iter().map(pattern).collect())))
    }

    fn directive(&mut self, keyword: &'static Keyword, line: &str, head: &Head) -> Option<Block> {
        let origin = self.origin(head.rest..line.len());
        let values = match value::read(keyword, line, head.rest) {
            Ok(values) => values,
            Err(wrong) => {
                let mut mistake = Diagnostic::new(wrong.message).at(&self.origin(wrong.span));
                mistake.help = wrong.help.map(str::to_owned);
                self.mistakes.push(mistake);
                return None;
            }
        };
        if let (Some(why), "proxycommand") = (self.foreign, keyword.name)
            && values != ["none"]
        {
            self.commands(why, &origin);
            return None;
        }
        Some(Block::Line(Line::Set(keyword, values, origin)))
    }

    /// Refuses to run a command that somebody else could have written.
    fn commands(&mut self, why: &str, origin: &Origin) {
        let message = format!("this file may not run commands: {why}");
        self.mistakes.push(
            Diagnostic::new(message)
                .at(origin)
                .help("give it to yourself, and chmod go-w"),
        );
    }

    fn criteria(&mut self, line: &str, head: &Head) -> Option<Block> {
        if let Err(span) = lex::words(line, head.rest) {
            return self.mistake("this quote is not closed", span);
        }
        let mut at = Some(head.rest);
        let mut criteria: Vec<Criterion> = Vec::new();
        loop {
            let name = match lex::delimited(line, &mut at) {
                Ok(Some(word)) if !word.text.is_empty() && !word.text.starts_with('#') => word,
                Ok(_) => break,
                Err(span) => return self.mistake("this quote is not closed", span),
            };
            let (negated, test) = match name.text.strip_prefix('!') {
                Some(test) => (true, test.to_ascii_lowercase()),
                None => (false, name.text.to_ascii_lowercase()),
            };
            let alone = match test.as_str() {
                "all" => Some(Test::All),
                "canonical" => Some(Test::Canonical),
                "final" => Some(Test::Final),
                _ => None,
            };
            if let Some(test) = alone {
                let all = matches!(test, Test::All);
                criteria.push(Criterion { negated, test });
                if !all {
                    continue;
                }
                let behind = lex::delimited(line, &mut at).ok().flatten();
                let behind = behind.filter(|word| !word.text.is_empty() && !word.text.starts_with('#'));
                if behind.is_some() || criteria.len() > 2 {
                    return self.mistake("`all` stands alone, or behind `final`", name.span);
                }
                break;
            }
            let argument = match lex::delimited(line, &mut at) {
                Ok(Some(word)) if !word.text.is_empty() && !word.text.starts_with('#') => word,
                Ok(_) => return self.mistake(format!("`{test}` says nothing"), name.span),
                Err(span) => return self.mistake("this quote is not closed", span),
            };
            let origin = self.origin(argument.span.clone());
            let test = match test.as_str() {
                "host" => Test::Host(argument.text),
                "originalhost" => Test::OriginalHost(argument.text),
                "user" => Test::User(argument.text),
                "localuser" => Test::LocalUser(argument.text),
                "tagged" => Test::Tagged(argument.text),
                "exec" => {
                    if let Some(why) = self.foreign {
                        self.commands(why, &origin);
                        return None;
                    }
                    Test::Exec(argument.text, origin)
                }
                other => {
                    let known = [
                        "host",
                        "originalhost",
                        "user",
                        "localuser",
                        "tagged",
                        "exec",
                        "all",
                        "canonical",
                        "final",
                    ];
                    let mistake = Diagnostic::new(format!("`Match` cannot ask for `{other}`"));
                    self.mistakes
                        .push(mistake.at(&self.origin(name.span)).suggest(other, known));
                    return None;
                }
            };
            criteria.push(Criterion { negated, test });
        }
        if criteria.is_empty() {
            return self.mistake("`Match` says nothing", head.keyword.span.clone());
        }
        Some(Block::Line(Line::Match(criteria)))
    }
}
