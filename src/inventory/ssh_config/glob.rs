//! The files an `Include` names, as glob(3) finds them.

use std::fs;
use std::path::{Path, PathBuf};

/// What there is under `pattern`, an absolute path; in the order of the names' bytes.
pub(super) fn glob(pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from("/")];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        if !part.contains(['*', '?', '[', '\\']) {
            found = found
                .into_iter()
                .map(|path| path.join(part))
                .filter(|path| path.exists())
                .collect();
            continue;
        }
        let pattern: Vec<char> = part.chars().collect();
        found = found.iter().flat_map(|path| within(path, &pattern)).collect();
    }
    found
}

fn within(folder: &Path, pattern: &[char]) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names
        .filter(|name| {
            let hidden = name.starts_with('.') && pattern.first() != Some(&'.');
            !hidden && matches(&name.chars().collect::<Vec<_>>(), pattern)
        })
        .collect();
    names.sort();
    names.into_iter().map(|name| folder.join(name)).collect()
}

/// glob(7): `*`, `?`, `[a-z]`, `[!a]`, and a backslash that takes meaning away. A file's name is short.
fn matches(name: &[char], pattern: &[char]) -> bool {
    match pattern {
        [] => name.is_empty(),
        ['*', rest @ ..] => (0..=name.len()).any(|skipped| matches(&name[skipped..], rest)),
        ['?', rest @ ..] => !name.is_empty() && matches(&name[1..], rest),
        ['[', rest @ ..] => match (class(rest), name) {
            (Some((class, rest)), [c, name @ ..]) => class.holds(*c) && matches(name, rest),
            (Some(_), []) => false,
            (None, _) => name.first() == Some(&'[') && matches(&name[1..], rest),
        },
        ['\\', c, rest @ ..] | [c, rest @ ..] => name.first() == Some(c) && matches(&name[1..], rest),
    }
}

struct Class<'a> {
    negated: bool,
    members: &'a [char],
}

impl Class<'_> {
    fn holds(&self, c: char) -> bool {
        let mut rest = self.members;
        let mut found = false;
        loop {
            match rest {
                [from, '-', to, behind @ ..] => {
                    found |= (*from..=*to).contains(&c);
                    rest = behind;
                }
                [one, behind @ ..] => {
                    found |= *one == c;
                    rest = behind;
                }
                [] => return found != self.negated,
            }
        }
    }
}

/// The members of a class, and what stands behind its end.
fn class(text: &[char]) -> Option<(Class<'_>, &[char])> {
    let negated = matches!(text.first(), Some('!' | '^'));
    let inner = &text[usize::from(negated)..];
    // A bracket that comes first is a member.
    let end = inner.iter().skip(1).position(|c| *c == ']')? + 1;
    Some((
        Class {
            negated,
            members: &inner[..end],
        },
        &inner[end + 1..],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_matched_as_a_shell_would() {
        let holds = |name: &str, pattern: &str| {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            matches(&chars(name), &chars(pattern))
        };
        for (name, pattern) in [
            ("a.conf", "*.conf"),
            ("b1", "b[0-9]"),
            ("bx", "b[!0-9]"),
            ("b]", "b[]x]"),
            ("b[", "b["),
            ("a*", "a\\*"),
            ("ab", "??"),
        ] {
            assert!(holds(name, pattern), "{name} {pattern}");
        }
        for (name, pattern) in [
            ("a.con", "*.conf"),
            ("bx", "b[0-9]"),
            ("ab", "a\\*"),
            ("b", "b[0-9]"),
            ("", "?"),
        ] {
            assert!(!holds(name, pattern), "{name} {pattern}");
        }
    }

    #[test]
    fn files_come_in_order_and_hidden_ones_do_not() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.conf", "a.conf", ".c.conf", "d"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let at = |pattern: &str| glob(&format!("{}/{pattern}", folder.path().display()));
        assert_eq!(
            at("*.conf"),
            [folder.path().join("a.conf"), folder.path().join("b.conf")]
        );
        assert_eq!(at("d"), [folder.path().join("d")]);
        assert_eq!(at("e"), Vec::<PathBuf>::new());
        assert_eq!(at("*/x"), Vec::<PathBuf>::new());
    }
}
