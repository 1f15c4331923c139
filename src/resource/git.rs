//! `git`: a checkout of a repository.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{check_name, check_path};
use super::{Invalid, State, Url};
use crate::script::{Read, Script, Secret};
use crate::sh;

/// What git can fetch from; a path of the host and SSH's `user@host:path` besides.
const SCHEMES: &[&str] = &["https", "http", "ssh", "git", "file"];

/// A checkout of a git repository at a branch, a tag or a commit.
///
/// A branch is followed: when it has moved on, the next push moves the checkout (its HEAD is detached). The check asks
/// the remote, but for a commit. Files that git tracks and somebody has changed, and commits somebody has made there, make
/// the step fail rather than be lost, unless `force` says so; files that git does not track stay. Hooks do not run. The
/// host needs `git`, and for SSH a key of the owner's and the server in the owner's `known_hosts`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Git {
    /// The directory of the checkout; it is made, with its parents.
    #[serde(rename = "git")]
    pub path: String,
    /// The repository: `https://`, `ssh://`, `git@host:path`, or a path of the host. A user name and password in it, such
    /// as a token, are secrets: they are neither kept on the host nor seen in a list of processes.
    pub url: Url,
    /// A branch, a tag, a whole `refs/…`, or a commit's 40 digits; when not said, the remote's own choice (its `HEAD`).
    #[serde(rename = "ref", default = "head")]
    pub reference: String,
    /// Whether changes and commits made on the host are thrown away.
    #[serde(default)]
    pub force: bool,
    /// How many commits of history come along; when not said, all.
    pub depth: Option<u32>,
    /// Who owns the checkout and runs git; when not said, the user the push runs as.
    pub owner: Option<String>,
}

fn head() -> String {
    "HEAD".to_owned()
}

impl Git {
    /// The remote as git is told it, without credentials.
    fn remote(&self) -> &str {
        self.url.bare()
    }

    /// The commit, where the reference is one.
    fn commit(&self) -> &str {
        let hex = self.reference.len() == 40 && self.reference.bytes().all(|byte| byte.is_ascii_hexdigit());
        if hex { &self.reference } else { "" }
    }

    /// What git's helper answers (git-credential(1)).
    fn credentials(&self) -> Script {
        match self.url.credentials() {
            Some((user, password)) => (&Secret::new(format!(
                "username={}\npassword={}",
                user.expose(),
                password.expose()
            )))
                .into(),
            None => "".into(),
        }
    }

    /// The words that check and apply begin with.
    fn words(&self) -> Script {
        sh!(
            "{} {} {} {} {} {}",
            self.owner.as_deref().unwrap_or_default(),
            self.credentials(),
            Script::path(&self.path),
            self.remote(),
            &self.reference,
            self.commit()
        )
    }
}

impl State for Git {
    fn title(&self) -> String {
        format!("git {}", self.path)
    }

    fn check(&self) -> Script {
        let holds = sh!("git_holds {}", self.words());
        match &self.owner {
            // Who is not there yet owns nothing.
            Some(owner) => sh!(
                "{}; [ -n \"$user_entry\" ] && {}",
                Read::User(owner.clone()),
                holds
            ),
            None => holds,
        }
    }

    fn apply(&self) -> Script {
        let depth = self.depth.map(|depth| depth.to_string()).unwrap_or_default();
        sh!(
            "git_checkout {} {} {}",
            self.words(),
            if self.force { "force" } else { "" },
            depth
        )
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_path("git", &self.path)?;
        check_remote(&self.url)?;
        let reference = &self.reference;
        let bad = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
        // git-check-ref-format(1), as far as it keeps a name from being something else.
        if reference.is_empty()
            || reference.starts_with(['-', '/', '.'])
            || reference.ends_with(['/', '.'])
            || reference.contains("..")
            || reference.contains("@{")
            || reference.contains(bad)
        {
            return Err(Invalid::of("ref")(format!(
                "{reference:?} cannot be the name of a branch or tag, or a commit"
            )));
        }
        if self.depth == Some(0) {
            return Err(Invalid::of("depth")(
                "a checkout has at least one commit".to_owned(),
            ));
        }
        self.owner
            .as_ref()
            .map_or(Ok(()), |owner| check_name("owner", "user", owner))
    }

    fn asks_itself(&self) -> bool {
        true
    }

    fn secrets(&self) -> Vec<Secret> {
        self.url.secrets()
    }
}

/// Refuses what git would take for an option or for a program to run (gitremote-helpers(7)).
fn check_remote(url: &Url) -> Result<(), Invalid> {
    let bare = url.bare();
    if bare.contains("://") {
        return url.check("url", SCHEMES);
    }
    let path = bare.starts_with('/');
    let scp = bare.split_once(':').is_some_and(|(host, path)| {
        !path.is_empty() && !path.starts_with(':') && !host.is_empty() && !host.contains('/')
    });
    if bare.starts_with('-') || bare.chars().any(|c| c.is_control() || c == ' ') || !(path || scp) {
        return Err(Invalid::of("url")(format!(
            "{bare:?} is no repository: write a URL, `user@host:path`, or an absolute path of the host"
        )));
    }
    Ok(())
}
