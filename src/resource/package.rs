//! `package`: software from the host's own package manager.

use serde::Deserialize;

use super::fields::{check_name, check_path};
use super::{Invalid, Presence, Resource, State};
use crate::script::{Read, Script};
use crate::sh;

/// A package that should be installed, or should not.
///
/// Neighbouring packages are installed in one transaction.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Its name, as the host's package manager knows it.
    #[serde(rename = "package")]
    pub name: String,
    /// Whether it should be there.
    #[serde(default)]
    pub state: Presence,
    /// Whether packages it only recommends come with it.
    #[serde(default = "yes")]
    pub recommends: bool,
    /// Files it brings that should not be there, such as an example's configuration; removed with its installation,
    /// so that a dry-run knows of it while the package is not there yet.
    #[serde(default)]
    pub discard: Vec<String>,
}

fn yes() -> bool {
    true
}

impl Package {
    /// The package `name`, installed without what it only recommends.
    pub fn lean(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            state: Presence::Present,
            recommends: false,
            discard: Vec::new(),
        }
    }

    /// Installs this package and no other.
    fn alone(&self) -> Script {
        let install = sh!("install_packages {} {}", self.flag(), &self.name);
        if self.discard.is_empty() {
            return install;
        }
        // It may be here already, with only its files to discard; asking apt again would upgrade it.
        sh!(
            "{}; [ -n \"$package_version\" ] || {}",
            Read::Package(self.name.clone()),
            install
        )
    }

    fn discarding(&self) -> Script {
        if self.discard.is_empty() {
            return Script::default();
        }
        sh!(
            "\nrm -f -- {}",
            Script::join(" ", self.discard.iter().map(|path| Script::path(path)))
        )
    }

    fn flag(&self) -> Script {
        Script::raw(if self.recommends {
            "--install-recommends"
        } else {
            "--no-install-recommends"
        })
    }
}

impl State for Package {
    fn title(&self) -> String {
        format!("package {}", self.name)
    }

    fn check(&self) -> Script {
        let read = Read::Package(self.name.clone());
        if self.state.is_absent() {
            sh!("{}; [ -z \"$package_version\" ]", read)
        } else {
            let mut script = sh!("{}; [ -n \"$package_version\" ]", read);
            for path in &self.discard {
                script.append(sh!(" && {} && [ -z \"$path_type\" ]", Read::Path(path.clone())));
            }
            script
        }
    }

    fn apply(&self) -> Script {
        if self.state.is_absent() {
            return sh!("remove_packages {}", &self.name);
        }
        let mut script = self.alone();
        script.append(self.discarding());
        script
    }

    fn joined(&self, behind: &[&Resource]) -> Option<Script> {
        let alike = |other: &&Package| other.state == self.state && other.recommends == self.recommends;
        let more: Vec<&str> = behind
            .iter()
            .map_while(|next| next.as_package().filter(alike))
            .map(|package| package.name.as_str())
            .collect();
        if more.is_empty() || self.state.is_absent() {
            return None;
        }
        // Only those that are not here: apt would upgrade the others, which no dry-run has said.
        let missing = |name: &str| {
            sh!(
                "{}; [ -n \"$package_version\" ] || set -- \"$@\" {}\n",
                Read::Package(name.to_owned()),
                name
            )
        };
        let mut script = Script::raw("set --\n");
        script.append(missing(&self.name));
        for name in more {
            script.append(missing(name));
        }
        // When one name is wrong all fail together; alone, each fails or succeeds for itself.
        script.append(sh!(
            "[ $# -eq 0 ] || install_packages {} \"$@\" || {\nstatus=$?\n[ \"$*\" != {} ] || return \"$status\"\nsay \"together they failed; this one alone:\"\n{}\n}",
            self.flag(),
            &self.name,
            self.alone()
        ));
        script.append(self.discarding());
        Some(script)
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_name("package", "package", &self.name)?;
        if self.state.is_absent() && !self.discard.is_empty() {
            return Err(Invalid::of("discard")(format!(
                "package {} cannot be absent and have files to discard",
                self.name
            )));
        }
        self.discard
            .iter()
            .try_for_each(|path| check_path("discard", path))
    }
}
