//! What the inventory takes from the person who runs the program.

use std::path::PathBuf;

/// The keys ssh(1) tries by itself and this program can use.
const IDENTITY_FILES: [&str; 3] = [".ssh/id_ed25519", ".ssh/id_ecdsa", ".ssh/id_rsa"];
const KNOWN_HOSTS: &str = ".ssh/known_hosts";
const SYSTEM_KNOWN_HOSTS: &str = "/etc/ssh/ssh_known_hosts";

/// Home and name of the person at the controller, passed in so that reading an inventory is pure.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// What `~/` stands for.
    pub home: Option<PathBuf>,
    /// The user to log in as where nobody says anything.
    pub user: Option<String>,
    /// The socket of the SSH agent (`$SSH_AUTH_SOCK`).
    pub agent: Option<PathBuf>,
}

impl Environment {
    /// The environment of this process: `$HOME`, and `$USER` or `$LOGNAME`.
    pub fn of_process() -> Self {
        let user = |name| std::env::var(name).ok().filter(|user| !user.is_empty());
        Self {
            home: std::env::home_dir().filter(|home| home.is_absolute()),
            user: user("USER").or_else(|| user("LOGNAME")),
            agent: std::env::var_os("SSH_AUTH_SOCK")
                .filter(|path| !path.is_empty())
                .map(Into::into),
        }
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
