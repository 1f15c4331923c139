//! Directory trees: one with all that makes them hard, and what is in one.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Every path below a directory, with its mode and content.
pub fn tree(root: &Path) -> BTreeMap<PathBuf, (u32, Option<Vec<u8>>)> {
    let mut all = BTreeMap::new();
    let mut next = vec![root.to_owned()];
    while let Some(dir) = next.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            assert!(!metadata.is_symlink(), "{}", path.display());
            let content = metadata.is_file().then(|| fs::read(&path).unwrap());
            if metadata.is_dir() {
                next.push(path.clone());
            }
            let below = path.strip_prefix(root).unwrap().to_owned();
            all.insert(below, (metadata.mode() & 0o7777, content));
        }
    }
    all
}

/// A tree with all that makes trees hard.
pub fn plant(root: &Path) {
    let write = |name: &str, mode: u32, content: &[u8]| {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    };
    write("plain", 0o644, b"text\n");
    write("with space/and 'quote'", 0o600, b"x");
    write("line\nend\n", 0o640, b"newlines in its name");
    write("-rf", 0o644, b"no option");
    write("empty", 0o444, b"");
    write("bin/run.sh", 0o755, b"#!/bin/sh\n\0\xff end\n");
    let large: Vec<u8> = (0..3_000_001_u32).map(|at| (at / 7 % 251) as u8).collect();
    write("data/large", 0o644, &large);
    write("data/twin", 0o644, &large);
    fs::create_dir_all(root.join("hollow/inner")).unwrap();
    fs::set_permissions(root.join("hollow"), fs::Permissions::from_mode(0o750)).unwrap();
}

/// So many bytes of which no two pieces are alike.
pub fn noise(length: u32, seed: u32) -> Vec<u8> {
    let byte = |at: u32| at.wrapping_mul(seed).to_le_bytes()[2];
    (0..length).map(byte).collect()
}
