//! The parser of `known_hosts` files against OpenSSH's, and against anything.

use std::cell::Cell;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use proptest::prelude::*;
use provision::transport::ssh::known_hosts::{KnownHosts, Marker, lookup_name};
use russh::keys::{Algorithm, EcdsaCurve};
use tempfile::TempDir;

use super::trust::key;

/// Two keys of one type and one of another, as text.
static KEYS: LazyLock<[String; 3]> = LazyLock::new(|| {
    let curve = EcdsaCurve::NistP256;
    [Algorithm::Ed25519, Algorithm::Ed25519, Algorithm::Ecdsa { curve }]
        .map(|algorithm| key(algorithm).line("").trim().to_owned())
});

/// Line numbers of `ssh-keygen -F name`; its answer for each line found begins `# Host name found: line N`.
fn ssh_keygen(file: &Path, name: &str) -> Vec<usize> {
    let output = Command::new("ssh-keygen")
        .arg("-F")
        .arg(name)
        .arg("-f")
        .arg(file)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .filter_map(|line| line.split_once(" found: line "))
        .map(|(_, number)| number.split(' ').next().unwrap().parse().unwrap())
        .collect()
}

fn ours(known: &KnownHosts, name: &str) -> Vec<usize> {
    let number = |place: &str| place.rsplit(':').next().unwrap().parse().unwrap();
    let recorded = known.recorded(name);
    let certain = recorded.lines.iter().filter(|line| line.certain);
    certain.map(|line| number(&line.place)).collect()
}

fn names() -> impl Strategy<Value = String> {
    let label = prop::sample::select(vec!["a", "b", "web1", "web12", "db", "x"]);
    let domain = prop::sample::select(vec!["", ".example.com", ".example.org"]);
    let name = (label, domain).prop_map(|(label, domain)| format!("{label}{domain}"));
    let address = prop::sample::select(vec!["192.0.2.1".to_owned(), "2001:db8::1".to_owned()]);
    (
        prop_oneof![4 => name, 1 => address],
        prop::sample::select(vec![22, 22, 2222]),
    )
        .prop_map(|(name, port)| lookup_name(&name, port).unwrap())
}

fn patterns() -> impl Strategy<Value = String> {
    let pattern = prop::sample::select(vec![
        "*",
        "web*",
        "*.example.com",
        "web?",
        "!web1",
        "!*.org",
        "[*]:2222",
        "WEB1",
        "[192.0.2.?]:2222",
        "a*b*c",
        "?",
    ]);
    let one = prop_oneof![3 => names(), 2 => pattern.prop_map(str::to_owned)];
    prop::collection::vec(one, 1..4).prop_map(|list| list.join(","))
}

fn lines() -> impl Strategy<Value = String> {
    let key = prop::sample::select(KEYS.to_vec());
    let gap = prop::sample::select(vec![" ", "\t", "  ", " \t "]);
    // No tab after a marker: OpenSSH skips a line that has one, and forgets a revocation by it. We do not.
    let marker = prop::sample::select(vec!["", "", "", "", "@revoked ", "@cert-authority  "]);
    let end = prop::sample::select(vec!["", " a comment", "\tx # y", "\r"]);
    let entry = (marker, patterns(), gap, key, end)
        .prop_map(|(marker, hosts, gap, key, end)| format!("{marker}{hosts}{gap}{key}{end}"));
    let noise =
        prop::sample::select(vec!["", "# a comment", "   ", "  # indented", "\t"]).prop_map(str::to_owned);
    prop_oneof![6 => entry, 1 => noise]
}

/// Files with plain and hashed names, patterns, negations, ports and markers: line by line the same answer.
#[test]
fn we_find_the_lines_ssh_keygen_finds() {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let (asked, found) = (Cell::new(0), Cell::new(0));
    let files = (
        prop::collection::vec(lines(), 0..12),
        prop::collection::vec(names(), 3),
        any::<bool>(),
    );
    runner
        .run(&files, |(lines, names, hashed)| {
            let dir = TempDir::new().unwrap();
            let file = dir.path().join("known_hosts");
            std::fs::write(&file, lines.join("\n") + "\n").unwrap();
            if hashed {
                // Hashes every line without patterns; fails on an empty file.
                let _ = Command::new("ssh-keygen")
                    .args(["-q", "-H", "-f"])
                    .arg(&file)
                    .output()
                    .unwrap();
            }
            let content = std::fs::read(&file).unwrap();
            let known = KnownHosts::parse("known_hosts", &content);
            for name in names {
                let theirs = ssh_keygen(&file, &name);
                prop_assert_eq!(
                    &ours(&known, &name),
                    &theirs,
                    "{}\n{}",
                    name,
                    String::from_utf8_lossy(&content)
                );
                asked.set(asked.get() + 1);
                found.set(found.get() + theirs.len());
            }
            Ok(())
        })
        .unwrap();
    let (asked, found) = (asked.get(), found.get());
    println!("known_hosts: {asked} names looked up, {found} lines found, by us and by ssh-keygen alike");
    assert!(found > 0);
}

#[test]
fn markers_and_keys_are_read() {
    let text = format!(
        "@cert-authority\t*.example.com {}\nWeb1.Example.Com,192.0.2.1 {}\n!web1.example.com,* {}\nold 1024 35 1234567\n",
        KEYS[0], KEYS[1], KEYS[2]
    );
    let known = KnownHosts::parse("f", text.as_bytes());
    let recorded = known.recorded("web1.example.com");
    let markers: Vec<Marker> = recorded.lines.iter().map(|line| line.marker).collect();
    assert_eq!(markers, [Marker::CertAuthority, Marker::HostKey]);
    assert_eq!(recorded.types(), ["ssh-ed25519"]);
    assert_eq!(
        recorded.lines[1].key.as_ref().unwrap().line("x"),
        format!("x {}", KEYS[1])
    );
    assert!(known.recorded("old").lines.iter().all(|line| line.place == "f:3"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_parser_panic(bytes: Vec<u8>, name in "\\PC*") {
        KnownHosts::parse("f", &bytes).recorded(&name);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[ \t\n\r@|,!*?#a-c0-9=/\\[\\]:]{0,200}", key in "[ A-Za-z0-9+/=-]{0,80}") {
        let known = KnownHosts::parse("f", format!("{text} {key}\n@revoked {text} ssh-rsa {key}").as_bytes());
        known.recorded("a").types();
    }

    /// A name that reaches a file stays one word of one line, and says nothing about any other name.
    #[test]
    fn no_address_forges_a_line(address in any::<String>(), port: u16) {
        if let Some(name) = lookup_name(&address, port) {
            prop_assert!(!name.contains([' ', '\t', '\n', '\r', ',', '#', '*', '?', '!', '|', '@']));
        }
    }

    #[test]
    fn many_stars_are_quick(stars in 1..200usize) {
        let text = format!("{}b {}", "*a".repeat(stars), KEYS[0]);
        KnownHosts::parse("f", text.as_bytes()).recorded(&"a".repeat(255));
    }
}
