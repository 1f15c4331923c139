//! What to do about a program of this machine that a test needs and does not find.

use std::io::Write;
use std::path::PathBuf;

/// Says on the real stderr, which the test runner does not catch, what was left out; where everything is required
/// (`PROVISION_REQUIRE_TOOLS`, as in CI) leaving out is a failure.
pub fn left_out(what: &str) {
    assert!(
        std::env::var_os("PROVISION_REQUIRE_TOOLS").is_none(),
        "left out: {what}; PROVISION_REQUIRE_TOOLS forbids that"
    );
    let _ = writeln!(std::io::stderr().lock(), "LEFT OUT: {what}");
}

/// Where `program` is; said aloud when it is nowhere.
pub fn find(program: &str, otherwise: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file());
    if found.is_none() {
        left_out(&format!("no `{program}`, so {otherwise}"));
    }
    found
}
