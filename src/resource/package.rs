//! `package`: software from the host's own package manager.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{Span, check_name, check_path};
use super::{Invalid, Resource, State};
use crate::script::{Read, Script};
use crate::sh;

/// Lists this old are fetched anew before anything is called the latest, in minutes.
const LATEST: u32 = 24 * 60;

/// What is wanted of a package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PackageState {
    /// It should be installed, in whichever version.
    #[default]
    Present,
    /// It should not be installed.
    Absent,
    /// It should be installed, and no newer version be there by lists of at most a day (or `fresh`).
    Latest,
}

/// A package that should be installed, or should not.
///
/// The host's own manager does it: apt, dnf or yum, apk, zypper, pacman. Neighbouring packages are installed in one
/// transaction. A name that other packages stand for (`mail-transport-agent`) holds when one of them is installed. With
/// apt a name may say its architecture (`libc6:i386`), with dnf too (`glibc.i686`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Its name, as the host's package manager knows it.
    #[serde(rename = "package")]
    pub name: String,
    /// Whether it should be there, and be the newest there is.
    #[serde(default)]
    pub state: PackageState,
    /// The version it should have, as the manager writes it; `*` and `?` stand for any text and any one character, as in
    /// `15.*`. An older version takes a newer one's place. apk takes a `*` only at the end, zypper and pacman none.
    pub version: Option<String>,
    /// Whether upgrades leave it at its version; when not said, that is left alone. For apt, zypper, and dnf with its
    /// plugin `versionlock`.
    pub hold: Option<bool>,
    /// How old the lists of packages may be, such as `"1h"` or `"2d"`: older ones are fetched anew. When not said, they
    /// are fetched where there are none, where they are a day old, and where a package is not found.
    pub fresh: Option<Span>,
    /// Whether packages it only recommends come with it.
    #[serde(default = "yes")]
    pub recommends: bool,
    /// Whether its configuration goes with it when it is absent, also what an earlier removal left.
    #[serde(default)]
    pub purge: bool,
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
            ..Self::default()
        }
    }

    /// No package `name`.
    pub fn absent(name: impl Into<String>) -> Self {
        Self {
            state: PackageState::Absent,
            ..Self::lean(name)
        }
    }

    fn read(&self) -> Script {
        Read::Package(self.name.clone()).into()
    }

    /// How an install calls it.
    fn wanted(&self) -> String {
        match &self.version {
            Some(version) => format!("{}={version}", self.name),
            None => self.name.clone(),
        }
    }

    /// Whether it is there as it should be, whatever else is wanted.
    fn installed(&self) -> Script {
        let mut script = self.read();
        match &self.version {
            Some(version) => {
                script.append(sh!("; [ -n \"$package_version\" ] && package_is {}", version));
            }
            None => script.append(sh!(
                "; { [ -n \"$package_version\" ] || package_provided {}; }",
                &self.name
            )),
        }
        if self.state == PackageState::Latest {
            script.append(sh!(
                " && { [ -n \"$package_held\" ] || { {}; [ -z \"$package_upgrade\" ]; }; }",
                Read::Upgrade(self.name.clone())
            ));
        }
        script
    }

    /// How old lists may be, in minutes.
    fn fresh(&self) -> Option<u32> {
        match (self.fresh, self.state) {
            (Some(span), _) => Some(span.minutes()),
            (None, PackageState::Latest) => Some(LATEST),
            (None, _) => None,
        }
    }

    /// The function that installs it, with whether recommended packages come along.
    fn install(&self) -> Script {
        Script::raw(match (self.state, self.recommends) {
            (PackageState::Latest, false) => "upgrade_packages lean",
            (PackageState::Latest, true) => "upgrade_packages full",
            (_, false) => "install_packages lean",
            (_, true) => "install_packages full",
        })
    }

    /// Installs this package and no other.
    fn alone(&self) -> Script {
        let install = sh!("{} {}", self.install(), self.wanted());
        if self.discard.is_empty() && self.hold.is_none() && self.fresh().is_none() {
            return install;
        }
        // It may be here already, with only the rest to do; asking the manager again would upgrade it.
        sh!("{ {}; } || {}", self.installed(), self.released(install))
    }

    /// Whether it is held back as it should be.
    fn held(&self) -> Script {
        match self.hold {
            None => Script::default(),
            Some(hold) => sh!(
                " && { {}; package_lock {}; [ {} \"$package_held\" ]; }",
                self.read(),
                &self.name,
                Script::raw(if hold { "-n" } else { "-z" })
            ),
        }
    }

    /// `then`, before which a lock on what is not there is taken away where the step itself says what is to be locked.
    fn released(&self, then: Script) -> Script {
        match self.hold {
            Some(_) => sh!("{ release_package {}; {}; }", &self.name, then),
            None => then,
        }
    }

    /// What is to be done before it is installed.
    fn before(&self) -> Script {
        match self.fresh() {
            Some(minutes) => sh!("fresh_lists {}\n", minutes),
            None => Script::default(),
        }
    }

    /// What is to be done once it is installed.
    fn after(&self) -> Script {
        let mut script = Script::default();
        if !self.discard.is_empty() {
            script.append(sh!(
                "\nrm -f -- {}",
                Script::join(" ", self.discard.iter().map(|path| Script::path(path)))
            ));
        }
        if let Some(hold) = self.hold {
            let verb = Script::raw(if hold { "hold" } else { "unhold" });
            script.append(sh!("\nhold_package {} {}", verb, &self.name));
        }
        script
    }

    fn is_absent(&self) -> bool {
        self.state == PackageState::Absent
    }
}

