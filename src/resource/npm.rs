//! `npm`: packages of Node.js.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{check_name, check_path};
use super::{Invalid, Presence, State, Url};
use crate::script::Script;
use crate::sh;

/// Where npm of Debian, and of most others, puts what is global.
const PREFIX: &str = "/usr/local";

/// A package of Node.js, for all of the host or in one directory.
///
/// What is installed is read from its `package.json`, without starting npm. The host needs `npm`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Npm {
    /// The package's name, such as `typescript` or `@angular/cli`.
    #[serde(rename = "npm")]
    pub name: String,
    /// The version it should have; `5.*` stands for every one that begins so. When not said, whichever.
    pub version: Option<String>,
    /// A package on the host itself to install it from: the absolute path of a tarball or directory.
    pub from: Option<String>,
    /// The directory whose `node_modules` it comes into; it is made, with its parents. When not said, it is installed for
    /// all of the host, below `/usr/local`.
    pub prefix: Option<String>,
    /// Whether it should be there.
    #[serde(default)]
    pub state: Presence,
    /// The registry it comes from, instead of npm's own. Credentials for it belong in the owner's `.npmrc`.
    pub registry: Option<Url>,
    /// Who owns the directory and runs npm, which keeps its cache in that home; when not said, the user the push runs as.
    pub owner: Option<String>,
}

impl Npm {
    fn owner(&self) -> &str {
        self.owner.as_deref().unwrap_or_default()
    }

    /// The folder that holds packages.
    fn folder(&self) -> Script {
        match &self.prefix {
            Some(prefix) => sh!("{}/node_modules", Script::path(prefix)),
            None => sh!("{}/lib/node_modules", PREFIX),
        }
    }

    /// npm's words for where it is at work.
    fn place(&self) -> Script {
        match &self.prefix {
            Some(prefix) => sh!("--prefix {}", Script::path(prefix)),
            None => sh!("--global --prefix {}", PREFIX),
        }
    }
}

impl State for Npm {
    fn title(&self) -> String {
        match &self.prefix {
            Some(prefix) => format!("npm {} in {prefix}", self.name),
            None => format!("npm {}", self.name),
        }
    }

    fn check(&self) -> Script {
        let state = sh!("npm_state {} {}", self.folder(), &self.name);
        match &self.version {
            _ if self.state.is_absent() => sh!("{}; [ -z \"$npm_version\" ]", state),
            // Empty when it is not there, which no pattern of ours takes.
            Some(version) => sh!(
                "{}; case $npm_version in {}) ;; *) false ;; esac",
                state,
                pattern(version)
            ),
            None => sh!("{}; [ -n \"$npm_version\" ]", state),
        }
    }

    fn apply(&self) -> Script {
        if self.state.is_absent() {
            return sh!(
                "npm_do {} uninstall {} -- {}",
                self.owner(),
                self.place(),
                &self.name
            );
        }
        let mut script = Script::default();
        if let Some(prefix) = &self.prefix {
            let path = || Script::path(prefix);
            script.append(sh!(
                "[ -d {} ] || {\nmkdir -p -- {}\nown {} {}\n}\n",
                path(),
                path(),
                path(),
                self.owner()
            ));
        }
        script.append(sh!("npm_do {} install {}", self.owner(), self.place()));
        if let Some(registry) = &self.registry {
            script.append(sh!(" --registry {}", registry.bare()));
        }
        let what = match (&self.from, &self.version) {
            (Some(from), _) => from.clone(),
            (None, Some(version)) => format!("{}@{version}", self.name),
            (None, None) => self.name.clone(),
        };
        script.append(sh!(" -- {}", what));
        script
    }

    fn destroys(&self) -> bool {
        self.state.is_absent()
    }

    fn validate(&self) -> Result<(), Invalid> {
        let scoped = self.name.strip_prefix('@').and_then(|name| name.split_once('/'));
        match scoped {
            Some((scope, name)) => {
                check_name("npm", "package's scope", scope)?;
                check_name("npm", "package", name)?;
            }
            None => check_name("npm", "package", &self.name)?,
        }
        if let Some(version) = &self.version {
            let fits = |c: char| c.is_ascii_alphanumeric() || ".-+".contains(c);
            let exact = version.strip_suffix(".*").unwrap_or(version);
            if !exact.starts_with(|c: char| c.is_ascii_digit()) || !exact.chars().all(fits) {
                return Err(Invalid::of("version")(format!(
                    "{version:?} cannot be checked: write a version such as `5.4.2`, or `5.*`"
                )));
            }
        }
        let of_absent = [("version", self.version.is_some()), ("from", self.from.is_some())];
        if let Some((key, _)) = of_absent.iter().find(|(_, said)| *said && self.state.is_absent()) {
            return Err(Invalid::of(key)(format!("what is absent has no {key}")));
        }
        for (key, path) in [("from", &self.from), ("prefix", &self.prefix)] {
            path.as_ref().map_or(Ok(()), |path| check_path(key, path))?;
        }
        if self.from.as_ref().is_some_and(|from| from.starts_with('~')) {
            return Err(Invalid::of("from")("`from` takes an absolute path".to_owned()));
        }
        if let Some(registry) = &self.registry {
            registry.check("registry", &["https", "http"])?;
            if registry.credentials().is_some() {
                let message =
                    "credentials of a registry belong in the owner's .npmrc, a `file` with `secret = true`";
                return Err(Invalid::of("registry")(message.to_owned()));
            }
        }
        self.owner
            .as_ref()
            .map_or(Ok(()), |owner| check_name("owner", "user", owner))
    }

    fn asks_itself(&self) -> bool {
        true
    }
}

/// The version as the shell's pattern: its own text but for the star at its end.
fn pattern(version: &str) -> Script {
    match version.strip_suffix('*') {
        Some(prefix) => sh!("{}*", prefix),
        None => version.into(),
    }
}
