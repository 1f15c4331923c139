//! `repository`: a source of packages, with the key that signs them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::download::fetch;
use super::fields::{check_name, check_path};
use super::manager::{MANAGERS, Manager};
use super::url::{check_digest, digest, note_name};
use super::{Invalid, Presence, State, Url};
use crate::script::{Read, Script};
use crate::sh;

/// A repository that the host's package manager installs from, with the key that signs it.
///
/// For apt it becomes `/etc/apt/sources.list.d/NAME.sources`, and the key `/etc/apt/keyrings/NAME.asc`, trusted for this
/// repository alone (`Signed-By`); for dnf, yum and zypper a `.repo` file and `/etc/pki/rpm-gpg/NAME.asc`; for apk a line
/// of `/etc/apk/repositories`. zypper wants the lists signed, and rpm, which it asks, trusts a key for all repositories and
/// keeps it when this one goes. The repository's lists are fetched, and those of no other, before it is put in place: one
/// that cannot be reached, or whose signature is not the key's, is not.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Repository {
    /// Its name, which its files have too.
    #[serde(rename = "repository")]
    pub name: String,
    /// Where it is. dnf's `$releasever` and `$basearch` may stand in it. Credentials belong in the manager's own file, such
    /// as one in `/etc/apt/auth.conf.d`. Only what is absent needs none.
    pub url: Option<Url>,
    /// For apt: its suites, such as `bookworm`, or the path of a flat repository, which ends in `/`.
    #[serde(default)]
    pub suites: Vec<String>,
    /// For apt: the components of each suite; when not said, `main`.
    #[serde(default)]
    pub components: Vec<String>,
    /// For apt: the architectures it is asked for; when not said, the host's.
    #[serde(default)]
    pub architectures: Vec<String>,
    /// The key that signs it, as text: one of PGP that begins with `-----BEGIN PGP`; for apk, an RSA one.
    pub key: Option<String>,
    /// Where the host fetches the key from. Say its `key_sha256` or `key_fingerprint` then.
    pub key_url: Option<Url>,
    /// The SHA-256 of what `key_url` brings.
    pub key_sha256: Option<String>,
    /// The fingerprint of the key, 40 digits of hex; spaces do not count.
    pub key_fingerprint: Option<String>,
    /// A file of keys that the host has already, such as one in `/usr/share/keyrings`.
    pub keyring: Option<String>,
    /// Whether it is used without any signature. Whoever is on the way can then put in packages of their own.
    #[serde(default)]
    pub unsigned: bool,
    /// Whether it should be there; absent removes its files, the key's too.
    #[serde(default)]
    pub state: Presence,
}

impl Repository {
    fn url(&self) -> &str {
        self.url.as_ref().map(Url::bare).unwrap_or_default()
    }

    /// Whether it brings a key of its own.
    fn brings_key(&self) -> bool {
        self.key.is_some() || self.key_url.is_some()
    }

    /// The path of the key for this manager.
    fn key_path(&self, manager: Manager) -> Option<String> {
        match &self.keyring {
            Some(keyring) => Some(keyring.clone()),
            None => self.brings_key().then(|| manager.key(&self.name)),
        }
    }

    /// The fingerprint as gpg's machines write it.
    fn fingerprint(&self) -> Option<String> {
        let fingerprint = self.key_fingerprint.as_ref()?;
        Some(fingerprint.replace(' ', "").to_ascii_lowercase())
    }

    /// Which key it is, as far as is said.
    fn which_key(&self) -> String {
        let url = self.key_url.as_ref().map(Url::bare);
        digest(format!(
            "{:?} {url:?} {:?} {:?}",
            self.key,
            self.key_sha256,
            self.fingerprint()
        ))
    }

