//! `pip`: Python packages in a virtual environment.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{check_name, check_path};
use super::url::note_name;
use super::{Invalid, Presence, State, Url};
use crate::script::{Read, Script, Secret};
use crate::sh;

/// A Python virtual environment, and what is installed in it.
///
/// It is made when it is not there, and made to work again when its Python has gone. What is installed is read from its
/// folders, without starting Python. The host needs `python3` with `venv`, in Debian the package `python3-venv`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pip {
    /// The directory of the environment.
    #[serde(rename = "pip")]
    pub path: String,
    /// Packages it should have: `flask` in whichever version, `flask==3.0.2`, `flask==3.0.*`, `flask[async]`, or the
    /// absolute path of a wheel on the host. Other conditions go into a file of `requirements`.
    #[serde(default)]
    pub packages: Vec<String>,
    /// A file of requirements on the host. It is followed when it has changed, or when what it brought has.
    pub requirements: Option<String>,
    /// Whether the `packages` should be there; absent ones are removed, and the environment stays.
    #[serde(default)]
    pub state: Presence,
    /// The Python that a new environment is made with, by its name or path on the host.
    #[serde(default = "python")]
    pub python: String,
    /// The index packages come from, instead of Python's own. A user name and password in it are secrets.
    pub index: Option<Url>,
    /// A directory of wheels on the host that packages come from, instead of any index.
    pub wheels: Option<String>,
    /// Who owns the environment and runs pip; when not said, the user the push runs as.
    pub owner: Option<String>,
}

fn python() -> String {
    "python3".to_owned()
}

/// One of the packages.
struct Requirement {
    /// Its name as folders have it: lower case, with one `_` for each run of `-`, `_` and `.` (the
    /// packaging guide's specification of recorded projects).
    folder: String,
    /// A pattern for its version.
    version: String,
}

impl Requirement {
    fn parse(text: &str) -> Option<Self> {
        let (name, version) = match text.strip_suffix(".whl") {
            Some(path) if text.starts_with('/') => {
                let mut parts = path.rsplit('/').next()?.split('-');
                (parts.next()?, parts.next()?)
            }
            Some(_) => return None,
            None => {
                let (name, version) = text.split_once("==").unwrap_or((text, "*"));
                let (name, extras) = name.split_once('[').unwrap_or((name, "]"));
                let extras = extras.strip_suffix(']')?;
                let listed = |c: char| c.is_ascii_alphanumeric() || "-_.,".contains(c);
                if !extras.chars().all(listed) {
                    return None;
                }
                (name, version)
            }
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let begins = |text: &str| text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !begins(name) || !name.chars().all(fits) {
            return None;
        }
        let exact = version.strip_suffix(".*").unwrap_or(version);
        let of_version = |c: char| c.is_ascii_alphanumeric() || ".+!_".contains(c);
        if version != "*" && (!begins(exact) || !exact.chars().all(of_version)) {
            return None;
        }
        let mut folder = String::new();
        for c in name.to_ascii_lowercase().chars() {
            match c {
                '-' | '_' | '.' if folder.ends_with('_') => {}
                '-' | '_' | '.' => folder.push('_'),
                c => folder.push(c),
            }
        }
        Some(Self {
            folder,
            // 3.* means 3 as well (PEP 440), which a pattern of the shell says by leaving the dot to the star.
            version: match version.strip_suffix(".*") {
                Some(prefix) => format!("{}*", prefix.to_ascii_lowercase()),
                None => version.to_ascii_lowercase(),
            },
        })
    }
}

impl Pip {
    fn owner(&self) -> &str {
        self.owner.as_deref().unwrap_or_default()
    }

    fn requirements(&self) -> impl Iterator<Item = Requirement> {
        self.packages.iter().filter_map(|text| Requirement::parse(text))
    }

    /// Where the note of a file of requirements is.
    fn note(&self, file: &str) -> String {
        note_name(&format!("{}\n{file}", self.path))
    }

    /// Conditions on what is installed, once it has been read.
    fn installed(&self) -> Script {
        let mut script = Script::default();
        for requirement in self.requirements() {
            let not = if self.state.is_absent() { "! " } else { "" };
            script.append(sh!(
                " && {}pip_has {} {}",
                Script::raw(not),
                requirement.folder,
                requirement.version
            ));
        }
        if let Some(file) = &self.requirements {
            script.append(sh!(
                " && {} && pip_noted {} \"$digest\"",
                Read::Digest(file.clone()),
                self.note(file)
            ));
        }
        script
    }

