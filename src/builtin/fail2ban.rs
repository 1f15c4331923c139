//! `fail2ban`: who fails to log in too often is kept out for a while.

use std::fmt::Write as _;

use serde::Deserialize;

use crate::config::Config;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::module::{Module, Setting};
use crate::name::Name;
use crate::resource::{File, Mode, OnChange, Package, Resource, Service};

/// Runs fail2ban from Debian's packages, on the journal and with nftables.
pub(super) struct Fail2ban(Name);

impl Default for Fail2ban {
    fn default() -> Self {
        Self(super::name("fail2ban"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    jails: Vec<String>,
    ban: String,
    find: String,
    tries: u32,
    ignore: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            jails: vec!["sshd".into()],
            ban: "1h".into(),
            find: "10m".into(),
            tries: 5,
            ignore: Vec::new(),
        }
    }
}

impl Settings {
    fn text(&self) -> String {
        let ignore: Vec<&str> = ["127.0.0.1/8", "::1"]
            .into_iter()
            .chain(self.ignore.iter().map(String::as_str))
            .collect();
        let mut text = format!(
            "# Kept by provision; what is changed here by hand is overwritten.\n\
             [DEFAULT]\nbackend = systemd\nbanaction = nftables-multiport\nbanaction_allports = nftables-allports\n\
             bantime = {}\nfindtime = {}\nmaxretry = {}\nignoreip = {}\n",
            self.ban,
            self.find,
            self.tries,
            ignore.join(" ")
        );
        for jail in &self.jails {
            let _ = write!(text, "\n[{jail}]\nenabled = true\n");
        }
        text
    }

    fn check(&self) -> Result<(), Diagnostics> {
        let mut mistakes = Diagnostics::default();
        let time = |text: &str| {
            text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_alphanumeric())
        };
        for (key, text) in [("ban", &self.ban), ("find", &self.find)] {
            if !time(text) {
                mistakes.push(Diagnostic::new(format!(
                    "`{key}`: {text:?} is no span of time, such as \"10m\" or \"1d\""
                )));
            }
        }
        let plain = |text: &str, signs: &str| {
            !text.is_empty()
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || signs.contains(c))
        };
        for jail in self.jails.iter().filter(|jail| !plain(jail, "-_")) {
            mistakes.push(Diagnostic::new(format!("{jail:?} cannot be a jail's name")));
        }
        for address in self.ignore.iter().filter(|address| !plain(address, ".:/-")) {
            mistakes.push(Diagnostic::new(format!(
                "{address:?} is no address, network or host name to ignore"
            )));
        }
        if self.tries == 0 {
            mistakes.push(Diagnostic::new("`tries`: nobody could log in with 0 tries"));
        }
        mistakes.into_result(())
    }
}

impl Module for Fail2ban {
    fn name(&self) -> &Name {
        &self.0
    }

    fn description(&self) -> &'static str {
        "Bans addresses that fail to log in too often"
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::optional(
                "jails",
                "list of strings",
                "[\"sshd\"]",
                "what is watched, by fail2ban's names",
            ),
            Setting::optional("ban", "string", "1h", "how long an address is kept out"),
            Setting::optional("find", "string", "10m", "within which time the failures count"),
            Setting::optional("tries", "integer", "5", "how many failures it takes"),
            Setting::optional(
                "ignore",
                "list of strings",
                "[]",
                "addresses and networks that are never banned; put those that provision comes from here",
            ),
        ]
    }

    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let settings: Settings = config.read()?;
        settings.check()?;
        let file = File {
            mode: Some(Mode::new(0o644)),
            ..File::new("/etc/fail2ban/jail.d/provision.conf", settings.text())
        };
        Ok(vec![
            Package::lean("fail2ban").into(),
            Package::lean("nftables").into(),
            // The journal's reader, which the package only recommends.
            Package::lean("python3-systemd").into(),
            Resource::from(file).notify("fail2ban"),
            Service::new("fail2ban", OnChange::Restart).into(),
        ])
    }
}
