//! Which hosts a command is for: `web*`, `@db`, `web[01-20]`, `@db & !db3`, `(web*, @db) & @eu`.
//!
//! An operand is a host's name or, after `@`, a group's; both take the ranges of the inventory and the wildcards
//! `*`, `?` and `[abc]`. `!` binds tightest, then `&` (and), then `,` (or). Several `--limit` are joined as by `,`.
//!
//! Two mistakes are refused because they would reach hosts nobody meant: an operand that matches no host, and a bare
//! `!x` beside a `,`, which would select all the rest (Ansible reads `web*,!web3` as "without", we write `web*&!web3`).

mod parse;

use std::collections::{HashMap, HashSet};

use globset::GlobSet;

use super::{Host, Inventory};
use crate::diagnostic::{Diagnostic, Diagnostics, Origin};

/// How many operands without a host are reported at most; each is compared with every name for a suggestion.
const MAX_MISTAKES: usize = 20;

/// A parsed selector.
#[derive(Clone, Debug)]
pub struct Selector {
    expression: Expression,
    origin: Option<Origin>,
}

/// A name or group to match, where it was written.
#[derive(Clone, Debug)]
struct Operand {
    /// As it was written, without the `@`.
    text: String,
    group: bool,
    matcher: Matcher,
    origin: Origin,
}

#[derive(Clone, Debug)]
enum Matcher {
    /// Any of these names.
    Names(HashSet<String>),
    Globs(GlobSet),
}

#[derive(Clone, Debug)]
enum Expression {
    Operand(Box<Operand>),
    Not(Box<Expression>),
    /// All hosts when there are none.
    All(Vec<Expression>),
    Any(Vec<Expression>),
}

impl Selector {
    /// Reads one selector.
    pub fn parse(text: &str) -> Result<Self, Diagnostics> {
        Self::parse_all(&[text])
    }

    /// Reads the selectors of several `--limit`, of which a host has to match one; every host when there are none.
    pub fn parse_all<S: AsRef<str>>(texts: &[S]) -> Result<Self, Diagnostics> {
        parse::parse_all(texts.iter().map(AsRef::as_ref))
    }

    /// The hosts it selects, in the inventory's order; at least one, unless the inventory has none.
    pub fn select<'a>(&self, inventory: &'a Inventory) -> Result<Vec<&'a Host>, Diagnostics> {
        let mut index = HashMap::with_capacity(inventory.hosts.len());
        index.extend(
            inventory
                .hosts
                .iter()
                .enumerate()
                .map(|(at, host)| (host.name.as_str(), at)),
        );
        let mut search = Search {
            inventory,
            index,
            mistakes: Diagnostics::default(),
        };
        let set = search.evaluate(&self.expression);
        let set = search.mistakes.into_result(set)?;
        let hosts: Vec<&Host> = inventory
            .hosts
            .iter()
            .zip(set)
            .filter_map(|(host, is_in)| is_in.then_some(host))
            .collect();
        match &self.origin {
            Some(origin) if hosts.is_empty() => {
                let mistake = Diagnostic::new("no host matches all of this").at(origin);
                Err(mistake
                    .help("`&` keeps the hosts of both sides, `,` those of either")
                    .into())
            }
            _ => Ok(hosts),
        }
    }
}

/// A selector at work on an inventory.
struct Search<'a> {
    inventory: &'a Inventory,
    /// Each host's place by its name.
    index: HashMap<&'a str, usize>,
    mistakes: Diagnostics,
}

impl Search<'_> {
    /// For each host whether `expression` selects it; operands without a host are kept as mistakes.
    fn evaluate(&mut self, expression: &Expression) -> Vec<bool> {
        match expression {
            Expression::Operand(operand) => {
                let set = operand.matches(self.inventory, &self.index);
                if !set.contains(&true) && self.mistakes.0.len() < MAX_MISTAKES {
                    self.mistakes.push(operand.matches_nothing(self.inventory));
                }
                set
            }
            Expression::Not(one) => self.evaluate(one).into_iter().map(|is_in| !is_in).collect(),
            Expression::All(all) => self.fold(all, true, |a, b| a && b),
            Expression::Any(all) => self.fold(all, false, |a, b| a || b),
        }
    }

    fn fold(&mut self, all: &[Expression], start: bool, join: fn(bool, bool) -> bool) -> Vec<bool> {
        let mut set = vec![start; self.inventory.hosts.len()];
        for one in all {
            for (is_in, also) in set.iter_mut().zip(self.evaluate(one)) {
                *is_in = join(*is_in, also);
            }
        }
        set
    }
}

impl Operand {
    fn matches(&self, inventory: &Inventory, index: &HashMap<&str, usize>) -> Vec<bool> {
        let mut set = vec![false; inventory.hosts.len()];
        if self.group {
            let groups = inventory
                .groups
                .keys()
                .filter(|name| self.matcher.is_match(name.as_str()));
            let groups: HashSet<_> = groups.collect();
            for (is_in, host) in set.iter_mut().zip(&inventory.hosts) {
                *is_in = host.groups.iter().any(|group| groups.contains(group));
            }
            return set;
        }
        match &self.matcher {
            Matcher::Names(names) => {
                for at in names.iter().filter_map(|name| index.get(name.as_str())) {
                    set[*at] = true;
                }
            }
            Matcher::Globs(globs) => {
                for (is_in, host) in set.iter_mut().zip(&inventory.hosts) {
                    *is_in = globs.is_match(host.name.as_str());
                }
            }
        }
        set
    }

    fn matches_nothing(&self, inventory: &Inventory) -> Diagnostic {
        let text = self.text.as_str();
        let hosts = || inventory.hosts.iter().map(|host| host.name.as_str());
        let groups = || inventory.groups.keys().map(AsRef::as_ref);
        let what = if self.group {
            "no group with hosts"
        } else {
            "no host"
        };
        let mistake = Diagnostic::new(format!("{what} matches `{text}`")).at(&self.origin);
        if self.group {
            if groups().any(|group| group == text) {
                return mistake.help("the group is there, but no host is in it");
            }
            if hosts().any(|host| host == text) {
                return mistake.help(format!("`{text}` is a host: write it without `@`"));
            }
            return mistake.suggest(text, groups());
        }
        if groups().any(|group| group == text) {
            return mistake.help(format!("`{text}` is a group: write `@{text}`"));
        }
        if text == "all" {
            return mistake.help("`*` is every host");
        }
        mistake.suggest(text, hosts())
    }
}

impl Matcher {
    fn is_match(&self, name: &str) -> bool {
        match self {
            Self::Names(names) => names.contains(name),
            Self::Globs(globs) => globs.is_match(name),
        }
    }
}

impl Expression {
    /// Whether it selects by what hosts are not.
    fn is_negative(&self) -> bool {
        match self {
            Self::Operand(_) => false,
            Self::Not(one) => !one.is_negative(),
            Self::All(all) => all.iter().all(Self::is_negative),
            Self::Any(all) => all.iter().any(Self::is_negative),
        }
    }
}
