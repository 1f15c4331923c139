//! A plan as a file: a line that says what it is, a line for every host, and a digest of all that.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Salt;
use crate::name::Name;
use crate::record::Moment;

/// Raised when a plan would have to be read in another way.
const FORMAT: u32 = 1;

/// The largest plan read: 10,000 hosts with 200 steps have about 20 MB.
const LARGEST: u64 = 512 << 20;

/// What a plan is of, and what it was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The format's number; its name tells a plan from any other file.
    pub provision_plan: u32,
    /// The version of the program that made it.
    pub program: String,
    /// When.
    pub made: Moment,
    /// Of which profile.
    pub profile: Name,
    /// The inventory's file.
    pub inventory: PathBuf,
    /// The folder of profiles.
    pub profiles: PathBuf,
    /// The `ssh_config` read in place of the user's own.
    pub ssh_config: Option<PathBuf>,
    /// The keys that `--set` gave values; those may be secret and are not kept.
    pub set: Vec<String>,
    /// SHA-256 of the files it was made from, by path.
    pub inputs: BTreeMap<String, String>,
    /// What all other digests begin with.
    pub salt: Salt,
}

/// A host's part of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// The host.
    pub host: Name,
    /// Digest of all that was wanted of it.
    pub wanted: String,
    /// Digest of the state it was in, step by step.
    pub state: String,
    /// What is to be changed, in order.
    pub changes: Vec<Change>,
}

/// A step that is to be changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Its place among the host's steps.
    pub index: usize,
    /// Its module.
    pub module: Name,
    /// Its title.
    pub step: String,
    /// Whether it takes something away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub destroys: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seal {
    sha256: String,
}

/// Why a file is not taken for a plan.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// It cannot be read.
    #[error("cannot read it: {0}")]
    Io(#[from] io::Error),
    /// It is something else.
    #[error("it is not a plan that `provision plan --out` has written")]
    Foreign,
    /// Another version of the program has written it.
    #[error("version {0} of provision has made it, and this is version {version}", version = env!("CARGO_PKG_VERSION"))]
    Version(String),
    /// Its end is missing.
    #[error("it is cut short: its last line is missing")]
    Truncated,
    /// It is not as it was written.
    #[error("it was changed after it was made: its digest does not fit")]
    Edited,
}

impl Head {
    /// A head for a plan made now.
    pub fn new(profile: Name, inventory: PathBuf, profiles: PathBuf, set: Vec<String>, salt: Salt) -> Self {
        Self {
            provision_plan: FORMAT,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            made: Moment::now(),
            profile,
            inputs: inputs(&inventory, &profiles),
            inventory,
            profiles,
            ssh_config: None,
            set,
            salt,
        }
    }

    /// The files that are not as they were when the plan was made.
    pub fn changed_inputs(&self) -> Vec<String> {
        let now = inputs(&self.inventory, &self.profiles);
        let mut changed: Vec<String> = self
            .inputs
            .iter()
            .filter(|(path, digest)| now.get(*path) != Some(digest))
            .map(|(path, _)| path.clone())
            .collect();
        changed.extend(now.into_keys().filter(|path| !self.inputs.contains_key(path)));
        changed
    }

    /// Where a plan at `path` comes to be: where a link leads, which stays. An error where none can be: a plan takes the
    /// place of a file, never of a directory or a device.
    pub fn place(path: &Path) -> io::Result<PathBuf> {
        match fs::metadata(path) {
            Ok(there) if there.is_file() => fs::canonicalize(path),
            Ok(_) => Err(io::Error::other("what is there is no file")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                let folder = fs::metadata(folder.unwrap_or(Path::new(".")))?;
                if !folder.is_dir() {
                    return Err(io::ErrorKind::NotADirectory.into());
                }
                Ok(path.to_owned())
            }
            Err(error) => Err(error),
        }
    }

    /// Writes a plan to `path`, which only its owner may read; whole, or not at all.
    pub fn write(&self, hosts: &[Kept], path: &Path) -> io::Result<()> {
        let path = &Self::place(path)?;
        let mut text = serde_json::to_vec(self)?;
        text.push(b'\n');
        for host in hosts {
            serde_json::to_writer(&mut text, host)?;
            text.push(b'\n');
        }
        let seal = Seal { sha256: sum(&text) };
        serde_json::to_writer(&mut text, &seal)?;
        text.push(b'\n');
        let mut random = [0_u8; 8];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{:016x}", u64::from_ne_bytes(random)));
        let beside = path.with_file_name(name);
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&beside)
            .and_then(|mut file| {
                file.write_all(&text)?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&beside, path));
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written
    }

    /// Reads the plan at `path`.
    pub fn read(path: &Path) -> Result<(Self, Vec<Kept>), Unusable> {
        let mut text = Vec::new();
        // A device's length says nothing.
        let length = File::open(path)?.take(LARGEST + 1).read_to_end(&mut text)?;
        if length as u64 > LARGEST {
            return Err(Unusable::Foreign);
        }
        parse(&text)
    }
}