impl State for Package {
    fn title(&self) -> String {
        format!("package {}", self.name)
    }

    fn check(&self) -> Script {
        if self.is_absent() {
            let mut script = sh!("{}; [ -z \"$package_version\" ]", self.read());
            if self.purge {
                script.append(Script::raw(" && [ -z \"$package_left\" ]"));
            }
            return script;
        }
        let mut script = self.installed();
        script.append(self.held());
        if let Some(minutes) = self.fresh() {
            script.append(sh!(" && lists_fresh {}", minutes));
        }
        for path in &self.discard {
            script.append(sh!(" && {} && [ -z \"$path_type\" ]", Read::Path(path.clone())));
        }
        script
    }

    fn apply(&self) -> Script {
        if self.is_absent() {
            let remove = Script::raw(if self.purge {
                "purge_packages"
            } else {
                "remove_packages"
            });
            return sh!("{} {}", remove, &self.name);
        }
        let mut script = self.before();
        script.append(self.alone());
        script.append(self.after());
        script
    }

    fn joins(&self, next: &Resource) -> bool {
        let alike = |other: &Package| other.state == self.state && other.recommends == self.recommends;
        !self.is_absent() && next.as_package().is_some_and(alike)
    }

    fn missing(&self) -> Script {
        // Only those that are not here: apt would upgrade the others, which no dry-run has said.
        let too = sh!("missing=\"$missing \"{}", self.wanted());
        sh!("{ {}; } || {}", self.installed(), self.released(too))
    }

    fn joined(&self) -> Script {
        // When one name is wrong all fail together; alone, each fails or succeeds for itself.
        let mut script = self.before();
        script.append(sh!(
            "[ -z \"$missing\" ] || {} $missing || {\nstatus=$?\n[ \"$missing\" != {} ] || return \"$status\"\nsay \"together they failed; this one alone:\"\n{}\n}",
            self.install(),
            format!(" {}", self.wanted()),
            self.alone()
        ));
        script.append(self.after());
        script
    }

    fn asks_itself(&self) -> bool {
        self.fresh().is_some()
    }

    fn destroys(&self) -> bool {
        self.state == PackageState::Absent
    }

    fn validate(&self) -> Result<(), Invalid> {
        match self.name.split_once(':') {
            Some((name, architecture)) => {
                check_name("package", "package", name)?;
                check_name("package", "package's architecture", architecture)?;
            }
            None => check_name("package", "package", &self.name)?,
        }
        if let Some(version) = &self.version {
            check_version("version", version)?;
        }
        let of_absent = [
            ("version", self.version.is_some(), "a version"),
            ("hold", self.hold == Some(true), "its version held"),
            ("fresh", self.fresh.is_some(), "lists to be fetched for"),
            ("discard", !self.discard.is_empty(), "files to discard"),
        ];
        if let Some((key, _, what)) = of_absent.iter().find(|(_, said, _)| *said && self.is_absent()) {
            let message = format!("package {} cannot be absent and have {what}", self.name);
            return Err(Invalid::of(key)(message));
        }
        if self.purge && !self.is_absent() {
            let message = format!("`purge` is for what is absent, and package {} is not", self.name);
            return Err(Invalid::of("purge")(message));
        }
        if self.state == PackageState::Latest && self.version.is_some() {
            let message = format!(
                "package {} is of one version or of the latest, not both",
                self.name
            );
            return Err(Invalid::of("version")(message));
        }
        self.discard
            .iter()
            .try_for_each(|path| check_path("discard", path))
    }
}

/// Refuses, as the value of `key`, what is no version and no pattern of one in any package manager.
fn check_version(key: &'static str, version: &str) -> Result<(), Invalid> {
    let fits = |c: char| c.is_ascii_alphanumeric() || ".+-~_^:*?".contains(c);
    match version.chars().find(|&c| !fits(c)) {
        _ if version.is_empty() => Err(Invalid::of(key)("the version is empty".to_owned())),
        Some(bad) => Err(Invalid::of(key)(format!(
            "{version:?} cannot be a version: it has {bad:?} in it"
        ))),
        None if version.starts_with('-') => Err(Invalid::of(key)(format!(
            "{version:?} cannot be a version: it starts with '-'"
        ))),
        None => Ok(()),
    }
}
