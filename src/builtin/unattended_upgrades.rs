//! `unattended-upgrades`: security updates that install themselves.

use std::fmt::Write as _;

use serde::Deserialize;

use crate::config::Config;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::module::{Module, Setting};
use crate::name::Name;
use crate::resource::{File, Mode, OnChange, Package, Resource, Service};

/// Lets apt install updates by itself, with Debian's unattended-upgrades.
pub(super) struct UnattendedUpgrades(Name);

impl Default for UnattendedUpgrades {
    fn default() -> Self {
        Self(super::name("unattended-upgrades"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    origins: Vec<String>,
    keep: Vec<String>,
    mail: Option<String>,
    reboot: bool,
    reboot_time: String,
    remove_unused: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            origins: vec![
                "origin=Debian,codename=${distro_codename},label=Debian".into(),
                "origin=Debian,codename=${distro_codename}-security,label=Debian-Security".into(),
            ],
            keep: Vec::new(),
            mail: None,
            reboot: false,
            reboot_time: "04:00".into(),
            remove_unused: false,
        }
    }
}

/// Asks apt to fetch the lists and to upgrade once a day (apt's own `apt.systemd.daily`).
const DAILY: &str = "// Kept by provision; what is changed here by hand is overwritten.
APT::Periodic::Update-Package-Lists \"1\";
APT::Periodic::Unattended-Upgrade \"1\";
";

impl Settings {
    fn text(&self) -> String {
        let mut text = "// Kept by provision; what is changed here by hand is overwritten.\n".to_owned();
        let mut list = |name: &str, of: &[String]| {
            let _ = writeln!(
                text,
                "#clear Unattended-Upgrade::{name};\nUnattended-Upgrade::{name} {{"
            );
            for it in of {
                let _ = writeln!(text, "    \"{it}\";");
            }
            text.push_str("};\n");
        };
        list("Origins-Pattern", &self.origins);
        list("Package-Blacklist", &self.keep);
        let mut set = |name: &str, value: &str| {
            let _ = writeln!(text, "Unattended-Upgrade::{name} \"{value}\";");
        };
        set("Automatic-Reboot", if self.reboot { "true" } else { "false" });
        set("Automatic-Reboot-Time", &self.reboot_time);
        set(
            "Remove-Unused-Dependencies",
            if self.remove_unused { "true" } else { "false" },
        );
        if let Some(mail) = &self.mail {
            set("Mail", mail);
        }
        text
    }

    /// Everything is written between double quotes, in which apt knows no other sign for one.
    fn check(&self) -> Result<(), Diagnostics> {
        let mut mistakes = Diagnostics::default();
        let texts = self
            .origins
            .iter()
            .chain(&self.keep)
            .chain(&self.mail)
            .chain([&self.reboot_time]);
        for text in texts.filter(|text| text.contains(|c: char| c == '"' || c.is_control())) {
            mistakes.push(Diagnostic::new(format!(
                "{text:?} cannot stand in apt's settings"
            )));
        }
        mistakes.into_result(())
    }
}

impl Module for UnattendedUpgrades {
    fn name(&self) -> &Name {
        &self.0
    }

    fn description(&self) -> &'static str {
        "Security updates that install themselves, every day"
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::optional(
                "origins",
                "list of strings",
                "Debian's updates and security updates",
                "where updates may come from, as unattended-upgrades writes it",
            ),
            Setting::optional(
                "keep",
                "list of strings",
                "[]",
                "packages that are left alone, as regular expressions",
            ),
            Setting::optional("mail", "string", "nobody", "who is told of updates"),
            Setting::optional(
                "reboot",
                "boolean",
                "false",
                "whether the host reboots when an update asks for it",
            ),
            Setting::optional("reboot_time", "string", "04:00", "when it does"),
            Setting::optional(
                "remove_unused",
                "boolean",
                "false",
                "whether packages nothing needs any more are removed",
            ),
        ]
    }

    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let settings: Settings = config.read()?;
        settings.check()?;
        let file = |name: &str, text: String| {
            let path = format!("/etc/apt/apt.conf.d/{name}");
            Resource::from(File {
                mode: Some(Mode::new(0o644)),
                ..File::new(path, text)
            })
        };
        let timer = |name: &str| {
            Resource::from(Service {
                masked: Some(false),
                ..Service::new(name, OnChange::Restart)
            })
        };
        Ok(vec![
            Package::lean("unattended-upgrades").into(),
            file("20auto-upgrades", DAILY.to_owned()),
            // Behind the 50unattended-upgrades of the package, which stays as it came.
            file("52provision-unattended-upgrades", settings.text()),
            timer("apt-daily.timer"),
            timer("apt-daily-upgrade.timer"),
        ])
    }
}
