//! Patterns that lines are looked for by, and where a new line goes.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::Invalid;
use crate::script::Script;
use crate::sh;

/// A POSIX extended regular expression (XBD, 9.4), as `grep -E` takes it on every host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

/// The names of character classes (XBD, 9.3.5).
const CLASSES: &[&str] = &[
    "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper",
    "xdigit",
];

impl Pattern {
    /// Reads `text` as one; what only some hosts understand, such as `\d`, is refused.
    pub fn new(text: impl Into<String>) -> Result<Self, String> {
        let text = text.into();
        match fault(&text) {
            None => Ok(Self(text)),
            Some(fault) => Err(format!("{text:?} is not a pattern: {fault}")),
        }
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many groups it has.
    pub(super) fn groups(&self) -> usize {
        let (mut count, mut rest) = (0, self.0.as_str());
        while let Some(first) = rest.chars().next() {
            let taken = match first {
                '\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
                '[' => bracket(rest).unwrap_or(rest.len()),
                other => other.len_utf8(),
            };
            count += usize::from(first == '(');
            rest = &rest[taken..];
        }
        count
    }
}

/// What keeps `text` from being a pattern.
fn fault(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("it is empty".into());
    }
    if text.chars().any(|c| c.is_control() && c != '\t') {
        return Some("it has a control character in it".into());
    }
    let (mut open, mut rest, mut repeatable) = (0_usize, text, false);
    while let Some(first) = rest.chars().next() {
        let mut taken = first.len_utf8();
        match first {
            '\\' => {
                let escaped = rest[1..].chars().next();
                match escaped {
                    None => return Some("it ends in a backslash".into()),
                    Some(c) if c.is_ascii_alphanumeric() => return Some(unknown_escape(c)),
                    Some(c) => taken += c.len_utf8(),
                }
                repeatable = true;
            }
            '[' => {
                match bracket(rest) {
                    Ok(length) => taken = length,
                    Err(fault) => return Some(fault),
                }
                repeatable = true;
            }
            '(' => {
                open += 1;
                repeatable = false;
            }
            ')' if open == 0 => return Some("a `)` closes nothing; write `\\)` for the character".into()),
            ')' => {
                open -= 1;
                repeatable = true;
            }
            '|' | '^' => repeatable = false,
            '*' | '+' | '?' if !repeatable => {
                return Some(format!(
                    "the `{first}` has nothing to repeat; write `\\{first}` for the character"
                ));
            }
            '{' => {
                match interval(rest) {
                    Some(length) if repeatable => taken = length,
                    _ => return Some(
                        "a `{` begins no count, such as `{2,3}`, of something; write `\\{` for the character"
                            .into(),
                    ),
                }
            }
            '*' | '+' | '?' => {}
            _ => repeatable = true,
        }
        rest = &rest[taken..];
    }
    (open > 0).then(|| "a `(` is not closed; write `\\(` for the character".into())
}

fn unknown_escape(c: char) -> String {
    let instead = match c {
        'd' => "; write `[0-9]`",
        's' => "; write `[[:space:]]`",
        'S' => "; write `[^[:space:]]`",
        'w' => "; write `[[:alnum:]_]`",
        't' => "; write `[[:blank:]]`",
        'b' | '<' | '>' => "; write what may stand beside the word, such as `([[:space:]]|$)`",
        _ => "",
    };
    format!("not every host understands `\\{c}`{instead}")
}

/// The length of the bracket expression at the start of `text` (XBD, 9.3.5).
fn bracket(text: &str) -> Result<usize, String> {
    let unclosed = || "a `[` is not closed; write `\\[` for the character".to_owned();
    let mut at = 1;
    at += usize::from(text[at..].starts_with('^'));
    at += usize::from(text[at..].starts_with(']'));
    loop {
        let rest = &text[at..];
        let first = rest.chars().next().ok_or_else(unclosed)?;
        if first == ']' {
            return Ok(at + 1);
        }
        if let Some(inner) = rest.strip_prefix("[:") {
            let end = inner.find(":]").ok_or_else(unclosed)?;
            let class = &inner[..end];
            if !CLASSES.contains(&class) {
                return Err(format!(
                    "there is no class `[:{class}:]`, only those of POSIX: {}",
                    CLASSES.join(", ")
                ));
            }
            at += end + 4;
        } else if rest.starts_with("[.") || rest.starts_with("[=") {
            return Err("collating elements, `[.` and `[=`, are not the same on all hosts".into());
        } else {
            at += first.len_utf8();
        }
    }
}

/// The length of `{n}`, `{n,}` or `{n,m}` at the start of `text`.
fn interval(text: &str) -> Option<usize> {
    let end = text.find('}')?;
    let (low, high) = text[1..end].split_once(',').unwrap_or((&text[1..end], ""));
    let low: u8 = low.parse().ok()?;
    let in_order = high.is_empty() || high.parse::<u8>().is_ok_and(|high| high >= low);
    in_order.then_some(end + 1)
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl JsonSchema for Pattern {
    fn schema_name() -> Cow<'static, str> {
        "Pattern".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

impl From<&Pattern> for Script {
    fn from(pattern: &Pattern) -> Self {
        pattern.as_str().into()
    }
}

/// `WHERE ANCHOR`, the two words that say beside which line something new goes.
pub(super) fn anchor(before: Option<&Pattern>, after: Option<&Pattern>) -> Script {
    match (before, after) {
        (Some(before), _) => sh!("before {}", before),
        (None, Some(after)) => sh!("after {}", after),
        (None, None) => Script::raw("'' ''"),
    }
}

/// Refuses two places at once, and a place for what should not be there.
pub(super) fn check_anchor(
    before: Option<&Pattern>,
    after: Option<&Pattern>,
    absent: bool,
) -> Result<(), Invalid> {
    match (before, after) {
        (Some(_), Some(_)) => Err(Invalid::of("after")(
            "it goes `before` or `after` a line, not both".to_owned(),
        )),
        (Some(_), None) if absent => Err(Invalid::of("before")("what is absent has no place".to_owned())),
        (None, Some(_)) if absent => Err(Invalid::of("after")("what is absent has no place".to_owned())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_host_understands_is_accepted() {
        for good in [
            "^#?Port",
            "a|b",
            "(a|b)+c{2,3}",
            "[]abc]",
            "[^]abc]",
            "[[:space:]]*=",
            r"\.conf$",
            "[a(*]",
            "é+",
            r"a\{b\}",
        ] {
            assert_eq!(Pattern::new(good).map(|_| ()), Ok(()), "{good}");
        }
    }

    #[test]
    fn groups_are_counted_where_they_are_some() {
        let groups = |text| Pattern::new(text).unwrap().groups();
        assert_eq!(groups(r"(a)\((b(c))[(]é"), 3);
        assert_eq!(groups("[[:space:](]a"), 0);
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for bad in [
            "",
            "a\nb",
            "a\\",
            r"\d",
            r"\s+",
            "[a",
            "[[:word:]]",
            "[[.a.]]",
            "(a",
            "a)",
            "*a",
            "a|*",
            "(?:a)",
            "a{x}",
            "{2}",
            "a{3,2}",
            "[[:space:]",
        ] {
            assert!(Pattern::new(bad).is_err(), "{bad}");
        }
    }
}
