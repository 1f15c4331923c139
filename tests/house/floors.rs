//! Law 9: a folder imports only from its own floor or lower ones; a heavy crate has one home. Law 2: plan is pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::{code, files, none, words_after};

/// Every folder of the house with its floor.
const FLOORS: &[(&str, u8)] = &[
    ("name", 0),
    ("diagnostic", 0),
    ("config", 0),
    ("document", 0),
    ("script", 0),
    ("event", 0),
    ("inventory", 1),
    ("profile", 1),
    ("resource", 1),
    ("wire", 1),
    ("secret", 1),
    ("module", 2),
    ("builtin", 2),
    ("plan", 3),
    ("transport", 4),
    ("runner", 4),
    ("copy", 4),
    ("report", 4),
    ("record", 4),
    ("kept", 4),
    ("cli", 5),
];

/// Heavy crates, and where under `src/` their names may stand.
const HOMES: &[(&str, &str)] = &[
    ("russh", "transport/ssh/"),
    ("indicatif", "report/tty/"),
    ("clap", "cli/"),
    ("clap_mangen", "cli/man.rs"),
    ("clap_complete", "cli/completions/"),
    ("toml", "document"),
    ("saphyr_parser", "inventory/ansible/node.rs"),
    ("minijinja", "module/template/"),
    ("annotate_snippets", "report/diagnostic.rs"),
    ("similar", "report/diff.rs"),
    ("globset", "inventory/selector/"),
    ("strsim", "diagnostic.rs"),
    ("pbkdf2", "resource/postgres_role.rs"),
];

/// Folders that are functions of their arguments only.
const PURE: &[&str] = &[
    "name",
    "diagnostic",
    "config",
    "script",
    "resource",
    "wire",
    "builtin",
    "plan",
];

/// What reaches beyond the arguments.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::env",
    "std::time",
    "std::net",
    "std::process",
    "std::thread",
    "tokio",
    "rand",
    "getrandom",
    "tempfile",
    "async fn",
];

/// `(folder, path within src, code)` of every file below the crate's root.
fn house() -> Vec<(String, String, String)> {
    let mut all = Vec::new();
    for path in files("src", ".rs") {
        let inside = path.strip_prefix("src").unwrap().to_str().unwrap().to_owned();
        let folder = inside.split(['/', '.']).next().unwrap().to_owned();
        if !matches!(folder.as_str(), "lib" | "main") {
            all.push((folder, inside, code(&path)));
        }
    }
    all
}

fn floor(folder: &str) -> u8 {
    let found = FLOORS.iter().find(|(name, _)| *name == folder);
    found
        .unwrap_or_else(|| panic!("`{folder}` has no floor; give it one in {}", file!()))
        .1
}

/// Which folders each folder imports from.
fn imports() -> BTreeMap<String, BTreeMap<String, String>> {
    let mut all: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (folder, inside, code) in house() {
        let used: Vec<String> = words_after(&code, "crate::").map(str::to_owned).collect();
        assert!(
            !used.iter().any(String::is_empty),
            "src/{inside}: import from one folder a line, `use crate::folder::…`"
        );
        for used in used {
            // The macro of `script`, which Rust keeps at the crate's root.
            let used = if used == "sh" { "script".to_owned() } else { used };
            if used != folder {
                all.entry(folder.clone())
                    .or_default()
                    .insert(used, inside.clone());
            }
        }
    }
    all
}

#[test]
fn a_folder_imports_only_from_its_floor_and_lower_ones() {
    let mut broken = Vec::new();
    let imports = imports();
    for (folder, used) in &imports {
        for (used, file) in used {
            if floor(used) > floor(folder) {
                broken.push(format!(
                    "src/{file} imports {used}, which is on floor {}",
                    floor(used)
                ));
            }
        }
    }
    none(&broken, "imports from above");
    assert!(imports["cli"].len() > 10, "the imports are found");
}

