//! `ssh_config(5)`, read as OpenSSH 9.2 reads it.
//!
//! The files are read once, all their mistakes at once; then each host is looked up in them. What is not followed is
//! either told ([`Resolved::notes`]) or, where it would change whom we trust or which way we go, a mistake. To add a
//! directive, give it a line in `keyword`, and follow it in `connection`.

mod connection;
mod exec;
mod expand;
mod glob;
pub(super) mod hosts;
mod jump;
mod keyword;
mod lex;
mod parse;
mod pattern;
mod read;
mod resolve;
mod value;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::parse::Line;
use self::read::{Owner, Reader};
use super::environment::Environment;
use crate::diagnostic::{Diagnostics, Source};

pub(super) use self::connection::{AgentSocket, Layer, Way};
pub(super) use self::jump::{Hop, parse as parse_jump};
pub(in crate::inventory) use self::pattern::{matches, matches_list};
pub use self::resolve::{Resolved, Target};

/// Files of `ssh_config(5)`; none by default.
#[derive(Clone, Debug, Default)]
pub struct SshConfig(Arc<Content>);

#[derive(Debug, Default)]
struct Content {
    choice: Choice,
    files: Vec<Vec<Line>>,
    commands: exec::Commands,
}

/// Which files to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// `~/.ssh/config`, then `/etc/ssh/ssh_config`, where they are there.
    #[default]
    Usual,
    /// This one and no other.
    File(PathBuf),
    /// None.
    None,
}

impl SshConfig {
    /// Reads the files.
    pub fn load(choice: &Choice, environment: &Environment) -> Result<Self, Diagnostics> {
        let mut reader = Reader::new(environment);
        let mut files = Vec::new();
        match choice {
            Choice::Usual => {
                let own = read::of_user(environment).map(|path| (path, Owner::User, true));
                let system = read::of_system().map(|path| (path, Owner::System, false));
                for (path, owner, strict) in own.into_iter().chain(system) {
                    files.extend(reader.file(&path, owner, strict));
                }
            }
            Choice::File(path) => {
                let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
                files.extend(reader.file(&path, Owner::User, false));
            }
            Choice::None => {}
        }
        reader.mistakes.into_result(Self::of(choice.clone(), files))
    }

    /// Reads the file at `path`, an inventory, as `ssh -F` does: alone, or together with the system's file when it is the
    /// user's own. A file that was chosen to be read lies below it.
    pub(super) fn load_inventory(path: &Path, environment: &Environment) -> Result<Self, Diagnostics> {
        let choice = &environment.ssh_config.0.choice;
        let same =
            |other: &Path| matches!((path.canonicalize(), other.canonicalize()), (Ok(a), Ok(b)) if a == b);
        let below = match choice {
            Choice::Usual if read::of_user(environment).is_some_and(|own| same(&own)) => {
                return Self::load(choice, environment);
            }
            Choice::File(other) if !same(other) => Some(other.as_path()),
            _ => None,
        };
        let mut reader = Reader::new(environment);
        let mut files = Vec::new();
        for path in [Some(path), below].into_iter().flatten() {
            files.extend(reader.file(path, Owner::User, false));
        }
        reader.mistakes.into_result(Self::of(choice.clone(), files))
    }

    /// The files of `choice`, which could not be read: they say nothing.
    pub fn unread(choice: Choice) -> Self {
        Self::of(choice, Vec::new())
    }

    /// Takes `source` for a user's file that was never on disk.
    pub fn parse(source: &Arc<Source>, environment: &Environment) -> Result<Self, Diagnostics> {
        Ok(Self::of(Choice::None, vec![read::text(source, environment)?]))
    }

    fn of(choice: Choice, files: Vec<Vec<Line>>) -> Self {
        Self(Arc::new(Content {
            choice,
            files,
            commands: exec::Commands::default(),
        }))
    }

    /// What they say about `target`.
    pub fn resolve(&self, target: &Target<'_>, environment: &Environment) -> Result<Resolved, Diagnostics> {
        resolve::resolve(self, target, environment)
    }
}

impl From<Option<&Path>> for Choice {
    fn from(path: Option<&Path>) -> Self {
        match path {
            None => Self::Usual,
            Some(path) if path.as_os_str().eq_ignore_ascii_case("none") => Self::None,
            Some(path) => Self::File(path.to_owned()),
        }
    }
}
