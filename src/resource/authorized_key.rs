//! `authorized_key`: a public key that lets its owner log in as a user.

use data_encoding::{BASE64, BASE64_NOPAD};
use schemars::JsonSchema;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::fields::{check_line, check_name};
use super::{FileView, Invalid, Presence, State};
use crate::script::{Read, Script};
use crate::sh;

/// A public SSH key in the `~/.ssh/authorized_keys` of a user, who must be there; other keys there stay.
///
/// The key stands in one line only, with these options: the same key without them would be a way around them. The file
/// is written with the user's own rights.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthorizedKey {
    /// The user's name.
    #[serde(rename = "authorized_key")]
    pub name: String,
    /// The public key, as in a `.pub` file: type, key and perhaps a comment.
    pub key: String,
    /// What the key may be used for, as sshd(8) has it, such as `restrict,command="backup"`; when not said, all.
    pub options: Option<String>,
    /// Whether it should be there; absent takes the key away, whatever its options and comment.
    #[serde(default)]
    pub state: Presence,
}

/// The types of keys that OpenSSH has (sshd(8), "`AUTHORIZED_KEYS` FILE FORMAT").
const TYPES: &[&str] = &[
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "ssh-rsa",
    "ssh-dss",
];

impl AuthorizedKey {
    /// `key` for the user `name`, without restriction.
    pub fn new(name: impl Into<String>, key: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            key: key.into(),
            options: None,
            state: Presence::Present,
        }
    }

    /// The key alone, in base64.
    fn blob(&self) -> &str {
        self.key.split_whitespace().nth(1).unwrap_or_default()
    }

    fn line(&self) -> String {
        if self.state.is_absent() {
            return String::new();
        }
        match &self.options {
            Some(options) => format!("{options} {}", self.key.trim()),
            None => self.key.trim().to_owned(),
        }
    }

    fn valid_key(&self) -> Result<(), String> {
        if self.key.contains("PRIVATE KEY") {
            return Err(
                "this is a private key; only the public one, in the `.pub` file, goes to hosts".to_owned(),
            );
        }
        let kind = self.key.split_whitespace().next().unwrap_or_default();
        if !TYPES.contains(&kind) {
            return Err(format!(
                "{kind:?} is no type of key; write it as in a `.pub` file, such as \"ssh-ed25519 AAAA… ada@laptop\", and what stands before it as `options`"
            ));
        }
        // RFC 4253, 6.6: a key begins with its type as a string, that is with its length before it.
        let bytes = BASE64.decode(self.blob().as_bytes()).unwrap_or_default();
        let length = u32::try_from(kind.len()).unwrap_or_default().to_be_bytes();
        if bytes.len() <= kind.len() + 4
            || bytes[..4] != length
            || &bytes[4..kind.len() + 4] != kind.as_bytes()
        {
            return Err(format!("this is no {kind} key; some of it may be missing"));
        }
        Ok(())
    }
}

impl State for AuthorizedKey {
    fn title(&self) -> String {
        let bytes = BASE64.decode(self.blob().as_bytes()).unwrap_or_default();
        let print = BASE64_NOPAD.encode(&Sha256::digest(bytes));
        // As ssh-keygen -l shows it; the first half tells keys apart.
        let mut title = format!("authorized_key {} SHA256:{}", self.name, &print[..16]);
        if let Some(comment) = self.key.split_whitespace().nth(2) {
            title += &format!(" {comment}");
        }
        title
    }

    fn check(&self) -> Script {
        let user = Read::User(self.name.clone());
        if self.state.is_absent() {
            return sh!(
                "{}; [ -z \"$user_entry\" ] || { keys_state && key_only {} ''; }",
                user,
                self.blob()
            );
        }
        sh!(
            "{}; [ -n \"$user_entry\" ] && keys_state && text_has {} && key_only {} {}",
            user,
            self.line(),
            self.blob(),
            self.line()
        )
    }

    fn apply(&self) -> Script {
        sh!(
            "{}\nif [ -z \"$user_entry\" ]; then\nsay {}\nexit 1\nfi\nkey_set {} \"$user_home\" {} {}",
            Read::User(self.name.clone()),
            format!("there is no user {}", self.name),
            &self.name,
            self.blob(),
            self.line()
        )
    }

    fn files(&self) -> Vec<FileView<'_>> {
        // A user who is not there yet has no keys yet.
        let show = sh!(
            "{}\n[ -n \"$user_entry\" ] || user_home=/nonexistent\nset -- \"$user_home/.ssh/authorized_keys\"\nshow_edit \"$1\" key_new \"$1\" {} {}",
            Read::User(self.name.clone()),
            self.blob(),
            self.line()
        );
        let path = format!("~{}/.ssh/authorized_keys", self.name);
        vec![FileView::edited(path, show)]
    }

    fn destroys(&self) -> bool {
        self.state.is_absent()
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_name("authorized_key", "user", &self.name)?;
        check_line("key", self.key.trim())?;
        self.valid_key().map_err(Invalid::of("key"))?;
        match &self.options {
            Some(_) if self.state.is_absent() => {
                Err(Invalid::of("options")("what is absent has no options".to_owned()))
            }
            Some(options) => check_line("options", options),
            None => Ok(()),
        }
    }
}
