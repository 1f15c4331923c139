//! `service`: a daemon that runs, or does not, now and after a reboot.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fields::check_name;
use super::{Invalid, State};
use crate::script::{Read, Script};
use crate::sh;

/// What a service does when something it reads has changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnChange {
    /// It reads its files again.
    Reload,
    /// It stops and starts.
    #[default]
    Restart,
}

/// A service of systemd, or of init scripts on a host without it.
///
/// Steps may `notify` it: it is then reloaded or restarted, in this run or, when the run ends early, in the next.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its name, such as `nginx`.
    #[serde(rename = "service")]
    pub name: String,
    /// Whether it should run now; when not said, that is left alone.
    #[serde(default = "some_true")]
    pub running: Option<bool>,
    /// Whether it should start at boot; when not said, that is left alone.
    #[serde(default = "some_true")]
    pub enabled: Option<bool>,
    /// What it does when a step notifies it.
    #[serde(default)]
    pub on_change: OnChange,
    /// Whether nothing can start it, by hand or otherwise; when not said, that is left alone. A masked service does not
    /// run and is not started at boot, whatever `running` and `enabled` say. Only systemd has masks.
    pub masked: Option<bool>,
}

#[expect(clippy::unnecessary_wraps, reason = "serde wants the field's own type")]
fn some_true() -> Option<bool> {
    Some(true)
}

impl Service {
    /// The service `name`, running and enabled.
    pub fn new(name: impl Into<String>, on_change: OnChange) -> Self {
        Self {
            name: name.into(),
            running: Some(true),
            enabled: Some(true),
            on_change,
            masked: None,
        }
    }

    fn running(&self) -> Option<bool> {
        if self.masked == Some(true) {
            Some(false)
        } else {
            self.running
        }
    }

    fn enabled(&self) -> Option<bool> {
        if self.masked == Some(true) {
            None
        } else {
            self.enabled
        }
    }
}

impl State for Service {
    fn title(&self) -> String {
        format!("service {}", self.name)
    }

    fn check(&self) -> Script {
        let mut script = sh!("{}; :", Read::Unit(self.name.clone()));
        match self.masked {
            Some(true) => script.append(Script::raw(
                " && case $unit_enabled in masked) ;; *) false ;; esac",
            )),
            Some(false) => script.append(Script::raw(" && case $unit_enabled in masked*) false ;; esac")),
            None => {}
        }
        match self.running() {
            Some(true) => script.append(Script::raw(" && [ \"$unit_active\" = active ]")),
            Some(false) => script.append(Script::raw(
                " && case $unit_active in active | activating | reloading | deactivating) false ;; esac",
            )),
            None => {}
        }
        match self.enabled() {
            // A static or generated unit has no say of its own; it is pulled in by others.
            Some(true) => script.append(Script::raw(
                " && case $unit_enabled in enabled | static | indirect | generated | alias) ;; *) false ;; esac",
            )),
            Some(false) => script
                .append(Script::raw(" && case $unit_enabled in enabled | enabled-runtime) false ;; esac")),
            None => {}
        }
        script
    }

    fn apply(&self) -> Script {
        let mut script = Script::default();
        if self.masked == Some(true) {
            return sh!(
                "{}\nif [ \"$unit_active\" = active ]; then service_do stop {}; fi\nservice_do mask {}\nsettle {}",
                Read::Unit(self.name.clone()),
                &self.name,
                &self.name,
                &self.name
            );
        }
        if self.masked == Some(false) {
            script.append(sh!("service_do unmask {}\n", &self.name));
        }
        if let Some(enabled) = self.enabled {
            let verb = Script::raw(if enabled { "enable" } else { "disable" });
            script.append(sh!("service_do {} {}\n", verb, &self.name));
        }
        match self.running {
            Some(true) => {
                let verb = Script::raw(match self.on_change {
                    OnChange::Reload => "reload",
                    OnChange::Restart => "restart",
                });
                // What is started has read everything; only what ran before owes the debt.
                script.append(sh!(
                    "{}\nif [ \"$unit_active\" != active ]; then service_do start {}; elif owed {}; then service_do {} {}; fi\n",
                    Read::Unit(self.name.clone()),
                    &self.name,
                    &self.name,
                    verb,
                    &self.name
                ));
            }
            Some(false) => script.append(sh!("service_do stop {}\n", &self.name)),
            None => {}
        }
        script.append(sh!("settle {}", &self.name));
        script
    }

    fn destroys(&self) -> bool {
        self.running() == Some(false) || self.enabled() == Some(false)
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_name("service", "service", &self.name)
    }

    fn pays_for(&self) -> Option<&str> {
        Some(&self.name)
    }
}