fn parse(text: &[u8]) -> Result<(Head, Vec<Kept>), Unusable> {
    /// What tells a plan of any version from other files.
    #[derive(Deserialize)]
    struct Label {
        provision_plan: u32,
        program: String,
    }
    let end = text.iter().position(|&byte| byte == b'\n').unwrap_or(text.len());
    let first = &text[..end];
    let label: Label = match serde_json::from_slice(first) {
        Ok(label) => label,
        // The beginning of one is no other file.
        Err(_) if end == text.len() && first.starts_with(br#"{"provision_plan":"#) => {
            return Err(Unusable::Truncated);
        }
        Err(_) => return Err(Unusable::Foreign),
    };
    if label.provision_plan != FORMAT || label.program != env!("CARGO_PKG_VERSION") {
        return Err(Unusable::Version(label.program));
    }
    let whole = text.strip_suffix(b"\n").ok_or(Unusable::Truncated)?;
    let at = whole
        .iter()
        .rposition(|&byte| byte == b'\n')
        .ok_or(Unusable::Truncated)?;
    let (body, last) = text.split_at(at + 1);
    let seal: Seal = serde_json::from_slice(last).map_err(|_| Unusable::Truncated)?;
    if seal.sha256 != sum(body) {
        return Err(Unusable::Edited);
    }
    let head: Head = serde_json::from_slice(first).map_err(|_| Unusable::Edited)?;
    let hosts = body[end + 1..]
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty());
    let hosts: Result<Vec<Kept>, _> = hosts.map(serde_json::from_slice).collect();
    Ok((head, hosts.map_err(|_| Unusable::Edited)?))
}

fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Digests of the files a plan is made from. What cannot be read is left out: who needs it has failed before.
pub fn inputs(inventory: &Path, profiles: &Path) -> BTreeMap<String, String> {
    let mut files = vec![inventory.to_owned()];
    for folder in [profiles.to_owned(), profiles.join("modules")] {
        let Ok(entries) = fs::read_dir(folder) else {
            continue;
        };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        files.extend(paths.filter(|path| path.extension().is_some_and(|extension| extension == "toml")));
    }
    let digest = |path: PathBuf| {
        let text = fs::read(&path).ok()?;
        Some((path.display().to_string(), sum(&text)))
    };
    files.into_iter().filter_map(digest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn plan() -> (Head, Vec<Kept>) {
        let name = |text: &str| Name::parse(text).unwrap();
        let salt = Salt::random().unwrap();
        let head = Head::new(
            name("db"),
            "inventory.toml".into(),
            "profiles".into(),
            vec![],
            salt,
        );
        let host = |number: usize| Kept {
            host: name(&format!("db{number}")),
            wanted: "ab".into(),
            state: "cd".into(),
            changes: vec![Change {
                index: 3,
                module: name("motd"),
                step: "file /etc/motd".into(),
                destroys: number == 2,
            }],
        };
        (head, (1..4).map(host).collect())
    }

    fn written(of: &(Head, Vec<Kept>)) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan");
        of.0.write(&of.1, &path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        fs::read(&path).unwrap()
    }

    #[test]
    fn a_plan_takes_the_place_of_files_only() {
        let folder = tempfile::tempdir().unwrap();
        let (head, hosts) = plan();
        let at = |name: &str| folder.path().join(name);
        assert!(head.write(&hosts, folder.path()).is_err());
        // A socket stands for all that is no file: nobody loses a device by a test.
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        let said = head.write(&hosts, &at("socket")).unwrap_err();
        assert_eq!(said.to_string(), "what is there is no file");
        assert!(fs::symlink_metadata(at("socket")).is_ok_and(|there| !there.is_file()));
        fs::write(at("file"), "").unwrap();
        std::os::unix::fs::symlink("file", at("link")).unwrap();
        head.write(&hosts, &at("link")).unwrap();
        assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink());
        assert!(parse(&fs::read(at("file")).unwrap()).is_ok());
        assert!(head.write(&hosts, &at("missing/plan")).is_err());
    }

    #[test]
    fn a_plan_is_read_as_it_was_written() {
        let plan = plan();
        assert_eq!(parse(&written(&plan)).unwrap(), plan);
    }

    #[test]
    fn every_prefix_and_every_changed_byte_is_refused() {
        let text = written(&plan());
        for cut in 0..text.len() {
            assert!(parse(&text[..cut]).is_err(), "{cut} bytes were taken");
        }
        for at in 0..text.len() {
            let mut text = text.clone();
            text[at] ^= 1;
            assert!(parse(&text).is_err(), "byte {at} could be changed");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let text = String::from_utf8(written(&plan())).unwrap();
        assert!(matches!(parse(b"[hosts.a]\n"), Err(Unusable::Foreign)));
        assert!(matches!(parse(b""), Err(Unusable::Foreign)));
        assert!(matches!(
            parse(br#"{"v":1,"event":"run-started"}"#),
            Err(Unusable::Foreign)
        ));
        let half = &text.as_bytes()[..text.len() / 2];
        assert!(matches!(parse(half), Err(Unusable::Truncated)));
        let edited = text.replace("db2", "db9");
        assert!(matches!(parse(edited.as_bytes()), Err(Unusable::Edited)));
        let other = text.replace(env!("CARGO_PKG_VERSION"), "0.0.1");
        assert!(matches!(parse(other.as_bytes()), Err(Unusable::Version(_))));
    }
}
