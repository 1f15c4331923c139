//! Files from a host, put where they may be: below a directory of that host, never through a link, by a rename.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::digest;
use super::names::STAGE;
use crate::event::Uncopied;
use crate::name::Name;

/// What a host says of modes goes no further than this: nobody else may write here.
const AT_MOST: u32 = 0o755;

/// A directory is only ever opened itself, not what a link leads to.
const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// The directory of one host.
pub(super) struct Home {
    dir: OwnedFd,
}

/// What stands in a place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Look {
    Nothing,
    File { size: u64 },
    Folder,
    Other,
}

/// A file that is being built.
pub(super) struct Part {
    pub(super) file: File,
    /// How much of it is there.
    pub(super) length: u64,
    name: String,
}

impl Home {
    /// The directory `host` in `local`, both made if need be.
    pub(super) fn make(local: &Path, host: &Name) -> io::Result<Self> {
        std::fs::create_dir_all(local)?;
        let local = File::open(local)?;
        Ok(Self {
            dir: enter(&local, host.as_str().as_bytes())?,
        })
    }

    /// The same, if it is there.
    pub(super) fn find(local: &Path, host: &Name) -> Option<Self> {
        let local = File::open(local).ok()?;
        let dir = rustix::fs::openat(&local, host.as_str(), DIRECTORY, Mode::empty()).ok()?;
        Some(Self { dir })
    }

    /// The directory that the last of `parts` is in, which must be there.
    fn above(&self, parts: &[&[u8]]) -> Result<OwnedFd, Errno> {
        let mut dir = rustix::fs::openat(&self.dir, c".", DIRECTORY, Mode::empty())?;
        for part in &parts[..parts.len() - 1] {
            dir = rustix::fs::openat(&dir, *part, DIRECTORY, Mode::empty())?;
        }
        Ok(dir)
    }

    /// The same, made if need be.
    fn way(&self, parts: &[&[u8]]) -> io::Result<OwnedFd> {
        let mut dir = rustix::fs::openat(&self.dir, c".", DIRECTORY, Mode::empty())?;
        for part in &parts[..parts.len() - 1] {
            dir = enter(&dir, part)?;
        }
        Ok(dir)
    }

    /// What is there already.
    pub(super) fn look(&self, parts: &[&[u8]]) -> Look {
        let dir = match self.above(parts) {
            Ok(dir) => dir,
            Err(Errno::NOENT) => return Look::Nothing,
            Err(_) => return Look::Other,
        };
        match rustix::fs::statat(&dir, parts[parts.len() - 1], AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => Look::Nothing,
            Err(_) => Look::Other,
            Ok(stat) => match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile => Look::File {
                    size: u64::try_from(stat.st_size).unwrap_or(0),
                },
                FileType::Directory => Look::Folder,
                _ => Look::Other,
            },
        }
    }

    /// The digest of a file that is there.
    pub(super) fn digest(&self, parts: &[&[u8]]) -> Option<String> {
        let dir = self.above(parts).ok()?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&dir, parts[parts.len() - 1], flags, Mode::empty()).ok()?;
        let (digest, ..) = digest(File::from(file), u64::MAX).ok()?;
        Some(digest)
    }

    /// A directory, made if need be.
    pub(super) fn folder(&self, parts: &[&[u8]], mode: u32) -> Result<(), Uncopied> {
        if self.look(parts) == Look::Folder {
            return Ok(());
        }
        let dir = self.way(parts).map_err(|_| Uncopied::Here)?;
        let made = enter(&dir, parts[parts.len() - 1]).map_err(|_| Uncopied::Here)?;
        // Whoever makes it must get into it.
        let mode = Mode::from_raw_mode((mode & AT_MOST) | 0o700);
        rustix::fs::fchmod(&made, mode).map_err(|_| Uncopied::Here)
    }

    fn stage(&self) -> io::Result<OwnedFd> {
        match rustix::fs::mkdirat(&self.dir, STAGE, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(rustix::fs::openat(&self.dir, STAGE, DIRECTORY, Mode::empty())?)
    }

    /// The file that is to have this digest, as far as an earlier run has come with it.
    pub(super) fn part(&self, digest: &str) -> io::Result<Part> {
        let stage = self.stage()?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        // Whoever else is at it keeps it; another name serves as well.
        for other in 0..100 {
            let name = format!("{digest}.{other}");
            let file = rustix::fs::openat(&stage, name.as_str(), flags, Mode::RUSR | Mode::WUSR)?;
            let file = File::from(file);
            let known = file.metadata()?;
            if known.is_file() && known.nlink() == 1 && file.try_lock().is_ok() {
                return Ok(Part {
                    file,
                    length: known.len(),
                    name,
                });
            }
        }
        Err(io::Error::other("too many runs are at the same file"))
    }

    /// Brings a whole file to its place, over another one only with `force`.
    pub(super) fn put(&self, part: &Part, parts: &[&[u8]], mode: u32, force: bool) -> Result<(), Uncopied> {
        let here = |_| Uncopied::Here;
        let mode = Mode::from_raw_mode(mode & 0o777);
        rustix::fs::fchmod(&part.file, mode).map_err(here)?;
        let stage = self.stage().map_err(|_| Uncopied::Here)?;
        let dir = self.way(parts).map_err(|_| Uncopied::Here)?;
        let name = parts[parts.len() - 1];
        if force {
            return rustix::fs::renameat(&stage, part.name.as_str(), &dir, name).map_err(here);
        }
        // A rename would take the place of what has come there meanwhile.
        match rustix::fs::linkat(&stage, part.name.as_str(), &dir, name, AtFlags::empty()) {
            Ok(()) => {}
            Err(Errno::EXIST) => return Err(Uncopied::Exists),
            Err(_) => return Err(Uncopied::Here),
        }
        self.drop_part(part);
        Ok(())
    }

    /// Forgets a file that is not to be gone on with.
    pub(super) fn drop_part(&self, part: &Part) {
        if let Ok(stage) = self.stage() {
            let _ = rustix::fs::unlinkat(&stage, part.name.as_str(), AtFlags::empty());
        }
    }

    /// Removes the place of unfinished files, if there are none.
    pub(super) fn tidy(&self) {
        let _ = rustix::fs::unlinkat(&self.dir, STAGE, AtFlags::REMOVEDIR);
    }
}

