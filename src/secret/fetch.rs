//! Fetches one secret. What it is never stands in a message; what went wrong does.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Provider, prompt};
use crate::script::Secret;

/// The longest secret: a key with its certificates fits, a disk image does not.
const MAX_BYTES: u64 = 64 * 1024;

/// Says where age's own key is, when it is not in the usual place.
const AGE_IDENTITY: &str = "PROVISION_AGE_IDENTITY";

pub(super) fn fetch(provider: &Provider) -> Result<Secret, String> {
    let text = match provider {
        Provider::Environment(name) => std::env::var(name).map_err(|error| match error {
            std::env::VarError::NotPresent => format!("the environment has no variable `{name}`"),
            std::env::VarError::NotUnicode(_) => format!("the variable `{name}` is not UTF-8"),
        })?,
        Provider::File(path) => {
            let read = File::open(path).and_then(bounded);
            let bytes = read.map_err(|error| format!("cannot read {}: {error}", path.display()))?;
            line(bytes, &path.display().to_string())?
        }
        Provider::Command(folder, words) => {
            let (program, arguments) = words.split_first().ok_or("there is no program to start")?;
            run(program, arguments, folder).map_err(|refused| match refused {
                Refused::Missing => format!("there is no program `{program}`"),
                Refused::Said(what) => what,
            })?
        }
        Provider::Prompt(question) => prompt(&format!("{question}: "))
            .map_err(|error| format!("there is no terminal to ask for {question:?} on: {error}"))?,
        Provider::Age(path) => age(path)?,
    };
    if text.is_empty() {
        return Err("this secret is empty".to_owned());
    }
    if text.contains('\0') {
        return Err("this secret holds a NUL character, which no shell can carry".to_owned());
    }
    Ok(Secret::new(text))
}

/// A path that starts with `~/`, in the controller's home.
pub(super) fn in_home(path: &str) -> Option<PathBuf> {
    let rest = path.strip_prefix("~/")?;
    std::env::var_os("HOME").map(|home| Path::new(&home).join(rest))
}

fn bounded(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other("it has more than 64 KiB"));
    }
    Ok(bytes)
}

/// Text without the line end that editors and programs put behind it.
fn line(bytes: Vec<u8>, what: &str) -> Result<String, String> {
    let mut text = String::from_utf8(bytes).map_err(|_| format!("{what} is not UTF-8"))?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

/// Why a program gave no secret.
enum Refused {
    /// There is no such program.
    Missing,
    /// Anything else, in words.
    Said(String),
}

/// What `program` writes to stdout. Its stderr is the person's: it may ask for a touch or a passphrase there.
fn run(program: &str, arguments: &[String], folder: &Path) -> Result<String, Refused> {
    let said = |error: io::Error| Refused::Said(format!("cannot run `{program}`: {error}"));
    // A program named by a path is meant from the file that names it; others are looked for in $PATH.
    let place = if program.contains('/') {
        folder.join(program)
    } else {
        PathBuf::from(program)
    };
    let place = if program.contains('/') {
        std::path::absolute(place).map_err(said)?
    } else {
        place
    };
    let mut command = Command::new(place);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    if !folder.as_os_str().is_empty() {
        command.current_dir(folder);
    }
    let mut child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Refused::Missing,
        _ => said(error),
    })?;
    let read = child.stdout.take().map_or(Ok(Vec::new()), bounded);
    if read.is_err() {
        let _ = child.kill();
    }
    let status = child.wait().map_err(said)?;
    let bytes = read.map_err(said)?;
    if !status.success() {
        return Err(Refused::Said(format!("`{program}` gave no secret: {status}")));
    }
    line(bytes, &format!("what `{program}` wrote")).map_err(Refused::Said)
}

/// Decrypts by the `age` program, or `rage`, which takes the same words.
fn age(path: &Path) -> Result<String, String> {
    let usual = || in_home("~/.config/provision/age.txt");
    let identity = std::env::var_os(AGE_IDENTITY).map(PathBuf::from).or_else(usual);
    let identity = identity.ok_or_else(|| format!("set ${AGE_IDENTITY} to the file of age's key"))?;
    let absolute = |path: &Path| {
        let path = std::path::absolute(path).map_err(|error| error.to_string())?;
        path.into_os_string()
            .into_string()
            .map_err(|_| "the path is not UTF-8".to_owned())
    };
    let words = [
        "--decrypt".into(),
        "--identity".into(),
        absolute(&identity)?,
        absolute(path)?,
    ];
    for program in ["age", "rage"] {
        match run(program, &words, Path::new("")) {
            Err(Refused::Missing) => {}
            Err(Refused::Said(what)) => return Err(what),
            Ok(text) => return Ok(text),
        }
    }
    Err("neither `age` nor `rage` is installed here".to_owned())
}
