//! Modules in TOML that are wrong: `tests/golden/cli/module/<what>.toml`, and beside each what is said about it.

use std::path::Path;

use super::called::Place;
use super::files::INVENTORY;
use crate::kit::golden::{Goldens, files};

/// What a case says of itself in its first line: `# with` and a value that a profile sets, or `# used` when the
/// mistake is one only where a profile uses the module.
struct Told<'a> {
    set: Option<&'a str>,
    only_used: bool,
}

fn told(text: &str) -> Told<'_> {
    let first = text.lines().next().unwrap_or_default();
    let set = first.strip_prefix("# with ");
    Told {
        set,
        only_used: set.is_some() || first == "# used",
    }
}

#[test]
fn every_bad_module_is_refused_where_it_is_wrong() {
    let cases = files("tests/golden/cli/module", "toml");
    let mut goldens = Goldens::default();
    for case in &cases {
        let text = std::fs::read_to_string(case).unwrap();
        let Told { set, only_used } = told(&text);
        let config = set.map_or_else(String::new, |set| format!("\n[config.own]\n{set}\n"));
        let place = Place::new(&[
            ("inventory.toml", INVENTORY),
            ("profiles/main.toml", &format!("modules = [\"own\"]\n{config}")),
            ("profiles/modules/own.toml", &text),
        ]);
        std::fs::write(place.path("profiles/modules/latin1"), b"caf\xe9").unwrap();
        let said = place
            .call(&["validate", "--profile", "main", "--limit", "db1"])
            .fails_with(2);
        assert_eq!(said.stdout, "", "{}", case.display());
        goldens.compare(Path::new(&case.with_extension("txt")), said.stderr.as_bytes());
        // Without a profile a missing value is no mistake yet: `--set` may bring it.
        if said.stderr.contains("needs a value") {
            place.call(&["validate", "--limit", "db1"]).success();
        } else {
            place.call(&["validate", "--limit", "db1"]).fails_with(2);
        }
        if !only_used {
            std::fs::write(place.path("profiles/main.toml"), "modules = [\"motd\"]\n").unwrap();
            let unused = place.call(&["validate"]).fails_with(2);
            assert_eq!(unused.stderr, said.stderr, "{}, used by nobody", case.display());
        }
    }
    goldens.finish();
    assert!(cases.len() >= 70);
}
