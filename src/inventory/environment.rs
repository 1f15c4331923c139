//! What the inventory takes from the person who runs the program.

use std::collections::BTreeMap;
use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::ssh_config::SshConfig;

/// The keys ssh(1) tries by itself and this program can use.
const IDENTITY_FILES: [&str; 3] = [".ssh/id_ed25519", ".ssh/id_ecdsa", ".ssh/id_rsa"];
const KNOWN_HOSTS: &str = ".ssh/known_hosts";
const SYSTEM_KNOWN_HOSTS: &str = "/etc/ssh/ssh_known_hosts";

/// What belongs to the person at the controller, passed in so that reading an inventory is pure.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// What `~/` stands for.
    pub home: Option<PathBuf>,
    /// The user to log in as where nobody says anything.
    pub user: Option<String>,
    /// The number of that user.
    pub uid: Option<u32>,
    /// This machine's name.
    pub hostname: Option<String>,
    /// The socket of the SSH agent (`$SSH_AUTH_SOCK`).
    pub agent: Option<PathBuf>,
    /// Variables, for `${NAME}` and `SendEnv`.
    pub variables: Variables,
    /// What is said about hosts there; nothing unless it was read.
    pub ssh_config: SshConfig,
}

/// Variables by name. They may hold secrets, so they do not show themselves.
#[derive(Clone, Default)]
pub struct Variables(pub Arc<BTreeMap<String, String>>);

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} variables", self.0.len())
    }
}

impl Environment {
    /// The environment of this process: `$HOME`, `$USER` or `$LOGNAME` and so on; without `ssh_config`. Where both are
    /// unset, as in containers and under some schedulers, the user is whom the system knows by our number.
    pub fn of_process() -> Self {
        let all = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let variables: BTreeMap<String, String> = all.collect();
        let said = |name: &str| variables.get(name).filter(|value| !value.is_empty()).cloned();
        let hostname = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
        Self {
            home: std::env::home_dir().filter(|home| home.is_absolute()),
            user: said("USER").or_else(|| said("LOGNAME")).or_else(known_as),
            uid: std::fs::metadata("/proc/self").ok().map(|process| process.uid()),
            hostname: hostname.map(|name| name.trim_end().to_owned()),
            agent: std::env::var_os("SSH_AUTH_SOCK")
                .filter(|path| !path.is_empty())
                .map(Into::into),
            variables: Variables(Arc::new(variables)),
            ssh_config: SshConfig::default(),
        }
    }

    /// The value of a variable.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.0.get(name).map(String::as_str)
    }

    /// The private keys that are tried when the inventory names none; they need not exist.
    pub(super) fn identity_files(&self) -> Vec<PathBuf> {
        let home = self.home.iter();
        home.flat_map(|home| IDENTITY_FILES.map(|file| home.join(file)))
            .collect()
    }

    /// The files of known host keys that are written to when the inventory names none; they need not exist.
    pub(super) fn known_hosts(&self) -> Vec<PathBuf> {
        self.home.iter().map(|home| home.join(KNOWN_HOSTS)).collect()
    }

    /// The files of known host keys that all users of this machine share; they need not exist.
    pub(super) fn global_known_hosts() -> Vec<PathBuf> {
        vec![PathBuf::from(SYSTEM_KNOWN_HOSTS)]
    }
}

/// The name of the user this process runs as, as ssh takes it from the system's database (getpwuid(3)), which need not be
/// a file: `id` asks it for us.
fn known_as() -> Option<String> {
    let told = Command::new("id")
        .arg("-un")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let told = told.ok().filter(|told| told.status.success())?;
    let name = String::from_utf8(told.stdout).ok()?;
    Some(name.trim_end().to_owned()).filter(|name| !name.is_empty())
}
