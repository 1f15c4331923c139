//! `container`: a container of the host's Docker engine.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fields::digest;
use super::{Invalid, Presence, State};
use crate::script::{Script, Secret};
use crate::sh;

/// A container that runs, made from an image with these settings, or one that should not be there.
///
/// It is made anew when its settings change, or when the image's name stands for another image on the host than the one
/// it was made from. The old one serves until the new one is made, and is started again if the new one does not
/// start. An image that is not on the host is pulled; one that is there is not. The host needs Docker.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Container {
    /// Its name.
    #[serde(rename = "container")]
    pub name: String,
    /// The image it is made from, such as `registry.example.com/app:1.2`.
    pub image: Option<String>,
    /// What runs in it, as a list of words; when not said, what the image says.
    #[serde(default)]
    pub command: Vec<String>,
    /// Ports others reach it by, as `docker run --publish` takes them: `127.0.0.1:8080:80`.
    #[serde(default)]
    pub ports: Vec<String>,
    /// What it sees of the host's files, as `docker run --volume` takes it: `/srv/app:/data:ro`.
    #[serde(default)]
    pub volumes: Vec<String>,
    /// Its environment. It travels in a private file, never in a command.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// More of its environment, kept out of logs and reports, too. Who may use the engine can still read it there.
    #[serde(default)]
    pub secret_env: BTreeMap<String, Secret>,
    /// When the engine starts it again.
    #[serde(default)]
    pub restart: Restart,
    /// The network it is in; when not said, the engine's own.
    pub network: Option<String>,
    /// The user its process runs as; when not said, what the image says.
    pub user: Option<String>,
    /// More options of `docker create`, such as `"--memory=512m"`.
    #[serde(default)]
    pub options: Vec<String>,
    /// Whether it should be there.
    #[serde(default)]
    pub state: Presence,
}

/// When a container that has ended is started again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    /// Always, and when the engine starts, unless somebody has stopped it.
    #[default]
    UnlessStopped,
    /// Always, and when the engine starts.
    Always,
    /// When it has failed.
    OnFailure,
    /// Never.
    No,
}

impl Restart {
    fn word(self) -> &'static str {
        match self {
            Self::UnlessStopped => "unless-stopped",
            Self::Always => "always",
            Self::OnFailure => "on-failure",
            Self::No => "no",
        }
    }
}

impl Container {
    /// The words that make it, behind `docker create --name …`.
    fn words(&self) -> Vec<String> {
        let mut words = vec![format!("--restart={}", self.restart.word())];
        words.extend(self.ports.iter().map(|it| format!("--publish={it}")));
        words.extend(self.volumes.iter().map(|it| format!("--volume={it}")));
        words.extend(self.network.iter().map(|it| format!("--network={it}")));
        words.extend(self.user.iter().map(|it| format!("--user={it}")));
        words.extend(self.options.iter().cloned());
        words.extend(self.image.iter().cloned());
        words.extend(self.command.iter().cloned());
        words
    }

    /// Its environment, a line for each variable.
    fn environment(&self) -> String {
        let open = self.env.iter().map(|(key, value)| (key, value.as_str()));
        let secret = self.secret_env.iter().map(|(key, value)| (key, value.expose()));
        open.chain(secret)
            .map(|(key, value)| format!("{key}={value}\n"))
            .collect()
    }

    /// A digest of all that it is made with. It is kept where its environment can be read, too, and nowhere else.
    fn digest(&self) -> Secret {
        let text = format!("{}\0\0{}", self.words().join("\0"), self.environment());
        Secret::new(digest(text.as_bytes()))
    }

    fn validate_environment(&self) -> Result<(), Invalid> {
        let open = self.env.iter().map(|(key, value)| ("env", key, value.as_str()));
        let secret = self
            .secret_env
            .iter()
            .map(|(key, value)| ("secret_env", key, value.expose()));
        for (table, key, value) in open.chain(secret) {
            let name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
            if key.is_empty()
                || !key.bytes().all(name)
                || key.starts_with(|c: char| c.is_ascii_digit() || c == '-')
            {
                return Err(Invalid::of(table)(format!(
                    "{key:?} cannot be the name of a variable"
                )));
            }
            // Docker reads variables a line each, and has no way to write a line's end into one.
            if value.contains(['\n', '\r', '\0']) {
                return Err(Invalid::of(table)(format!(
                    "the variable {key} takes one line, as Docker reads it"
                )));
            }
        }
        match self.env.keys().find(|key| self.secret_env.contains_key(*key)) {
            Some(key) => Err(Invalid::of("secret_env")(format!("{key} is in `env`, too"))),
            None => Ok(()),
        }
    }
}

/// Refuses, as the value of `key`, a word with characters that have no business in it.
fn check_word(key: &'static str, word: &str) -> Result<(), Invalid> {
    if word.is_empty() || word.starts_with('-') || word.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(Invalid::of(key)(format!("{word:?} cannot be a value of `{key}`")));
    }
    Ok(())
}

impl State for Container {
    fn title(&self) -> String {
        format!("container {}", self.name)
    }

    fn check(&self) -> Script {
        match &self.image {
            Some(image) if !self.state.is_absent() => {
                sh!("container_runs {} {} {}", &self.name, image, &self.digest())
            }
            _ => sh!("! container_is_there {}", &self.name),
        }
    }

    fn apply(&self) -> Script {
        match &self.image {
            Some(image) if !self.state.is_absent() => sh!(
                "replace_container {} {} {} {} {}",
                &self.name,
                image,
                &self.digest(),
                &Secret::new(self.environment()),
                self.words().as_slice()
            ),
            _ => sh!("remove_container {}", &self.name),
        }
    }

    fn destroys(&self) -> bool {
        self.state.is_absent()
    }

    fn validate(&self) -> Result<(), Invalid> {
        // Docker's own rule (`RestrictedNamePattern`).
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        if self.name.len() < 2
            || !self.name.bytes().all(fits)
            || !self.name.as_bytes()[0].is_ascii_alphanumeric()
        {
            return Err(Invalid::of("container")(format!(
                "{:?} cannot be a container's name: it takes letters, digits, `_`, `.` and `-`, two or more",
                self.name
            )));
        }
        match (&self.image, self.state) {
            (None, Presence::Present) => {
                return Err(format!("container {} needs an `image`", self.name).into());
            }
            (Some(_), Presence::Absent) => {
                return Err(Invalid::of("image")(
                    "a container that is absent has no image".to_owned(),
                ));
            }
            _ => {}
        }
        for (key, words) in [("ports", &self.ports), ("volumes", &self.volumes)] {
            words.iter().try_for_each(|word| check_word(key, word))?;
        }
        for (key, word) in [
            ("image", &self.image),
            ("network", &self.network),
            ("user", &self.user),
        ] {
            word.as_deref().map_or(Ok(()), |word| check_word(key, word))?;
        }
        // A word without dashes would be taken for the image.
        let option =
            |it: &&String| !it.starts_with("--") || it.len() == 2 || it.chars().any(char::is_control);
        if let Some(bad) = self.options.iter().find(option) {
            return Err(Invalid::of("options")(format!(
                "{bad:?} is no option in one word, such as \"--memory=512m\""
            )));
        }
        self.validate_environment()
    }

    fn asks_itself(&self) -> bool {
        true
    }

    fn secrets(&self) -> Vec<Secret> {
        self.secret_env.values().cloned().chain([self.digest()]).collect()
    }
}
