//! `package`: software from the host's own package manager.

use serde::Deserialize;

use super::fields::check_name;
use super::{Presence, Resource, State};
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
        }
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
            sh!("{}; [ -n \"$package_version\" ]", read)
        }
    }

    fn apply(&self) -> Script {
        if self.state.is_absent() {
            sh!("remove_packages {}", &self.name)
        } else {
            sh!("install_packages {} {}", self.flag(), &self.name)
        }
    }

    fn joined(&self, behind: &[&Resource]) -> Option<Script> {
        let alike = |other: &&Package| other.state == self.state && other.recommends == self.recommends;
        let more: Vec<String> = behind
            .iter()
            .map_while(|next| next.as_package().filter(alike))
            .map(|package| package.name.clone())
            .collect();
        if more.is_empty() || self.state.is_absent() {
            return None;
        }
        // When one name is wrong all fail together; alone, each fails or succeeds for itself.
        Some(sh!(
            "install_packages {} {} {} || install_packages {} {}",
            self.flag(),
            &self.name,
            more.as_slice(),
            self.flag(),
            &self.name
        ))
    }

    fn validate(&self) -> Result<(), String> {
        check_name("package", &self.name)
    }
}
