//! `known_hosts` files as sshd(8) describes them: a pure parser and matcher.
//!
//! The promise: a line is never read as more trust than it says. A marker this code does not know, or a line it
//! cannot read, never becomes a host key; see [`Recorded::verdict`] for what such lines do.

use std::collections::HashMap;
use std::sync::Arc;

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::key::Key;
use super::verdict::{Line, Recorded};

/// One file, parsed. Keys are decoded only when a host asks for them.
#[derive(Clone, Debug, Default)]
pub struct KnownHosts {
    file: Arc<str>,
    entries: Vec<Entry>,
    /// Entries by plain name; most of a file, so that looking up 10,000 hosts in 10,000 lines stays linear.
    plain: HashMap<Box<str>, Vec<usize>>,
    /// Entries that have to be matched one by one: patterns, hashed names, names that cannot be read.
    others: Vec<usize>,
    lines: usize,
}

#[derive(Clone, Debug)]
struct Entry {
    line: usize,
    marker: Marker,
    hosts: Hosts,
    key: Box<str>,
}

/// What a line says about its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// No marker: it is the host's key.
    HostKey,
    /// `@cert-authority`: it signs host certificates, and is no host's own key.
    CertAuthority,
    /// `@revoked`: it must never be accepted.
    Revoked,
    /// A marker sshd(8) does not name.
    Foreign,
}

#[derive(Clone, Debug)]
enum Hosts {
    Plain,
    Patterns(Vec<Pattern>),
    Hashed { salt: Vec<u8>, digest: Vec<u8> },
    Unreadable,
}

#[derive(Clone, Debug)]
struct Pattern {
    negated: bool,
    glob: Box<str>,
}

impl KnownHosts {
    /// Parses a file's content. Never fails: a line that cannot be read is kept as such.
    pub fn parse(file: &str, content: &[u8]) -> Self {
        let mut known = Self {
            file: file.into(),
            ..Self::default()
        };
        for line in content.split(|byte| *byte == b'\n') {
            known.push(&String::from_utf8_lossy(line));
        }
        // What follows the last line end is a line only once something is appended to it.
        known.lines = known
            .lines
            .saturating_sub(usize::from(content.is_empty() || content.ends_with(b"\n")));
        known
    }

    /// Takes in a line that was appended to the file.
    pub fn append(&mut self, line: &str) {
        self.push(line);
    }

    /// How many lines say something about a host.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no line says anything.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Everything recorded for `name`, which [`lookup_name`] made.
    pub fn recorded(&self, name: &str) -> Recorded {
        let name = name.to_ascii_lowercase();
        let plain = self.plain.get(name.as_str()).map_or(&[][..], Vec::as_slice);
        let others = self
            .others
            .iter()
            .filter(|at| self.entries[**at].hosts.matches(&name));
        let mut at: Vec<usize> = plain.iter().chain(others).copied().collect();
        at.sort_unstable();
        at.dedup();
        let line = |at: usize| {
            let entry = &self.entries[at];
            Line {
                place: format!("{}:{}", self.file, entry.line),
                marker: entry.marker,
                certain: !matches!(entry.hosts, Hosts::Unreadable),
                key: Key::parse(&entry.key),
            }
        };
        Recorded {
            lines: at.into_iter().map(line).collect(),
        }
    }

    fn push(&mut self, text: &str) {
        self.lines += 1;
        let line = self.lines;
        let text = text
            .strip_suffix('\r')
            .unwrap_or(text)
            .trim_start_matches([' ', '\t']);
        if text.is_empty() || text.starts_with('#') {
            return;
        }
        let (marker, text) = match split_word(text) {
            ("@cert-authority", rest) => (Marker::CertAuthority, rest),
            ("@revoked", rest) => (Marker::Revoked, rest),
            (word, rest) if word.starts_with('@') => (Marker::Foreign, rest),
            _ => (Marker::HostKey, text),
        };
        let (names, key) = split_word(text);
        if split_word(key).0.bytes().all(|byte| byte.is_ascii_digit()) && !key.is_empty() {
            return; // `bits exponent modulus`: a key of SSH 1, which no host can offer any more
        }
        let at = self.entries.len();
        let hosts = self.index(names, at);
        self.entries.push(Entry {
            line,
            marker,
            hosts,
            key: key.into(),
        });
    }

