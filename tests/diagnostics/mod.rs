//! What people read when a file of theirs is wrong: one folder of `tests/golden/diagnostics` per mistake.
//!
//! A case holds what is read (`inventory.toml`, `limit.txt` with one selector a line, `profiles/` of which `main` is
//! asked for, `set.txt` with one `--set` a line) and `expected.txt`. `UPDATE_GOLDEN=1` writes the latter anew.

use std::path::Path;

use provision::diagnostic::Diagnostics;
use provision::document;
use provision::inventory::{Environment, Inventory, Selector};
use provision::profile::Profiles;
use provision::report::diagnostic::render;

const CASES: &str = "tests/golden/diagnostics";

#[test]
fn every_mistake_is_told_with_its_place_and_what_to_do() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut cases: Vec<_> = std::fs::read_dir(CASES)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    let mut wrong = Vec::new();
    for case in &cases {
        let told = tell(case);
        let path = case.join("expected.txt");
        if update {
            std::fs::write(&path, &told).unwrap();
        } else if std::fs::read_to_string(&path).unwrap_or_default() != told {
            wrong.push(format!("{}:\n{told}", case.display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "these are told otherwise now:\n\n{}",
        wrong.join("\n\n")
    );
    assert!(cases.len() > 30);
}

/// Everything that is wrong with a case, drawn, with paths inside the case.
fn tell(case: &Path) -> String {
    let mut mistakes = Diagnostics::default();
    if case.join("inventory.toml").exists() {
        let environment = Environment {
            home: Some("/home/ada".into()),
            user: Some("ada".to_owned()),
            ..Environment::default()
        };
        let inventory = mistakes.take(Inventory::load(&case.join("inventory.toml"), &environment));
        if let (Some(inventory), Ok(limits)) = (inventory, std::fs::read_to_string(case.join("limit.txt"))) {
            let selector = mistakes.take(Selector::parse_all(&limits.lines().collect::<Vec<_>>()));
            mistakes.take(selector.map_or(Ok(0), |selector| {
                selector.select(&inventory).map(|hosts| hosts.len())
            }));
        }
    }
    if case.join("profiles").exists() {
        let profiles = mistakes.take(Profiles::load(&case.join("profiles")));
        mistakes.take(profiles.map_or(Ok(()), |profiles| profiles.get_profile("main").map(|_| ())));
    }
    for argument in std::fs::read_to_string(case.join("set.txt"))
        .unwrap_or_default()
        .lines()
    {
        mistakes.take(document::set_argument(argument));
    }
    assert!(!mistakes.0.is_empty(), "nothing is wrong with {}", case.display());
    render(&mistakes, false).replace(&format!("{}/", case.display()), "")
}
