//! Modules in TOML that are wrong: `tests/golden/cli/module/<what>.toml`, and beside each what is said about it.

use std::path::Path;

use super::called::Place;
use super::files::INVENTORY;
use crate::kit::golden::{Goldens, files};

#[test]
fn every_bad_module_is_refused_where_it_is_wrong() {
    let cases = files("tests/golden/cli/module", "toml");
    let mut goldens = Goldens::default();
    for case in &cases {
        let text = std::fs::read_to_string(case).unwrap();
        // What a profile sets for it stands in its first line, behind `# with `.
        let set = text.lines().next().and_then(|line| line.strip_prefix("# with "));
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
    }
    goldens.finish();
    assert!(cases.len() >= 20);
}
