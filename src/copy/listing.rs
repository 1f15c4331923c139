//! What a host says there is: believed as far as it stays below what was asked for, and within bounds.

use std::collections::HashSet;

use super::is_digest;
use super::names::{MAX_PATH, parts};
use super::reader::Broken;
use super::talk::{End, Talk};
use super::upload::number;
use crate::event::Uncopied;

/// The most files and directories taken of one host.
const MAX_FOUND: usize = 200_000;

/// The most bytes of names.
const MAX_NAMES: usize = 64 << 20;

/// What was asked for, and what there is.
#[derive(Debug, Default)]
pub(super) struct Root {
    /// Why there is nothing.
    pub(super) why: Option<Uncopied>,
    folder: bool,
    pub(super) found: Vec<Found>,
    /// Links and special files that are not sent.
    pub(super) left: u64,
}

/// A file or directory.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: Kind,
    pub(super) mode: u32,
    /// Its place below what was asked for; empty for that itself.
    pub(super) below: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File {
        size: u64,
        digest: String,
    },
    Folder,
    /// It may not be read there.
    Closed,
}

/// Hears what there is of `asked` paths.
pub(super) async fn list(talk: &mut Talk<'_>, asked: usize) -> Result<Vec<Root>, End> {
    let mut roots: Vec<Root> = Vec::new();
    let (mut count, mut names) = (0, 0);
    let mut seen: HashSet<Vec<u8>> = HashSet::new();
    loop {
        let line = talk.line().await?;
        let words: Vec<&str> = line.split(' ').collect();
        let here = |word: &str, roots: &[Root]| number(word).is_ok_and(|at| at + 1 == roots.len());
        match *words.as_slice() {
            ["asked", at, kind] if number(at)? == roots.len() && roots.len() < asked => {
                seen.clear();
                roots.push(Root {
                    why: match kind {
                        "file" | "folder" => None,
                        "special" => Some(Uncopied::Special),
                        "none" => Some(Uncopied::Missing),
                        _ => return Err(Broken.into()),
                    },
                    folder: kind == "folder",
                    ..Root::default()
                });
            }
            [kind, at, mode, size, digest, length] if here(at, &roots) => {
                let kind = match kind {
                    "file" if is_digest(digest) => Kind::File {
                        size: number(size)? as u64,
                        digest: digest.to_owned(),
                    },
                    "folder" => Kind::Folder,
                    "closed" => Kind::Closed,
                    _ => return Err(Broken.into()),
                };
                let mode = match kind {
                    Kind::Closed => 0,
                    _ => u32::from_str_radix(mode, 8).map_err(|_| Broken)?,
                };
                let length = number(length)?;
                count += 1;
                names += length;
                if length > MAX_PATH || count > MAX_FOUND || names > MAX_NAMES {
                    return Err(End::Over("it lists more than is taken".to_owned()));
                }
                let below = talk.counted(length).await?;
                let Some(root) = roots.last_mut() else {
                    return Err(Broken.into());
                };
                let fits = match (below.is_empty(), root.folder) {
                    (true, true) => matches!(kind, Kind::Closed | Kind::Folder) && seen.insert(Vec::new()),
                    (true, false) => kind != Kind::Folder && root.found.is_empty() && root.why.is_none(),
                    (false, true) => parts(&below).is_some() && seen.insert(below.clone()),
                    (false, false) => false,
                };
                if !fits {
                    let words = "it sent a name that was not asked for, and was not believed";
                    return Err(End::Over(words.to_owned()));
                }
                root.found.push(Found { kind, mode, below });
            }
            ["left", at, left] if here(at, &roots) => {
                if let Some(root) = roots.last_mut() {
                    root.left = number(left)? as u64;
                }
            }
            ["listed"] if roots.len() == asked => return Ok(roots),
            _ => return Err(Broken.into()),
        }
    }
}
