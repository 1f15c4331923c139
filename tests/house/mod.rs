//! The house keeps its own rules: floors, homes of heavy crates, pure folders, short files, licences.

mod crates;
mod files;
mod floors;

use std::fs;
use std::path::{Path, PathBuf};

/// Every file under `folder`, in order of name, `ending` with this.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_str().unwrap().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no {ending} files in {folder}");
    found
}

/// A source file without its comments and, since they may do more, without its own tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let own = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    own.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// The words that follow `before` in `code`, such as the folders after `crate::`.
fn words_after<'a>(code: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    code.match_indices(before)
        .filter(move |(at, _)| !code[..*at].ends_with(|c: char| is_word(c) || c == ':'))
        .map(move |(at, _)| &code[at + before.len()..])
        .map(move |rest| rest.split(|c| !is_word(c)).next().unwrap_or_default())
}

/// Fails with all of `broken`, which says what for each.
fn none(broken: &[String], rule: &str) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}