    /// `pip install` with where packages come from.
    fn install(&self) -> Script {
        let mut script = sh!(
            "pip_as {} {} {}/bin/pip install -q",
            self.owner(),
            self.configuration(),
            Script::path(&self.path)
        );
        match (&self.wheels, &self.index) {
            (Some(wheels), _) => {
                script.append(sh!(" --no-index --find-links {}", Script::path(wheels)));
            }
            (None, Some(index)) if index.credentials().is_none() => {
                script.append(sh!(" --index-url {}", index.bare()));
            }
            _ => {}
        }
        script
    }

    /// The configuration that holds credentials.
    fn configuration(&self) -> Script {
        match &self.index {
            Some(index) if index.credentials().is_some() => {
                // ConfigParser's own sign is doubled.
                let url = index.whole().replace('%', "%%");
                (&Secret::new(format!("[global]\nindex-url = {url}"))).into()
            }
            _ => "".into(),
        }
    }
}

impl State for Pip {
    fn title(&self) -> String {
        let what = match (self.packages.as_slice(), &self.requirements) {
            ([], Some(file)) => format!(" {file}"),
            ([], None) => String::new(),
            ([one], _) => format!(" {one}"),
            ([one, ..], _) => format!(" {one}…"),
        };
        format!("pip {}{what}", self.path)
    }

    fn check(&self) -> Script {
        let path = || Script::path(&self.path);
        let mut script = sh!(
            "[ -x {}/bin/python ] && [ -x {}/bin/pip ] && pip_list {}",
            path(),
            path(),
            path()
        );
        script.append(self.installed());
        if self.state.is_absent() {
            return sh!("[ ! -e {}/bin/python ] || { {}; }", path(), script);
        }
        script
    }

    fn apply(&self) -> Script {
        let path = || Script::path(&self.path);
        let mut script = sh!("pip_venv {} {} {}", self.owner(), path(), &self.python);
        if self.state.is_absent() {
            let names: Vec<String> = self
                .requirements()
                .map(|requirement| requirement.folder)
                .collect();
            script.append(sh!(
                "\npip_as {} '' {}/bin/pip uninstall -q -y -- {}",
                self.owner(),
                path(),
                names.as_slice()
            ));
            return script;
        }
        if !self.packages.is_empty() {
            script.append(sh!("\n{} -- {}", self.install(), self.packages.as_slice()));
        }
        if let Some(file) = &self.requirements {
            script.append(sh!(
                "\n{} -r {}\n{}\npip_list {}\npip_note {} \"$digest\"",
                self.install(),
                Script::path(file),
                Read::Digest(file.clone()),
                path(),
                self.note(file)
            ));
        }
        script
    }

    fn destroys(&self) -> bool {
        self.state.is_absent()
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_path("pip", &self.path)?;
        if let Some(bad) = self
            .packages
            .iter()
            .find(|text| Requirement::parse(text).is_none())
        {
            return Err(Invalid::of("packages")(format!(
                "{bad:?} cannot be checked: write `name`, `name==1.2.3`, `name==1.2.*` or the path of a wheel; other conditions go into a file of `requirements`"
            )));
        }
        if self.state.is_absent() {
            if self.packages.is_empty() {
                let message =
                    "say which `packages` should be absent; a `directory` step removes an environment";
                return Err(Invalid::of("state")(message.to_owned()));
            }
            if self.requirements.is_some() {
                let message = "what a file requires is not removed; name the `packages`".to_owned();
                return Err(Invalid::of("requirements")(message));
            }
        }
        for (key, path) in [("requirements", &self.requirements), ("wheels", &self.wheels)] {
            path.as_ref().map_or(Ok(()), |path| check_path(key, path))?;
        }
        if let Some(index) = &self.index {
            index.check("index", &["https", "http", "file"])?;
        }
        if self.python.is_empty() || self.python.starts_with('-') || self.python.chars().any(char::is_control)
        {
            return Err(Invalid::of("python")(format!(
                "{:?} cannot be a program",
                self.python
            )));
        }
        self.owner
            .as_ref()
            .map_or(Ok(()), |owner| check_name("owner", "user", owner))
    }

    fn asks_itself(&self) -> bool {
        true
    }

    fn secrets(&self) -> Vec<Secret> {
        self.index.iter().flat_map(Url::secrets).collect()
    }
}