/// What a host's mode is here.
pub(super) fn bounded(mode: u32) -> u32 {
    mode & AT_MOST
}

/// The directory `name` of `dir`, made if need be.
fn enter(dir: impl AsFd, name: &[u8]) -> io::Result<OwnedFd> {
    match rustix::fs::mkdirat(
        &dir,
        name,
        Mode::RWXU | Mode::RGRP | Mode::XGRP | Mode::ROTH | Mode::XOTH,
    ) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(rustix::fs::openat(&dir, name, DIRECTORY, Mode::empty())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::fs::symlink;

    #[test]
    fn nothing_goes_through_a_link_or_over_what_is_there() {
        let folder = tempfile::TempDir::new().unwrap();
        let outside = folder.path().join("outside");
        std::fs::create_dir(&outside).unwrap();
        let name = Name::parse("host1").unwrap();
        let local = folder.path().join("local");
        let home = Home::make(&local, &name).unwrap();
        let at = local.join("host1");
        symlink(&outside, at.join("link")).unwrap();
        symlink(outside.join("file"), at.join("file")).unwrap();
        let build = |home: &Home| {
            let mut part = home.part(&"0".repeat(64)).unwrap();
            part.file.write_all(b"x").unwrap();
            part
        };
        let through: &[&[u8]] = &[b"link", b"new"];
        let part = build(&home);
        assert_eq!(home.look(through), Look::Other);
        assert_eq!(home.put(&part, through, 0o644, true), Err(Uncopied::Here));
        assert_eq!(home.folder(&[b"link", b"new"], 0o755), Err(Uncopied::Here));
        assert_eq!(home.folder(&[b"link"], 0o755), Err(Uncopied::Here));
        assert_eq!(home.look(&[b"file"]), Look::Other);
        assert_eq!(home.digest(&[b"file"]), None);
        assert_eq!(home.put(&part, &[b"file"], 0o644, false), Err(Uncopied::Exists));
        // By force the link itself is gone, and what it led to is as it was.
        assert_eq!(home.put(&part, &[b"file"], 0o4666, true), Ok(()));
        assert_eq!(home.look(&[b"file"]), Look::File { size: 1 });
        assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
        home.tidy();
        assert!(!at.join(".provision-copy").exists());
        // A host's own directory is none of somebody else.
        symlink(&outside, local.join("host2")).unwrap();
        assert!(Home::make(&local, &Name::parse("host2").unwrap()).is_err());
        assert!(Home::find(&local, &Name::parse("host2").unwrap()).is_none());
    }

    #[test]
    fn two_runs_do_not_share_an_unfinished_file() {
        let folder = tempfile::TempDir::new().unwrap();
        let home = Home::make(folder.path(), &Name::parse("host1").unwrap()).unwrap();
        let digest = "0".repeat(64);
        let mut first = home.part(&digest).unwrap();
        first.file.write_all(b"half").unwrap();
        assert_eq!(home.part(&digest).unwrap().length, 0);
        drop(first);
        assert_eq!(home.part(&digest).unwrap().length, 4);
    }
}
