//! Files of `ssh_config(5)` on disk: which there are, whom they belong to, what they include.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::environment::Environment;
use super::expand;
use super::glob::glob;
use super::parse::{self, Block, Line};
use crate::diagnostic::{Diagnostic, Diagnostics, Origin, Source};

/// How deep files may include files, as in OpenSSH.
const MAX_DEPTH: usize = 16;

/// How many files all includes may come to.
const MAX_FILES: usize = 1_000;

/// The longest file read.
const MAX_BYTES: u64 = 4 << 20;

/// Whose file it is, which decides what a relative `Include` is relative to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    User,
    System,
}

pub(super) struct Reader<'a> {
    pub(super) environment: &'a Environment,
    pub(super) mistakes: Diagnostics,
    files: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(environment: &'a Environment) -> Self {
        Self {
            environment,
            mistakes: Diagnostics::default(),
            files: 0,
        }
    }

    /// Reads the file at `path` and all it includes. With `strict`, others may not write to it.
    pub(super) fn file(&mut self, path: &Path, owner: Owner, strict: bool) -> Option<Vec<Line>> {
        self.one(path, owner, strict, 0, None)
    }

    fn one(
        &mut self,
        path: &Path,
        owner: Owner,
        strict: bool,
        depth: usize,
        from: Option<&Origin>,
    ) -> Option<Vec<Line>> {
        let shown = path.display();
        let refuse = |message: String| {
            let mistake = Diagnostic::new(message);
            match from {
                Some(origin) => mistake.at(origin),
                None => mistake,
            }
        };
        self.files += 1;
        if depth > MAX_DEPTH || self.files > MAX_FILES {
            let message =
                format!("including {shown} goes too far: files include files more than {MAX_DEPTH} deep");
            let mistake = refuse(message).help("does a file include itself?");
            if self
                .mistakes
                .0
                .last()
                .is_none_or(|last| last.help != mistake.help)
            {
                self.mistakes.push(mistake);
            }
            return None;
        }
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) => {
                self.mistakes
                    .push(refuse(format!("cannot read {shown}: {error}")));
                return None;
            }
        };
        if metadata.is_dir() && from.is_some() {
            return None;
        }
        if !metadata.is_file() && path != Path::new("/dev/null") {
            self.mistakes
                .push(refuse(format!("{shown} is not a regular file")));
            return None;
        }
        let foreign = self.foreign(&metadata);
        if let (true, Some(why)) = (strict, foreign) {
            let mistake = refuse(format!("{shown} is not to be trusted: {why}"));
            self.mistakes
                .push(mistake.help("give it to yourself, and take away what others may do: chmod go-w"));
            return None;
        }
        let text = match read(path) {
            Ok(text) => text,
            Err(detail) => {
                self.mistakes
                    .push(refuse(format!("cannot read {shown}: {detail}")));
                return None;
            }
        };
        let source = Source::new(path, text);
        let blocks = parse::parse(&source, foreign, &mut self.mistakes);
        Some(self.include(blocks, owner, depth))
    }

    /// Puts files in the place of their names.
    fn include(&mut self, blocks: Vec<Block>, owner: Owner, depth: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        for block in blocks {
            let (patterns, origin) = match block {
                Block::Line(line) => {
                    lines.push(line);
                    continue;
                }
                Block::Include(patterns, origin) => (patterns, origin),
            };
            for pattern in patterns {
                let Some(anchored) = self.anchored(&pattern, owner, &origin) else {
                    continue;
                };
                for path in glob(&anchored) {
                    let included = self.one(&path, owner, true, depth + 1, Some(&origin));
                    lines.extend(included.map(Line::Included));
                }
            }
        }
        lines
    }

    /// An absolute path for what an `Include` names.
    fn anchored(&mut self, pattern: &str, owner: Owner, origin: &Origin) -> Option<String> {
        let refuse =
            |message: &str| Diagnostic::new(format!("cannot include {pattern}: {message}")).at(origin);
        let named = match owner {
            Owner::System if pattern.starts_with('~') => {
                self.mistakes
                    .push(refuse("a file of the system belongs to no home"));
                return None;
            }
            _ if pattern.starts_with(['/', '~']) => pattern.to_owned(),
            Owner::System => format!("/etc/ssh/{pattern}"),
            Owner::User => format!("~/.ssh/{pattern}"),
        };
        match expand::home(&named, self.environment) {
            Ok(path) => Some(path),
            Err(message) => {
                self.mistakes.push(refuse(&message));
                None
            }
        }
    }

    /// Why others could have written what a file says, if they could.
    fn foreign(&self, metadata: &fs::Metadata) -> Option<&'static str> {
        if metadata.uid() != 0 && Some(metadata.uid()) != self.environment.uid {
            return Some("it belongs to somebody else");
        }
        (metadata.mode() & 0o022 != 0).then_some("others may write to it")
    }
}

fn read(path: &Path) -> Result<String, String> {
    let words = |error: std::io::Error| error.to_string();
    let mut bytes = Vec::new();
    File::open(path)
        .map_err(words)?
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(words)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("it is longer than {} MiB", MAX_BYTES >> 20));
    }
    // In a comment any byte may stand; elsewhere what replaces it is refused.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The user's own file, if there is one.
pub(super) fn of_user(environment: &Environment) -> Option<PathBuf> {
    present(environment.home.as_ref()?.join(".ssh/config"))
}

/// The system's file, if there is one.
pub(super) fn of_system() -> Option<PathBuf> {
    present(PathBuf::from("/etc/ssh/ssh_config"))
}

/// Whether it is there; one that cannot be looked at is, and reading it will tell.
fn present(path: PathBuf) -> Option<PathBuf> {
    match fs::metadata(&path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => None,
        _ => Some(path),
    }
}

/// For tests and for what was never on disk.
pub(super) fn text(source: &Arc<Source>, environment: &Environment) -> Result<Vec<Line>, Diagnostics> {
    let mut reader = Reader::new(environment);
    let blocks = parse::parse(source, None, &mut reader.mistakes);
    let lines = reader.include(blocks, Owner::User, 0);
    reader.mistakes.into_result(lines)
}
