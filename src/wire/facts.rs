//! What a host is, asked once before its plan is made: one small program, and its answer read as data.
//!
//! The one promise: an answer can only ever become values. Its size is bounded, and nothing in it is evaluated or
//! taken for a template, here or later.

use std::path::Path;

use super::frame::Nonce;
use crate::config::{Data, Table, Value};
use crate::diagnostic::{Origin, Source};

const PROGRAM: &str = include_str!("facts.sh");

/// The longest answer that is read.
pub const MAX_ANSWER: usize = 256 * 1024;

/// The longest value.
const MAX_VALUE: usize = 4 * 1024;

/// How many addresses or mounts are kept.
const MAX_ITEMS: usize = 256;

/// Every fact by its path, and what it is.
pub const FACTS: &[(&str, &str)] = &[
    (
        "facts.addresses",
        "list of IP addresses, those of loopback left out",
    ),
    ("facts.architecture", "as `uname -m` says it, such as `x86_64`"),
    ("facts.cpus", "how many processors are at work"),
    ("facts.hostname", "what the host calls itself"),
    ("facts.kernel", "release of the kernel"),
    ("facts.memory", "memory in MiB"),
    ("facts.mounts", "list of tables with `device`, `path` and `type`"),
    (
        "facts.os.codename",
        "such as `bookworm`; empty where there is none",
    ),
    (
        "facts.os.family",
        "`debian`, `redhat`, `alpine`, `arch`, `suse`, or the same as `id`",
    ),
    ("facts.os.id", "such as `debian`, `ubuntu`, `rocky`"),
    ("facts.os.name", "the system's whole name"),
    (
        "facts.os.version",
        "such as `12` or `22.04`; empty where there is none",
    ),
    (
        "facts.virtualisation",
        "as systemd-detect-virt says it, such as `kvm`, `docker` or `none`",
    ),
];

/// The program that asks.
pub fn facts_program(nonce: &Nonce) -> Vec<u8> {
    let head = format!("{{\nnonce={}\n", nonce.as_str());
    let text = super::parts::sent(PROGRAM);
    [head.as_bytes(), text.as_bytes(), b"}\n"].concat()
}

/// Whether the answer has come to its end.
fn is_whole(answer: &[u8], nonce: &Nonce) -> bool {
    let end = format!("\n{} end \n", nonce.as_str());
    answer.windows(end.len()).any(|window| window == end.as_bytes())
}

/// Reads an answer; nothing when it has no end.
pub fn read_facts(answer: &[u8], nonce: &Nonce) -> Option<Value> {
    is_whole(answer, nonce).then_some(())?;
    let text = String::from_utf8_lossy(answer);
    let mark = format!("{} ", nonce.as_str());
    let (mut os, mut like, mut facts) = (Os::default(), String::new(), Facts::default());
    for line in text.lines().filter_map(|line| line.strip_prefix(mark.as_str())) {
        let (name, value) = line.split_once(' ').unwrap_or((line, ""));
        let value = tidy(value);
        match name {
            "release.ID" => os.id = unquoted(&value),
            "release.ID_LIKE" => like = unquoted(&value),
            "release.VERSION_ID" => os.version = unquoted(&value),
            "release.VERSION_CODENAME" => os.codename = unquoted(&value),
            "release.PRETTY_NAME" => os.name = unquoted(&value),
            "kernel" => facts.kernel = value,
            "architecture" => facts.architecture = value,
            "hostname" => facts.hostname = value,
            "virtualisation" => facts.virtualisation = value,
            "cpus" => facts.cpus = value.parse().unwrap_or(0),
            "memory" => facts.memory = value.parse::<i64>().unwrap_or(0) / 1024,
            "address" if facts.addresses.len() < MAX_ITEMS => {
                let address = value.split('/').next().unwrap_or_default();
                if address
                    .parse::<core::net::IpAddr>()
                    .is_ok_and(|ip| !ip.is_loopback())
                {
                    facts.addresses.push(text_value(address));
                }
            }
            "mount" if facts.mounts.len() < MAX_ITEMS => facts.mounts.extend(mount(&value)),
            _ => {}
        }
    }
    Some(table([
        ("addresses", array(facts.addresses)),
        ("architecture", text_value(&facts.architecture)),
        ("cpus", value(Data::Integer(facts.cpus))),
        ("hostname", text_value(&facts.hostname)),
        ("kernel", text_value(&facts.kernel)),
        ("memory", value(Data::Integer(facts.memory))),
        ("mounts", array(facts.mounts)),
        (
            "os",
            table([
                ("codename", text_value(&os.codename)),
                ("family", text_value(family(&os.id, &like))),
                ("id", text_value(&os.id)),
                ("name", text_value(&os.name)),
                ("version", text_value(&os.version)),
            ]),
        ),
        ("virtualisation", text_value(&facts.virtualisation)),
    ]))
}

#[derive(Default)]
struct Os {
    id: String,
    version: String,
    codename: String,
    name: String,
}

#[derive(Default)]
struct Facts {
    kernel: String,
    architecture: String,
    hostname: String,
    virtualisation: String,
    cpus: i64,
    memory: i64,
    addresses: Vec<Value>,
    mounts: Vec<Value>,
}

