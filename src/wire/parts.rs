//! Fixed shell text in parts: a program carries those it calls, and no others.
//!
//! A part is a file of `ask/` (looks at the host, changes nothing), `edit/` (says what would become of a text, changes
//! nothing) or `act/` (changes the host; only for a push's second half). To add one: the file, and its name in the list
//! here.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A file of shell functions.
struct Part {
    text: String,
    /// The parts whose functions it calls, itself left out.
    calls: Vec<usize>,
}

/// Some parts, each known by the functions it defines.
pub struct Parts {
    parts: Vec<Part>,
    functions: HashMap<&'static str, usize>,
}

macro_rules! parts {
    ($folder:literal: $($name:ident),* $(,)?) => {
        Parts::new(&[$(include_str!(concat!($folder, "/", stringify!($name), ".sh"))),*])
    };
}

/// What looks at the host.
pub static ASK: LazyLock<Parts> = LazyLock::new(
    || parts!["ask": paths, digests, packages, upgrades, accounts, services, postgres, debts, user, diff, edits, state, text, replace, ini, keys, ssh, nft, ufw, certificate, mysql, reach, containers, records, archives, git, pip, npm, repositories, kernel, cron, fstab, swap, hosts, locale, boot, limits],
);

/// What makes a new text of one that is there, into a variable: so a diff and a push cannot come to different ends.
pub static EDIT: LazyLock<Parts> =
    LazyLock::new(|| parts!["edit": text, put, lines, replace, ini, keys, cron, fstab, hosts, locale]);

/// What changes the host.
pub static ACT: LazyLock<Parts> = LazyLock::new(
    || parts!["act": files, packages, upgrades, services, postgres, debts, user, text, lines, replace, ini, keys, sudoers, nft, ufw, certificate, mysql, reach, containers, records, fetch, archives, git, pip, npm, repositories, kernel, units, cron, fstab, swap, hosts, locale, limits, sshd, reboot],
);

impl Parts {
    fn new(texts: &[&'static str]) -> Self {
        let defined = texts.iter().enumerate().flat_map(|(index, text)| {
            text.lines().filter_map(move |line| {
                let (name, _) = line.split_once("() ")?;
                name.bytes().all(is_name).then_some((name, index))
            })
        });
        let functions: HashMap<&'static str, usize> = defined.collect();
        let called = |index: usize, text: &str| {
            let mut calls: Vec<usize> = words(text.as_bytes())
                .filter_map(|word| functions.get(word).copied())
                .filter(|&other| other != index)
                .collect();
            calls.sort_unstable();
            calls.dedup();
            calls
        };
        let parts = texts.iter().enumerate().map(|(index, text)| {
            let text = sent(text);
            let calls = called(index, &text);
            Part { text, calls }
        });
        Self {
            parts: parts.collect(),
            functions,
        }
    }

    /// The parts that define a function whose name stands in one of `texts`, and those they call in turn.
    ///
    /// A name that stands there as mere data costs the bytes of a part nobody calls, and nothing else.
    pub fn called_by<'a>(&self, texts: impl IntoIterator<Item = &'a [u8]>) -> String {
        self.text(&self.calls(texts))
    }

    /// The same without the parts that `sent`, a text with its parts, holds already.
    pub fn called_beyond<'a>(&self, sent: &'a [u8], texts: impl IntoIterator<Item = &'a [u8]>) -> String {
        let mut wanted = self.calls(texts);
        for (wanted, sent) in wanted.iter_mut().zip(self.calls([sent])) {
            *wanted &= !sent;
        }
        self.text(&wanted)
    }

    fn calls<'a>(&self, texts: impl IntoIterator<Item = &'a [u8]>) -> Vec<bool> {
        let mut wanted = vec![false; self.parts.len()];
        let mut open: Vec<usize> = texts
            .into_iter()
            .flat_map(words)
            .filter_map(|word| self.functions.get(word).copied())
            .collect();
        while let Some(index) = open.pop() {
            if !std::mem::replace(&mut wanted[index], true) {
                open.extend(&self.parts[index].calls);
            }
        }
        wanted
    }

    fn text(&self, wanted: &[bool]) -> String {
        let chosen = self.parts.iter().zip(wanted).filter(|(_, wanted)| **wanted);
        chosen.map(|(part, _)| part.text.as_str()).collect()
    }

    /// All of them, as they are sent.
    pub fn all(&self) -> String {
        self.parts.iter().map(|part| part.text.as_str()).collect()
    }
}

/// Text without its comment lines, which would only cost time on the way.
pub fn sent(text: &str) -> String {
    let lines = text.lines();
    lines
        .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        .flat_map(|line| [line, "\n"])
        .collect()
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Everything in `text` that could be a function's name.
fn words(text: &[u8]) -> impl Iterator<Item = &str> {
    text.split(|&byte| !is_name(byte))
        .filter(|word| !word.is_empty())
        .filter_map(|word| std::str::from_utf8(word).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_called_is_sent_and_all_that_it_calls() {
        let parts = Parts::new(&["a() { b; }\n", "# b\nb() { :; }\n", "c() { a; }\n"]);
        assert_eq!(
            parts.called_by([b"x; a 1".as_slice()]),
            "a() { b; }\nb() { :; }\n"
        );
        assert_eq!(parts.called_by([b"ab".as_slice()]), "");
        assert_eq!(parts.called_by([b"x".as_slice(), b"(c)"]), parts.all());
        let sent = parts.called_by([b"a".as_slice()]);
        assert_eq!(
            parts.called_beyond(sent.as_bytes(), [b"c".as_slice()]),
            "c() { a; }\n"
        );
    }

    #[test]
    fn every_part_defines_functions() {
        for parts in [&ASK, &EDIT, &ACT] {
            for index in 0..parts.parts.len() {
                assert!(
                    parts.functions.values().any(|&of| of == index),
                    "{}",
                    parts.parts[index].text
                );
            }
        }
    }
}