#[test]
fn no_two_folders_import_each_other_by_any_way() {
    let imports = imports();
    for folder in imports.keys() {
        let mut reached = BTreeSet::new();
        let mut next: Vec<&String> = imports[folder].keys().collect();
        while let Some(one) = next.pop() {
            assert_ne!(one, folder, "{folder} imports itself through {reached:?}");
            if reached.insert(one) {
                next.extend(imports.get(one).into_iter().flat_map(BTreeMap::keys));
            }
        }
    }
}

#[test]
fn whoever_tells_knows_events_and_mistakes_only() {
    let known: Vec<String> = imports()["report"].keys().cloned().collect();
    let allowed = ["diagnostic", "event", "name"];
    assert!(
        known.iter().all(|used| allowed.contains(&used.as_str())),
        "report imports {known:?}"
    );
}

#[test]
fn nobody_climbs_out_of_a_folder_by_super() {
    let mut broken = Vec::new();
    for (folder, inside, code) in house() {
        let depth = inside.trim_end_matches("/mod.rs").matches('/').count();
        let longest = (1..6)
            .rev()
            .find(|n| code.contains(&"super::".repeat(*n)))
            .unwrap_or(0);
        let visible = code.contains("pub(in super");
        if longest > depth || visible {
            broken.push(format!(
                "src/{inside} leaves `{folder}` by `super`; say `crate::…`"
            ));
        }
    }
    none(&broken, "hidden imports");
}

#[test]
fn a_heavy_crate_has_one_home() {
    let mut broken = Vec::new();
    let mut homes_used = BTreeSet::new();
    for (_, inside, code) in house() {
        for (heavy, home) in HOMES {
            if words_after(&code, &format!("{heavy}::")).next().is_none() {
                continue;
            }
            if inside.starts_with(home) {
                homes_used.insert(*heavy);
            } else {
                broken.push(format!("src/{inside} uses {heavy}, whose home is src/{home}"));
            }
        }
    }
    none(&broken, "crates away from home");
    let unused: Vec<_> = HOMES
        .iter()
        .filter(|(heavy, _)| !homes_used.contains(heavy))
        .collect();
    assert!(
        unused.is_empty(),
        "never used at home, so the rule is stale: {unused:?}"
    );
}

#[test]
fn nothing_waits_below_the_floor_of_doing() {
    let mut broken = Vec::new();
    for (folder, inside, code) in house() {
        if floor(&folder) < 4 && words_after(&code, "tokio").next().is_some() {
            broken.push(format!("src/{inside} uses tokio on floor {}", floor(&folder)));
        }
    }
    none(&broken, "asynchronous code too low");
}

#[test]
fn planning_is_pure() {
    let mut broken = Vec::new();
    for (folder, inside, code) in house() {
        if !PURE.contains(&folder.as_str()) {
            continue;
        }
        for impure in IMPURE {
            // `std::fs` also when written `use std::{fs, …}`.
            let braced = impure.strip_prefix("std::").is_some_and(|name| {
                code.split("use std::{").skip(1).any(|list| {
                    list.split('}')
                        .next()
                        .unwrap_or_default()
                        .split([',', ':'])
                        .any(|one| one.trim() == name)
                })
            });
            if braced || words_after(&code, impure).any(str::is_empty) {
                broken.push(format!("src/{inside} uses {impure}"));
            }
        }
    }
    none(&broken, "law 2");
}

#[test]
fn the_map_shows_every_folder() {
    let map = fs::read_to_string("src/lib.rs").unwrap();
    let table: Vec<&str> = map.lines().filter(|line| line.starts_with("//! |")).collect();
    for (folder, floor) in FLOORS {
        let row = table.iter().find(|row| row.contains(&format!("[`{folder}`]")));
        let row = row.unwrap_or_else(|| panic!("`{folder}` is not in the map of src/lib.rs"));
        assert!(
            row.starts_with(&format!("//! | {floor} ")),
            "`{folder}` is on floor {floor}: {row}"
        );
        let there =
            Path::new("src").join(folder).is_dir() || Path::new("src").join(format!("{folder}.rs")).is_file();
        assert!(there, "`{folder}` is in the table of floors and nowhere in src/");
    }
    for (folder, _, _) in house() {
        floor(&folder);
    }
}
