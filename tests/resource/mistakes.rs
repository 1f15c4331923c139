//! Steps that no host could satisfy: `tests/golden/resource-mistakes/<kind>-<what>.toml`, and beside it what is said.

use provision::report::diagnostic::render;
use provision::resource::KEYS;

use super::read;
use crate::kit::golden::{Goldens, files};

#[test]
fn every_bad_step_is_refused_where_it_is_wrong() {
    let mut goldens = Goldens::default();
    let cases = files("tests/golden/resource-mistakes", "toml");
    for case in &cases {
        let stem = case.file_stem().unwrap().to_str().unwrap();
        let kind = stem.split('-').next().unwrap();
        assert!(KEYS.contains(&kind), "{stem} is named after a kind");
        let text = std::fs::read_to_string(case).unwrap();
        let told = match read(kind, "step.toml", &text) {
            Ok(step) => format!("accepted: {}\n", step.title()),
            Err(mistake) => render(&mistake.into(), false),
        };
        goldens.compare(&case.with_extension("txt"), told.as_bytes());
    }
    goldens.finish();
    assert!(cases.len() > 50);
}