/// The family of systems that share a package manager (os-release(5), `ID` and `ID_LIKE`).
fn family<'a>(id: &'a str, like: &str) -> &'a str {
    let known = [
        ("debian", "debian"),
        ("ubuntu", "debian"),
        ("rhel", "redhat"),
        ("fedora", "redhat"),
        ("centos", "redhat"),
        ("suse", "suse"),
        ("opensuse", "suse"),
        ("sles", "suse"),
        ("arch", "arch"),
        ("alpine", "alpine"),
    ];
    let mut words = std::iter::once(id).chain(like.split_whitespace());
    let of = |word: &str| {
        known
            .iter()
            .find(|(name, _)| *name == word)
            .map(|(_, family)| *family)
    };
    words.find_map(of).unwrap_or(id)
}

/// A value without control characters, cut at its bound.
fn tidy(value: &str) -> String {
    let mut end = value.len().min(MAX_VALUE);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    value[..end].chars().filter(|c| !c.is_control()).collect()
}

/// A value of os-release without its quotes and escapes.
fn unquoted(value: &str) -> String {
    let inner = ['"', '\'']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    let mut out = String::new();
    let mut chars = inner.unwrap_or(value).chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out
}

/// One line of /proc/mounts; blanks in it are written `\040` (fstab(5)).
fn mount(line: &str) -> Option<Value> {
    let mut words = line.split(' ');
    let mut word = || {
        let word = words.next()?;
        let plain = [("\\040", " "), ("\\011", "\t"), ("\\134", "\\")];
        let plain = plain
            .iter()
            .fold(word.to_owned(), |word, (from, to)| word.replace(from, to));
        Some(text_value(&tidy(&plain)))
    };
    let (device, path, kind) = (word()?, word()?, word()?);
    Some(table([("device", device), ("path", path), ("type", kind)]))
}

fn origin() -> Origin {
    thread_local! {
        static ORIGIN: Origin = Origin::new(&Source::new(Path::new("facts"), ""), 0..0);
    }
    ORIGIN.with(Origin::clone)
}

fn value(data: Data) -> Value {
    Value {
        data,
        origin: origin(),
    }
}

fn text_value(text: &str) -> Value {
    value(Data::String(text.to_owned()))
}

fn array(items: Vec<Value>) -> Value {
    value(Data::Array(items))
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let mut table = Table::at(origin());
    for (name, value) in entries {
        table.insert(name, origin(), value);
    }
    value(Data::Table(table))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nonce() -> Nonce {
        Nonce::new([7; 16])
    }

    fn answer(lines: &[&str]) -> String {
        let said = |line: &&str| format!("\n{} {line}\n", nonce().as_str());
        lines.iter().map(said).collect()
    }

    fn json(answer: &str) -> serde_json::Value {
        serde_json::to_value(read_facts(answer.as_bytes(), &nonce()).unwrap()).unwrap()
    }

    #[test]
    fn an_answer_becomes_values_and_nothing_else() {
        let facts = json(&answer(&[
            "release.ID=",
            "release.ID \"rocky\"",
            "release.ID_LIKE \"rhel centos fedora\"",
            "release.VERSION_ID \"9.4\"",
            "hostname {{ 7*7 }} $(id) 'x",
            "cpus 4",
            "memory 2048000",
            "address 192.0.2.7/24",
            "address 127.0.0.1/8",
            "address not-one",
            "mount /dev/sda1 /srv/my\\040data ext4",
            "nonsense",
            "end ",
        ]));
        assert_eq!(facts["os"]["family"], "redhat");
        assert_eq!(facts["os"]["version"], "9.4");
        assert_eq!(facts["hostname"], "{{ 7*7 }} $(id) 'x");
        assert_eq!((&facts["cpus"], &facts["memory"]), (&4.into(), &2000.into()));
        assert_eq!(facts["addresses"], serde_json::json!(["192.0.2.7"]));
        assert_eq!(facts["mounts"][0]["path"], "/srv/my data");
    }

    #[test]
    fn what_did_not_end_or_is_not_ours_is_no_answer() {
        assert!(read_facts(answer(&["hostname a"]).as_bytes(), &nonce()).is_none());
        assert!(read_facts(answer(&["end "]).as_bytes(), &Nonce::new([8; 16])).is_none());
        assert!(read_facts(b"", &nonce()).is_none());
    }

    #[test]
    fn an_answer_is_bounded() {
        let many: Vec<String> = (0..1000)
            .map(|n| format!("address 10.0.{}.{}", n / 250, n % 250))
            .collect();
        let long = format!("hostname {}", "ü".repeat(5000));
        let mut lines: Vec<&str> = many.iter().map(String::as_str).collect();
        lines.extend([long.as_str(), "end "]);
        let facts = json(&answer(&lines));
        assert_eq!(facts["addresses"].as_array().unwrap().len(), MAX_ITEMS);
        assert_eq!(facts["hostname"].as_str().unwrap().len(), MAX_VALUE);
    }

    #[test]
    fn every_fact_is_told_of() {
        let facts = json(&answer(&["end "]));
        for (path, _) in FACTS {
            let pointer = path.trim_start_matches("facts").replace('.', "/");
            assert!(facts.pointer(&pointer).is_some(), "{path}");
        }
    }
}
