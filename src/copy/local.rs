//! What is sent: files and trees here, looked at once before anybody is contacted.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::digest;

/// One thing to be put on hosts.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its place below the target: empty for the target itself, else parts with `/` between them.
    pub below: Vec<u8>,
    /// Where it is here.
    pub source: PathBuf,
    /// Permission bits.
    pub mode: u32,
    /// What it is.
    pub kind: Kind,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Folder,
    /// A regular file.
    File {
        /// Its length.
        size: u64,
        /// Its SHA-256 in hex.
        digest: String,
    },
}

/// All that is sent, directories before what is in them.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Links that were left out.
    pub links: usize,
}

/// Why something here cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It could not be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// What.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// It is neither file nor directory.
    #[error("{} is neither a file nor a directory", .0.display())]
    Special(PathBuf),
    /// It is a link within a tree.
    #[error("{} is a symbolic link", .0.display())]
    Link(PathBuf),
    /// Two of the things named would get one place.
    #[error("two of what is to be copied would become {:?}", String::from_utf8_lossy(.0))]
    Twice(Vec<u8>),
    /// It has no name of its own, as `/` or `..`.
    #[error("{} has no name to be called by on a host", .0.display())]
    Nameless(PathBuf),
}

impl Batch {
    /// How many bytes files have.
    pub fn bytes(&self) -> u64 {
        let sizes = self.entries.iter().map(|entry| match entry.kind {
            Kind::File { size, .. } => size,
            Kind::Folder => 0,
        });
        sizes.sum()
    }
}

/// Looks at all of `sources`: each becomes the target itself, or with `within` a thing in it, by its own name. A link
/// that is named is followed; links within trees are refused, or left out with `skip_links`.
pub fn gather(sources: &[PathBuf], within: bool, skip_links: bool) -> Result<Batch, Refused> {
    let mut batch = Batch::default();
    let mut names: Vec<&OsStr> = Vec::new();
    for source in sources {
        let below = if within {
            let name = source.file_name();
            let name = name.ok_or_else(|| Refused::Nameless(source.clone()))?;
            if names.contains(&name) {
                return Err(Refused::Twice(name.as_bytes().to_vec()));
            }
            names.push(name);
            name.as_bytes().to_vec()
        } else {
            Vec::new()
        };
        let metadata = fs::metadata(source).map_err(|error| Refused::Read {
            path: source.clone(),
            error,
        })?;
        batch.add(source, below, &metadata, skip_links)?;
    }
    Ok(batch)
}

impl Batch {
    fn add(
        &mut self,
        source: &Path,
        below: Vec<u8>,
        metadata: &fs::Metadata,
        skip_links: bool,
    ) -> Result<(), Refused> {
        let unread = |error| Refused::Read {
            path: source.to_owned(),
            error,
        };
        let kind = metadata.file_type();
        let mode = metadata.permissions().mode() & 0o777;
        if kind.is_symlink() {
            if !skip_links {
                return Err(Refused::Link(source.to_owned()));
            }
            self.links += 1;
            return Ok(());
        }
        if kind.is_fifo() || kind.is_socket() || kind.is_char_device() || kind.is_block_device() {
            return Err(Refused::Special(source.to_owned()));
        }
        if kind.is_file() {
            let file = File::open(source).map_err(unread)?;
            let (digest, size, _) = digest(file, u64::MAX).map_err(unread)?;
            self.entries.push(Entry {
                below,
                source: source.to_owned(),
                mode,
                kind: Kind::File { size, digest },
            });
            return Ok(());
        }
        let mut inside: Vec<fs::DirEntry> =
            fs::read_dir(source).and_then(Iterator::collect).map_err(unread)?;
        inside.sort_by_key(fs::DirEntry::file_name);
        self.entries.push(Entry {
            below: below.clone(),
            source: source.to_owned(),
            mode,
            kind: Kind::Folder,
        });
        for entry in inside {
            let mut below = below.clone();
            if !below.is_empty() {
                below.push(b'/');
            }
            below.extend_from_slice(entry.file_name().as_bytes());
            let path = entry.path();
            let metadata = entry.metadata().map_err(|error| Refused::Read {
                path: path.clone(),
                error,
            })?;
            self.add(&path, below, &metadata, skip_links)?;
        }
        Ok(())
    }
}
