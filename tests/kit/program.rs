//! Programs that a test puts down and then runs.
//!
//! They are written by another process. A file this one writes may be open for writing in a child that another test's
//! thread has just forked and that has not come to its own program yet; until then nobody can run the file (ETXTBSY).

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Writes a program of this text.
pub fn write(path: &Path, text: &str) {
    let mut child = Command::new("install")
        .args(["-m", "755", "/dev/stdin"])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{}", path.display());
}

/// Puts a copy of the program `from` at `to`.
pub fn copy(from: &Path, to: &Path) {
    let status = Command::new("install")
        .args(["-m", "755"])
        .arg(from)
        .arg(to)
        .status();
    assert!(status.unwrap().success(), "{}", to.display());
}