    /// What its file holds; `None` when what is said is not enough for this manager.
    fn content(&self, manager: Manager) -> Option<String> {
        let mut text = String::from("# Written by provision; changes made here are lost.\n");
        let key = self.key_path(manager);
        let url = self.url();
        match manager {
            Manager::Apt => {
                if self.suites.is_empty() {
                    return None;
                }
                text += &format!("Types: deb\nURIs: {url}\nSuites: {}\n", self.suites.join(" "));
                if !self.suites.iter().any(|suite| suite.ends_with('/')) {
                    let components = self.components.join(" ");
                    let components = if components.is_empty() {
                        "main"
                    } else {
                        &components
                    };
                    text += &format!("Components: {components}\n");
                }
                if !self.architectures.is_empty() {
                    text += &format!("Architectures: {}\n", self.architectures.join(" "));
                }
                match key {
                    Some(key) => text += &format!("Signed-By: {key}\n"),
                    None => text += "Trusted: yes\n",
                }
            }
            Manager::Dnf | Manager::Zypper => {
                let name = &self.name;
                text += &format!("[{name}]\nname={name}\nbaseurl={url}\nenabled=1\n");
                if manager == Manager::Zypper {
                    text += "autorefresh=1\ntype=rpm-md\n";
                }
                match key {
                    Some(key) => text += &format!("gpgcheck=1\ngpgkey=file://{key}\n"),
                    None => text += "gpgcheck=0\n",
                }
            }
        }
        Some(text)
    }

    /// The name apk knows the key by: signatures say it.
    fn apk_key(&self) -> String {
        let of_url = self
            .key_url
            .as_ref()
            .and_then(|url| url.bare().rsplit('/').next());
        let name = of_url.map_or_else(|| format!("{}.rsa.pub", self.name), str::to_owned);
        format!("/etc/apk/keys/{name}")
    }

    /// Whether the key at this path is the one that is meant.
    fn key_holds(&self, path: String) -> Script {
        if !self.brings_key() {
            return Script::default();
        }
        sh!(
            " && { noted keys {}; {}; [ \"$note\" = {}\"$digest\" ]; }",
            note_name(&self.name),
            Read::Digest(path),
            format!("{} ", self.which_key())
        )
    }

    /// Puts the key there.
    fn place_key(&self, path: &str) -> Script {
        let get = match (&self.key, &self.key_url) {
            (Some(key), _) => sh!("{} >\"$run/fetched\"", Script::produce(key.as_bytes())),
            (None, Some(url)) => fetch(url, &BTreeMap::new(), self.key_sha256.as_deref()),
            (None, None) => return Script::default(),
        };
        let mut script = get;
        if let Some(fingerprint) = self.fingerprint() {
            script.append(sh!("\nrefuse_key \"$run/fetched\" {}", fingerprint));
        }
        script.append(sh!(
            "\nplace_key {} {} {} <\"$run/fetched\"\n",
            note_name(&self.name),
            path,
            self.which_key()
        ));
        script
    }
}

impl State for Repository {
    fn title(&self) -> String {
        format!("repository {}", self.name)
    }

    fn check(&self) -> Script {
        let absent = |path: String| sh!("{}; [ -z \"$path_type\" ]", Read::Path(path));
        if self.state.is_absent() {
            let gone = |manager: Manager| {
                sh!(
                    "{} && { {}; }",
                    absent(manager.file(&self.name)),
                    absent(manager.key(&self.name))
                )
            };
            return branches(
                gone,
                sh!("if apk_has_repository {}; then false; fi", self.url()),
                "true",
            );
        }
        let holds = |manager: Manager| match self.content(manager) {
            Some(content) => {
                let mut script = sh!(
                    "{}; [ \"$digest\" = {} ]",
                    Read::Digest(manager.file(&self.name)),
                    digest(content)
                );
                script.append(self.key_holds(manager.key(&self.name)));
                if manager == Manager::Zypper && !self.unsigned {
                    script.append(sh!(" && rpm_trusts {}", &self.name));
                }
                script
            }
            None => Script::raw("false"),
        };
        let mut apk = sh!("apk_has_repository {}", self.url());
        apk.append(self.key_holds(self.apk_key()));
        branches(holds, apk, "false")
    }

    fn apply(&self) -> Script {
        if self.state.is_absent() {
            let remove = |manager: Manager| {
                sh!(
                    "rm -f -- {} {}",
                    manager.file(&self.name),
                    manager.key(&self.name)
                )
            };
            let apk = sh!("apk_drop_repository {}", self.url());
            return branches(remove, apk, "no_manager");
        }
        let place = |manager: Manager| match self.content(manager) {
            Some(content) => {
                let mut script = self.place_key(&manager.key(&self.name));
                let own = if self.brings_key() {
                    manager.key(&self.name)
                } else {
                    String::new()
                };
                script.append(sh!(
                    "{} | place_repository {} {} {}",
                    Script::produce(content),
                    &self.name,
                    manager.file(&self.name),
                    own
                ));
                script
            }
            None => sh!(
                "say {}\nreturn 1",
                format!(
                    "apt needs the `suites` of repository {}, and none are said",
                    self.name
                )
            ),
        };
        let mut apk = self.place_key(&self.apk_key());
        apk.append(sh!("apk_add_repository {}", self.url()));
        branches(place, apk, "no_manager")
    }

