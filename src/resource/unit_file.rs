//! `unit_file`: a unit of systemd, or a part of one.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::check_name;
use super::whole::Whole;
use super::{FileView, Invalid, State};
use crate::script::{Read, Script};
use crate::sh;

/// A unit file in `/etc/systemd/system`, or a drop-in for a unit that is there; systemd reads its units again behind it.
///
/// It neither starts nor enables anything: a `service` step does, and a step that changes the unit may notify it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitFile {
    /// The unit's full name, such as `app.service`.
    #[serde(rename = "unit_file")]
    pub name: String,
    /// What the file holds; see systemd.unit(5).
    pub content: Option<String>,
    /// The name of a drop-in, such as `limits`: the file is then `/etc/systemd/system/UNIT.d/NAME.conf`, and adds to
    /// the unit instead of being it.
    pub drop_in: Option<String>,
    /// Whether the file should be there; or `masked`, so that nothing can start the unit, by hand or otherwise.
    #[serde(default)]
    pub state: UnitState,
}

/// What a unit file should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UnitState {
    /// There, with its content.
    #[default]
    Present,
    /// Not there; a unit of the same name that a package has brought counts again.
    Absent,
    /// A link to `/dev/null`.
    Masked,
}

/// The endings of units that files describe (systemd.unit(5)).
const ENDINGS: &[&str] = &[
    "service",
    "socket",
    "timer",
    "target",
    "path",
    "mount",
    "automount",
    "swap",
    "slice",
];

impl UnitFile {
    /// The unit `name` with this `content`.
    pub fn new(name: impl Into<String>, content: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            content: Some(content.into()),
            drop_in: None,
            state: UnitState::Present,
        }
    }

    fn folder(&self) -> String {
        match &self.drop_in {
            Some(_) => format!("/etc/systemd/system/{}.d", self.name),
            None => "/etc/systemd/system".to_owned(),
        }
    }

    fn path(&self) -> String {
        match &self.drop_in {
            Some(name) => format!("{}/{name}.conf", self.folder()),
            None => format!("{}/{}", self.folder(), self.name),
        }
    }

    fn whole(&self) -> Whole {
        Whole::new(self.path(), self.content.clone().unwrap_or_default())
    }
}

impl State for UnitFile {
    fn title(&self) -> String {
        match &self.drop_in {
            Some(drop_in) => format!("unit_file {} {drop_in}", self.name),
            None => format!("unit_file {}", self.name),
        }
    }

    fn check(&self) -> Script {
        let mut script = match self.state {
            UnitState::Present => self.whole().holds(),
            UnitState::Absent => self.whole().is_gone(),
            UnitState::Masked => sh!(
                "{}; [ \"$path_type$path_target\" = a/dev/null ]",
                Read::Path(self.path())
            ),
        };
        // A template is no unit that systemd could be asked about.
        if !self.name.contains("@.") {
            script.append(sh!(
                " && { {}; [ \"$unit_stale\" != yes ]; }",
                Read::Unit(self.name.clone())
            ));
        }
        script
    }

    fn apply(&self) -> Script {
        let path = self.path();
        let mut script = match self.state {
            UnitState::Present => sh!(
                "unit_unmask {}\nmkdir -p {}\n{}",
                &path,
                self.folder(),
                self.whole().place()
            ),
            UnitState::Absent => sh!(
                "[ ! -d {} ] || refuse_other {} file\n{}",
                &path,
                &path,
                self.whole().remove()
            ),
            UnitState::Masked => sh!(
                "[ -L {} ] || [ ! -e {} ] || refuse_other {} link\nln -sfn -- /dev/null {}",
                &path,
                &path,
                &path,
                &path
            ),
        };
        script.append(Script::raw("\nunits_reload"));
        script
    }

    fn files(&self) -> Vec<FileView<'_>> {
        match self.state {
            UnitState::Masked => Vec::new(),
            state => vec![self.whole().view(state == UnitState::Absent)],
        }
    }

    fn destroys(&self) -> bool {
        self.state == UnitState::Absent
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_name("unit_file", "unit", &self.name)?;
        let ending = self.name.rsplit_once('.').map(|(_, ending)| ending);
        if !ending.is_some_and(|ending| ENDINGS.contains(&ending)) {
            return Err(Invalid::of("unit_file")(format!(
                "{:?} is no unit's full name; it ends in one of .{}",
                self.name,
                ENDINGS.join(", .")
            )));
        }
        if let Some(drop_in) = &self.drop_in {
            check_name("drop_in", "drop-in", drop_in)?;
        }
        match (&self.content, self.state) {
            (None, UnitState::Present) => Err(format!("the unit {} needs a `content`", self.name).into()),
            (Some(_), UnitState::Absent | UnitState::Masked) => {
                let message = format!(
                    "the unit {} cannot have content and be absent or masked",
                    self.name
                );
                Err(Invalid::of("content")(message))
            }
            (None, UnitState::Masked) if self.drop_in.is_some() => Err(Invalid::of("drop_in")(
                "a unit is masked, not a part of it".to_owned(),
            )),
            _ => Ok(()),
        }
    }
}
