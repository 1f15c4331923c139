//! `provision init`: a small project to begin with.
//!
//! The one promise: all of it is written or nothing, and never over anything.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostic;
use crate::report::escape;
use crate::script;

use super::completions::offer;
use super::outcome::print;
use super::{Failure, Outcome};

/// The project's files; of two that share a folder none is in the way of the other.
const FILES: &[(&str, &str)] = &[
    ("inventory.toml", include_str!("init/project/inventory.toml")),
    (
        "profiles/base.toml",
        include_str!("init/project/profiles/base.toml"),
    ),
    (
        "profiles/modules/hello.toml",
        include_str!("init/project/profiles/modules/hello.toml"),
    ),
    (
        "profiles/modules/hello.txt",
        include_str!("init/project/profiles/modules/hello.txt"),
    ),
];

/// What these files add to the project's folder.
const ENTRIES: [&str; 2] = ["profiles", "inventory.toml"];

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: provision init fleet && cd fleet && provision validate")]
pub(super) struct Args {
    /// Where to; made when it is not there
    #[arg(value_name = "DIR", add = offer::folders(), default_value = ".")]
    dir: PathBuf,
}

pub(super) fn run(args: &Args) -> Outcome {
    let dir = &args.dir;
    match fs::metadata(dir) {
        Ok(found) if found.is_dir() => write_into(dir)?,
        Ok(_) => return Err(in_the_way(dir, "it is no folder")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => write_new(dir)?,
        Err(error) => return Err(cannot(dir, &error)),
    }
    print(&next(dir))
}

/// Makes the folder with everything in it by one rename.
fn write_new(dir: &Path) -> Result<(), Failure> {
    let absolute = std::path::absolute(dir).map_err(|error| cannot(dir, &error))?;
    let parent = absolute.parent().unwrap_or(&absolute);
    let write = || {
        fs::create_dir_all(parent)?;
        let staged = stage(parent)?;
        // Over an empty folder that came into being meanwhile, but over nothing else.
        fs::rename(staged.path().join("project"), &absolute)
    };
    write().map_err(|error| cannot(dir, &error))
}

/// Adds the files to a folder that is there. The folder of profiles lands by a rename and the inventory by a link, which
/// does not replace what came into being meanwhile.
fn write_into(dir: &Path) -> Result<(), Failure> {
    for entry in ENTRIES {
        let path = dir.join(entry);
        // Also a link that leads nowhere is in the way.
        if path.symlink_metadata().is_ok() {
            return Err(in_the_way(&path, "it is there already"));
        }
    }
    let write = || {
        let staged = stage(dir)?;
        let from = staged.path().join("project");
        let [profiles, inventory] = ENTRIES;
        fs::hard_link(from.join(inventory), dir.join(inventory))?;
        let landed = fs::rename(from.join(profiles), dir.join(profiles));
        if landed.is_err() {
            let _ = fs::remove_file(dir.join(inventory));
        }
        landed
    };
    write().map_err(|error| cannot(dir, &error))
}

/// Writes everything to `project` in a folder within `beside`, which goes with what is returned.
fn stage(beside: &Path) -> io::Result<tempfile::TempDir> {
    let staged = tempfile::Builder::new()
        .prefix(".provision-init.")
        .tempdir_in(beside)?;
    for (name, text) in FILES {
        let path = staged.path().join("project").join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text)?;
    }
    Ok(staged)
}

fn in_the_way(path: &Path, why: &str) -> Failure {
    let mistake = Diagnostic::new(format!("{} is in the way: {why}", path.display()));
    mistake
        .help("nothing was written; name a folder that has neither `inventory.toml` nor `profiles`")
        .into()
}

fn cannot(dir: &Path, error: &io::Error) -> Failure {
    let mistake = Diagnostic::new(format!("cannot write a project to {}: {error}", dir.display()));
    mistake.help("nothing was written").into()
}

/// What was written, and what to type now.
fn next(dir: &Path) -> String {
    let shown = dir.display().to_string();
    let mut text = format!("wrote a project to {}:\n", escape::line(&shown));
    for (name, _) in FILES {
        let _ = writeln!(text, "  {name}");
    }
    text += "\nnext:\n";
    let mut quoted = Vec::new();
    let typed = script::quote(shown.as_bytes(), &mut quoted).is_ok();
    if dir != Path::new(".") && typed {
        let quoted = String::from_utf8_lossy(&quoted).into_owned();
        let _ = writeln!(text, "  cd {}", escape::line(&quoted));
    }
    text
        + "  $EDITOR inventory.toml                           # put a host of yours in the place of 192.0.2.10
  provision validate                               # checks all files, contacts nobody
  provision hosts test                             # connects, and says how that went
  provision push --profile base --dry-run --diff   # says what would change
  provision push --profile base                    # changes it
"
}
