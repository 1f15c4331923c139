//! The programs of a copy, in two halves: one that asks, one that carries out what is needed. Pure.

use crate::script::{NulError, Script};

use super::local::{Entry, Kind};

const UPLOAD_ASK: &str = include_str!("upload_ask.sh");
const UPLOAD_ACT: &str = concat!(include_str!("exactly.sh"), include_str!("upload_act.sh"));
const DOWNLOAD_ASK: &str = include_str!("download_ask.sh");
const DOWNLOAD_ACT: &str = concat!(include_str!("exactly.sh"), include_str!("download_act.sh"));

/// What is wanted of every file, beside its content.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub(super) mode: Option<u32>,
    pub(super) owner: String,
    pub(super) group: String,
}

impl Wanted {
    /// The mode of an entry, in octal: who may read a directory may enter it.
    pub(super) fn mode(&self, entry: &Entry) -> String {
        let mode = match (self.mode, &entry.kind) {
            (None, _) => entry.mode,
            (Some(mode), Kind::File { .. }) => mode,
            (Some(mode), Kind::Folder) => mode | (mode & 0o444) >> 2,
        };
        format!("{mode:o}")
    }
}

/// Text under construction: statements behind functions.
struct Text {
    out: Vec<u8>,
}

impl Text {
    fn new(functions: &str) -> Self {
        let out = format!("{functions}\nmain() {{\n").into_bytes();
        Self { out }
    }

    fn add(&mut self, statement: &Script) -> Result<(), NulError> {
        statement.render(&mut self.out, &mut |_| 0)?;
        self.out.push(b'\n');
        Ok(())
    }

    /// The whole, with what follows the statements.
    fn end(mut self, rest: &str) -> Vec<u8> {
        self.out.extend_from_slice(rest.as_bytes());
        self.out
    }
}

const HELLO: &str = "printf '\\n\\036%s copy\\n' \"$nonce\"\nunset nonce";

/// The place of something below `$base`.
fn place(below: &[u8]) -> Script {
    if below.is_empty() {
        return Script::raw("\"$base\"");
    }
    let mut place = Script::raw("\"$base\"/");
    place.append(Script::word(below));
    place
}

/// Asks what stands where `entries` are to be put, at `base`.
pub(super) fn upload_ask(base: &str, entries: &[Entry], wanted: &Wanted) -> Result<Vec<u8>, NulError> {
    let mut text = Text::new(UPLOAD_ASK);
    text.add(&Script::raw(HELLO))?;
    text.add(&crate::sh!("base={}", Script::path(base)))?;
    for (index, entry) in entries.iter().enumerate() {
        let (number, place) = (index.to_string(), place(&entry.below));
        let statement = match &entry.kind {
            Kind::Folder => crate::sh!("folder {} {}", number, place),
            Kind::File { size, digest } => crate::sh!(
                "file {} {} {} {} {} {} {}",
                number,
                size.to_string(),
                wanted.mode(entry),
                &wanted.owner,
                &wanted.group,
                digest,
                place
            ),
        };
        text.add(&statement)?;
    }
    Ok(text.end("printf 'asked\\n'\n}\nmain </dev/null\n}\n"))
}

/// What is to be done with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Bring it.
    All,
    /// Only mode and owner are wrong.
    Access,
}

/// Carries out what `needed` says, by places in `entries`.
pub(super) fn upload_act(
    entries: &[Entry],
    wanted: &Wanted,
    needed: &[(usize, Need)],
) -> Result<Vec<u8>, NulError> {
    let mut text = Text::new(UPLOAD_ACT);
    text.out.splice(..0, b"{\n".iter().copied());
    let all = |need: Need| needed.iter().filter(move |(_, is)| *is == need);
    for &(index, _) in all(Need::Access) {
        let entry = &entries[index];
        text.add(&crate::sh!(
            "access {} {} {} {} {}",
            index.to_string(),
            wanted.mode(entry),
            &wanted.owner,
            &wanted.group,
            place(&entry.below)
        ))?;
    }
    let folders = || all(Need::All).filter(|(index, _)| entries[*index].kind == Kind::Folder);
    for &(index, _) in folders() {
        text.add(&crate::sh!(
            "make {} {} {} {}",
            index.to_string(),
            &wanted.owner,
            &wanted.group,
            place(&entries[index].below)
        ))?;
    }
    let files = || {
        all(Need::All).filter_map(|&(index, _)| match &entries[index].kind {
            Kind::File { size, digest } => Some((index, &entries[index], size, digest)),
            Kind::Folder => None,
        })
    };
    for (index, entry, _, digest) in files() {
        text.add(&crate::sh!(
            "part {} {} {}",
            index.to_string(),
            digest,
            place(&entry.below)
        ))?;
    }
    text.add(&Script::raw("printf 'ready\\n'"))?;
    for (index, entry, size, digest) in files() {
        text.add(&crate::sh!(
            "take {} {} {} {} {} {} {}",
            index.to_string(),
            size.to_string(),
            wanted.mode(entry),
            &wanted.owner,
            &wanted.group,
            digest,
            place(&entry.below)
        ))?;
    }
    // Before directories get their own modes, which may keep us from it.
    text.add(&Script::raw("leave"))?;
    // From the inside out: a directory that is closed would keep out those within.
    for &(index, _) in folders().collect::<Vec<_>>().into_iter().rev() {
        let entry = &entries[index];
        text.add(&crate::sh!(
            "open {} {} {}",
            index.to_string(),
            wanted.mode(entry),
            place(&entry.below)
        ))?;
    }
    Ok(text.end("printf 'end\\n'\n}\nmain\nexit\n}\n"))
}

/// Asks what there is at `paths`.
pub(super) fn download_ask(paths: &[String]) -> Result<Vec<u8>, NulError> {
    let mut text = Text::new(DOWNLOAD_ASK);
    text.add(&Script::raw(HELLO))?;
    for (number, path) in paths.iter().enumerate() {
        text.add(&crate::sh!("asked {} {}", number.to_string(), Script::path(path)))?;
    }
    Ok(text.end("printf 'listed\\n'\n}\nmain </dev/null\n}\n"))
}

/// One file that is to be sent: what was asked for, where it is below that, how long it is, and what is here of it.
pub(super) struct Give<'a> {
    pub(super) path: &'a str,
    pub(super) below: &'a [u8],
    pub(super) size: u64,
    pub(super) from: u64,
    pub(super) digest: &'a str,
}

/// Sends files, in this order.
pub(super) fn download_act(files: &[Give<'_>]) -> Result<Vec<u8>, NulError> {
    let mut text = Text::new(DOWNLOAD_ACT);
    text.out.splice(..0, b"{\n".iter().copied());
    for (index, file) in files.iter().enumerate() {
        text.add(&crate::sh!("base={}", Script::path(file.path)))?;
        text.add(&crate::sh!(
            "give {} {} {} {} {}",
            index.to_string(),
            file.size.to_string(),
            file.from.to_string(),
            file.digest,
            place(file.below)
        ))?;
    }
    Ok(text.end("printf 'end\\n'\n}\nmain </dev/null\nexit\n}\n"))
}
