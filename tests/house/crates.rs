//! What the crates we build on allow us, and that none is built twice: without a network, from cargo's own records.

use std::collections::BTreeMap;
use std::process::Command;

use super::none;

/// Licences that ask for no more than to be named.
const ALLOWED: &[&str] = &[
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Crates that are there in more than one version, and who keeps the old one.
const TWICE: &[(&str, &str)] = &[
    ("getrandom", "ring 0.17 asks for 0.2"),
    (
        "syn",
        "derive macros move from 2 to 3 one by one; only the build sees them",
    ),
];

struct Package {
    name: String,
    version: String,
    licence: String,
}

/// Every crate of a build for Linux, tests included.
fn packages() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--offline", "--locked"])
        .args([
            "--filter-platform",
            &format!("{}-unknown-linux-gnu", std::env::consts::ARCH),
        ])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(|package| Package {
            name: text(&package["name"]),
            version: text(&package["version"]),
            licence: text(&package["license"]),
        })
        .collect()
}

/// Whether an SPDX expression (SPDX 2.3, annex D) can be met with `allowed` licences alone.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    // Before SPDX, crates wrote `/` for OR.
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let met = any_of(&mut rest, allowed);
    met && rest.is_empty()
}

fn any_of(rest: &mut &[&str], allowed: &[&str]) -> bool {
    let mut met = all_of(rest, allowed);
    while let ["OR", behind @ ..] = *rest {
        *rest = behind;
        met |= all_of(rest, allowed);
    }
    met
}

fn all_of(rest: &mut &[&str], allowed: &[&str]) -> bool {
    let mut met = one(rest, allowed);
    while let ["AND", behind @ ..] = *rest {
        *rest = behind;
        met &= one(rest, allowed);
    }
    met
}

fn one(rest: &mut &[&str], allowed: &[&str]) -> bool {
    match *rest {
        ["(", behind @ ..] => {
            *rest = behind;
            let met = any_of(rest, allowed);
            let closed = rest.first() == Some(&")");
            *rest = rest.get(1..).unwrap_or_default();
            met && closed
        }
        [licence, "WITH", exception, behind @ ..] => {
            *rest = behind;
            allowed.contains(&format!("{licence} WITH {exception}").as_str())
        }
        [licence, behind @ ..] => {
            *rest = behind;
            allowed.contains(licence)
        }
        [] => false,
    }
}

#[test]
fn expressions_are_understood() {
    let allowed = ["MIT", "ISC", "A WITH b"];
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0/MIT", true),
        ("GPL-3.0 AND MIT", false),
        ("MIT AND ISC", true),
        ("(GPL-3.0 OR MIT) AND ISC", true),
        ("(GPL-3.0 OR MIT) AND LGPL-3.0", false),
        ("GPL-3.0 OR MIT AND LGPL-3.0", false),
        ("A WITH b OR GPL-3.0", true),
        ("A", false),
        ("", false),
        ("(MIT", false),
        ("MIT MIT", false),
    ] {
        assert_eq!(is_allowed(expression, &allowed), expected, "{expression:?}");
    }
}

#[test]
fn every_licence_is_an_allowed_one() {
    let packages = packages();
    assert!(packages.len() > 100, "the crates are found");
    let broken: Vec<String> = packages
        .iter()
        .filter(|package| !is_allowed(&package.licence, ALLOWED))
        .map(|package| format!("{} {}: {:?}", package.name, package.version, package.licence))
        .collect();
    none(&broken, "licences that are not on the list");
}

#[test]
fn no_crate_is_built_twice() {
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in packages() {
        versions.entry(package.name).or_default().push(package.version);
    }
    versions.retain(|_, versions| versions.len() > 1);
    let mut broken: Vec<String> = versions
        .iter()
        .filter(|(name, _)| !TWICE.iter().any(|(known, _)| known == name))
        .map(|(name, versions)| {
            format!(
                "{name} {}: `cargo tree -i {name}` says who asks",
                versions.join(" and ")
            )
        })
        .collect();
    for (name, _) in TWICE {
        if !versions.contains_key(*name) {
            broken.push(format!("{name} is there once now: take it off the list"));
        }
    }
    none(&broken, "crates in more than one version");
}
