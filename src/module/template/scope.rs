//! Which names there are, before anything has a value.

use std::collections::HashSet;

use crate::diagnostic::{Diagnostic, Origin};
use crate::wire::FACTS;

/// What is known of a host.
const HOST: &[&str] = &["host.address", "host.groups", "host.name", "host.user"];

/// The names a text may use.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    names: Vec<String>,
}

impl Scope {
    /// `host`, `facts`, and these parameters.
    pub(crate) fn of<'a>(params: impl Iterator<Item = &'a str>) -> Self {
        Self {
            names: params
                .map(str::to_owned)
                .chain(["host", "facts"].map(str::to_owned))
                .collect(),
        }
    }

    /// The same, and `name`.
    #[must_use]
    pub(crate) fn with(&self, name: &str) -> Self {
        let mut names = self.names.clone();
        names.push(name.to_owned());
        Self { names }
    }

    /// What is wrong with the `used` names of a text, each told at its place in it.
    pub(super) fn check(&self, used: HashSet<String>, text: &str, origin: &Origin) -> Vec<Diagnostic> {
        let mut used: Vec<String> = used.into_iter().collect();
        used.sort();
        let mut mistakes: Vec<Diagnostic> = Vec::new();
        for path in used {
            let root = path.split('.').next().unwrap_or_default();
            let unknown = if self.names.iter().any(|name| name == root) {
                let known = match root {
                    "host" => HOST.to_vec(),
                    "facts" => FACTS.iter().map(|(path, _)| *path).collect(),
                    _ => Vec::new(),
                };
                let wrong = !known.is_empty() && path != root && !is_within(&known, &path);
                wrong.then(|| Diagnostic::new(format!("there is no `{path}`")).suggest(&path, known))
            } else {
                let names = self.names.iter().map(String::as_str);
                Some(Diagnostic::new(format!("undefined name `{root}`")).suggest(root, names))
            };
            if let Some(mistake) = unknown {
                let name = if mistake.message.starts_with("undefined") {
                    root
                } else {
                    &path
                };
                let mistake = mistake.at(&place(text, name, origin));
                if !mistakes.contains(&mistake) {
                    mistakes.push(mistake);
                }
            }
        }
        mistakes
    }
}

/// Whether `path` is one of `known`, or leads into one.
fn is_within(known: &[&str], path: &str) -> bool {
    known.iter().any(|known| {
        let leads =
            |long: &str, short: &str| long.strip_prefix(short).is_some_and(|rest| rest.starts_with('.'));
        *known == path || leads(path, known) || leads(known, path)
    })
}

/// Where `name` stands as a word in what was written at `origin`; all of it when it is not found there.
pub(super) fn place(text: &str, name: &str, origin: &Origin) -> Origin {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let from = text.find("{{").or_else(|| text.find("{%")).unwrap_or(0);
    let found = text.match_indices(name).map(|(at, _)| at).find(|at| {
        let before = text[..*at].chars().next_back();
        let behind = text[at + name.len()..].chars().next();
        *at >= from && !before.is_some_and(|c| is_word(c) || c == '.') && !behind.is_some_and(is_word)
    });
    match found {
        Some(at) => origin.part(text, at..at + name.len()),
        None => origin.clone(),
    }
}