    /// Reads the host field, and notes under which names entry `at` is found.
    fn index(&mut self, names: &str, at: usize) -> Hosts {
        if let Some(hash) = names.strip_prefix('|') {
            self.others.push(at);
            return Hosts::parse_hashed(hash);
        }
        let names = names.to_ascii_lowercase(); // RFC 4343
        let globs = names.split(',').filter(|name| !name.is_empty());
        if names.contains(['*', '?', '!']) {
            self.others.push(at);
            return Hosts::Patterns(globs.map(Pattern::parse).collect());
        }
        let mut any = false;
        for name in globs {
            self.plain.entry(name.into()).or_default().push(at);
            any = true;
        }
        if any {
            return Hosts::Plain;
        }
        self.others.push(at);
        Hosts::Unreadable
    }
}

/// The name a host is recorded under: `address`, or `[address]:port` when the port is not 22.
///
/// `None` when the address cannot be a host name or an IP address; such a text could pin or hide other entries.
pub fn lookup_name(address: &str, port: u16) -> Option<String> {
    let bare = address
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(address);
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b':' | b'%');
    if bare.is_empty() || bare.len() > 255 || bare.starts_with('-') || !bare.bytes().all(fits) {
        return None;
    }
    let name = bare.to_ascii_lowercase();
    Some(match port {
        22 => name,
        _ => format!("[{name}]:{port}"),
    })
}

/// A name as `HashKnownHosts` writes it: `|1|salt|digest`.
pub fn hashed_name(name: &str, salt: [u8; 20]) -> String {
    // HMAC takes a key of any length.
    let digest = Hmac::<Sha1>::new_from_slice(&salt).map(|mut mac| {
        mac.update(name.to_ascii_lowercase().as_bytes());
        mac.finalize().into_bytes()
    });
    let digest = digest.map(|digest| BASE64.encode(&digest)).unwrap_or_default();
    format!("|1|{}|{digest}", BASE64.encode(&salt))
}

fn split_word(text: &str) -> (&str, &str) {
    let end = text.find([' ', '\t']).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (word, rest.trim_start_matches([' ', '\t']))
}

impl Hosts {
    /// Reads `1|salt|digest`, both base64: HMAC-SHA1 of the name with the salt as key.
    fn parse_hashed(text: &str) -> Self {
        let mut parts = text.split('|');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some("1"), Some(salt), Some(digest), None) => {
                match (BASE64.decode(salt.as_bytes()), BASE64.decode(digest.as_bytes())) {
                    (Ok(salt), Ok(digest)) if digest.len() == 20 => Self::Hashed { salt, digest },
                    _ => Self::Unreadable,
                }
            }
            _ => Self::Unreadable,
        }
    }

    fn matches(&self, name: &str) -> bool {
        match self {
            Self::Plain => false, // found by name
            Self::Patterns(patterns) => {
                let matching = || patterns.iter().filter(|pattern| glob(&pattern.glob, name));
                matching().next().is_some() && !matching().any(|pattern| pattern.negated)
            }
            Self::Hashed { salt, digest } => Hmac::<Sha1>::new_from_slice(salt).is_ok_and(|mut mac| {
                mac.update(name.as_bytes());
                mac.verify_slice(digest).is_ok()
            }),
            Self::Unreadable => true, // it may be about any host
        }
    }
}

impl Pattern {
    fn parse(text: &str) -> Self {
        let (negated, glob) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        Self {
            negated,
            glob: glob.into(),
        }
    }
}

/// Matches `*` and `?` as `ssh_config(5)` has them, in time proportional to the product of the lengths.
fn glob(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut p, mut n) = (0, 0);
    let mut star = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(byte) if *byte == b'?' || *byte == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    n = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}
