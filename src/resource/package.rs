//! `package`: software from the host's own package manager.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{check_name, check_path};
use super::{Invalid, Presence, Resource, State};
use crate::script::{Read, Script};
use crate::sh;

/// A package that should be installed, or should not.
///
/// Neighbouring packages are installed in one transaction.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
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

    fn joins(&self, next: &Resource) -> bool {
        let alike = |other: &Package| other.state == self.state && other.recommends == self.recommends;
        !self.state.is_absent() && next.as_package().is_some_and(alike)
    }

    fn missing(&self) -> Script {
        // Only those that are not here: apt would upgrade the others, which no dry-run has said.
        sh!(
            "{}; [ -n \"$package_version\" ] || missing=\"$missing \"{}",
            Read::Package(self.name.clone()),
            &self.name
        )
    }

    fn joined(&self) -> Script {
        // When one name is wrong all fail together; alone, each fails or succeeds for itself.
        let mut script = sh!(
            "[ -z \"$missing\" ] || install_packages {} $missing || {\nstatus=$?\n[ \"$missing\" != {} ] || return \"$status\"\nsay \"together they failed; this one alone:\"\n{}\n}",
            self.flag(),
            format!(" {}", self.name),
            self.alone()
        );
        script.append(self.discarding());
        script
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
