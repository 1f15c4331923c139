//! Texts kept in files and compared with what comes out now; `UPDATE_GOLDEN=1` writes them anew.

use std::fs;
use std::path::{Path, PathBuf};

/// Comparisons that fail together, so that one run shows all.
#[derive(Default)]
pub struct Goldens {
    wrong: Vec<String>,
}

impl Goldens {
    /// Compares `now` with the file at `path`.
    pub fn compare(&mut self, path: &Path, now: &[u8]) {
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, now).unwrap();
            return;
        }
        match fs::read(path) {
            Ok(kept) if kept == now => {}
            Ok(kept) => self.wrong.push(format!(
                "{}:\n--- kept\n{}\n--- now\n{}",
                path.display(),
                String::from_utf8_lossy(&kept),
                String::from_utf8_lossy(now)
            )),
            Err(error) => self.wrong.push(format!(
                "{}: {error}; it is now:\n{}",
                path.display(),
                String::from_utf8_lossy(now)
            )),
        }
    }

    /// Fails with all differences.
    pub fn finish(self) {
        let count = self.wrong.len();
        assert!(
            count == 0,
            "{count} are otherwise now:\n\n{}",
            self.wrong.join("\n\n")
        );
    }
}

/// The files of `folder` with this extension, in order.
pub fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == extension))
        .collect();
    found.sort();
    found
}