    fn destroys(&self) -> bool {
        self.state.is_absent()
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_name("repository", "repository", &self.name)?;
        match &self.url {
            Some(url) => {
                // dnf's variables are no part of a URL, but stand in one.
                url.check("url", &["https", "http", "file"])?;
                if url.credentials().is_some() {
                    let message = "credentials do not belong in a repository's file, which all may read; write them with a `file` step to the manager's own, such as /etc/apt/auth.conf.d";
                    return Err(Invalid::of("url")(message.to_owned()));
                }
            }
            None if self.state.is_absent() => {}
            None => {
                return Err(Invalid::of("repository")(format!(
                    "repository {} needs a `url`",
                    self.name
                )));
            }
        }
        let words = [
            ("suites", &self.suites),
            ("components", &self.components),
            ("architectures", &self.architectures),
        ];
        for (key, list) in words {
            let fits = |c: char| c.is_ascii_alphanumeric() || "._-+/".contains(c);
            if let Some(bad) = list
                .iter()
                .find(|word| word.is_empty() || !word.chars().all(fits))
            {
                return Err(Invalid::of(key)(format!(
                    "{bad:?} cannot stand among the {key} of a repository"
                )));
            }
        }
        self.validate_key()
    }
}

impl Repository {
    fn validate_key(&self) -> Result<(), Invalid> {
        let given = [
            ("key", self.key.is_some()),
            ("key_url", self.key_url.is_some()),
            ("keyring", self.keyring.is_some()),
            ("unsigned", self.unsigned),
        ];
        let mut given = given.iter().filter(|(_, given)| *given).map(|(key, _)| *key);
        match (given.next(), given.next()) {
            (Some(one), Some(two)) => {
                return Err(Invalid::of(two)(format!(
                    "a repository takes `{one}` or `{two}`, not both"
                )));
            }
            (None, _) if !self.state.is_absent() => {
                return Err(Invalid::of("repository")(format!(
                    "repository {} says no key: give `key`, `key_url` or `keyring`, or say `unsigned = true`",
                    self.name
                )));
            }
            _ => {}
        }
        if let Some(key) = &self.key
            && !key.trim_start().starts_with("-----BEGIN")
        {
            return Err(Invalid::of("key")(
                "a key as text begins with `-----BEGIN`".to_owned(),
            ));
        }
        if let Some(url) = &self.key_url {
            url.check("key_url", &["https", "http", "file"])?;
            if self.key_sha256.is_none() && self.key_fingerprint.is_none() {
                let message = "what a URL brings is a key to trust only when it is known: say its `key_sha256` or `key_fingerprint`";
                return Err(Invalid::of("key_url")(message.to_owned()));
            }
        }
        if let Some(sha256) = &self.key_sha256 {
            if self.key_url.is_none() {
                return Err(Invalid::of("key_sha256")(
                    "`key_sha256` is for what comes from a `key_url`".to_owned(),
                ));
            }
            check_digest("key_sha256", sha256)?;
        }
        if let Some(fingerprint) = self.fingerprint() {
            if !self.brings_key() {
                return Err(Invalid::of("key_fingerprint")(
                    "there is no `key` or `key_url` it could be of".to_owned(),
                ));
            }
            if fingerprint.len() != 40 || !fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(Invalid::of("key_fingerprint")(format!(
                    "{:?} is no fingerprint: it takes 40 digits of hex",
                    self.key_fingerprint.as_deref().unwrap_or_default()
                )));
            }
        }
        self.keyring
            .as_ref()
            .map_or(Ok(()), |keyring| check_path("keyring", keyring))
    }
}

/// One branch for each manager.
fn branches(of_files: impl Fn(Manager) -> Script, of_apk: Script, other: &'static str) -> Script {
    let mut script = Script::default();
    for (index, manager) in MANAGERS.into_iter().enumerate() {
        script.append(sh!(
            "{} manager_is {}; then\n{}\n",
            Script::raw(if index == 0 { "if" } else { "elif" }),
            manager.name(),
            of_files(manager)
        ));
    }
    script.append(sh!(
        "elif manager_is apk; then\n{}\nelse {}; fi",
        of_apk,
        Script::raw(other)
    ));
    script
}
