//! `backup`: files to a restic repository, by a timer.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::config::Config;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::module::{Module, Setting};
use crate::name::Name;
use crate::resource::{Directory, File, Mode, OnChange, Package, Resource, Service};
use crate::script::Secret;

/// Backs files up with restic.
pub(super) struct Backup(Name);

impl Default for Backup {
    fn default() -> Self {
        Self(super::name("backup"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    repository: String,
    password: Secret,
    #[serde(default = "paths")]
    paths: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
    #[serde(default = "schedule")]
    schedule: String,
    #[serde(default = "daily")]
    keep_daily: u32,
    #[serde(default = "weekly")]
    keep_weekly: u32,
    #[serde(default = "monthly")]
    keep_monthly: u32,
    #[serde(default)]
    environment: BTreeMap<String, Secret>,
}

fn paths() -> Vec<String> {
    ["/etc", "/home", "/root", "/srv"].map(str::to_owned).to_vec()
}

fn schedule() -> String {
    "daily".into()
}

fn daily() -> u32 {
    7
}

fn weekly() -> u32 {
    4
}

fn monthly() -> u32 {
    6
}

impl Settings {
    fn validate(&self) -> Result<(), Diagnostic> {
        let lines = [("repository", &self.repository), ("schedule", &self.schedule)];
        let lists = [("paths", &self.paths), ("exclude", &self.exclude)];
        let lists = lists
            .iter()
            .flat_map(|(key, list)| list.iter().map(move |text| (*key, text)));
        for (key, text) in lines.into_iter().chain(lists) {
            if text.is_empty() || text.chars().any(char::is_control) {
                return Err(Diagnostic::new(format!(
                    "backup: {text:?} cannot stand in its `{key}`"
                )));
            }
        }
        for (name, value) in &self.environment {
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if name.is_empty() || !name.chars().all(fits) || value.expose().chars().any(char::is_control) {
                return Err(Diagnostic::new(format!(
                    "backup: {name:?} of its `environment` is no variable of one line"
                )));
            }
        }
        match self.password.expose() {
            "" => Err(Diagnostic::new("backup: its `password` is empty")),
            text if text.chars().any(char::is_control) => {
                Err(Diagnostic::new("backup: its `password` is more than one line"))
            }
            _ => Ok(()),
        }
    }

    /// The variables the service runs with (systemd.exec(5), `EnvironmentFile`).
    fn environment(&self) -> String {
        let own = [
            ("RESTIC_REPOSITORY", self.repository.as_str()),
            ("RESTIC_PASSWORD_FILE", "/etc/restic/password"),
        ];
        let more = self
            .environment
            .iter()
            .map(|(name, value)| (name.as_str(), value.expose()));
        let line = |(name, value): (&str, &str)| {
            format!(
                "{name}=\"{}\"\n",
                value.replace('\\', "\\\\").replace('"', "\\\"")
            )
        };
        own.into_iter().chain(more).map(line).collect()
    }

    fn service(&self) -> String {
        format!(
            "# Written by provision; changes made here are lost.\n[Unit]\nDescription=Backup with restic\nWants=network-online.target\nAfter=network-online.target\n\n\
             [Service]\nType=oneshot\nEnvironmentFile=/etc/restic/environment\nEnvironment=RESTIC_CACHE_DIR=/var/cache/restic\nNice=10\nIOSchedulingClass=idle\n\
             ExecStartPre=/bin/sh -c 'restic cat config >/dev/null 2>&1 || exec restic init'\n\
             ExecStart=/usr/bin/restic backup --files-from-verbatim /etc/restic/paths --exclude-file /etc/restic/exclude\n\
             ExecStart=/usr/bin/restic forget --prune --keep-daily {} --keep-weekly {} --keep-monthly {}\n",
            self.keep_daily, self.keep_weekly, self.keep_monthly
        )
    }

    fn timer(&self) -> String {
        format!(
            "# Written by provision; changes made here are lost.\n[Unit]\nDescription=Backup with restic, by schedule\n\n[Timer]\nOnCalendar={}\nRandomizedDelaySec=15m\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n",
            self.schedule
        )
    }
}

impl Module for Backup {
    fn name(&self) -> &Name {
        &self.0
    }

    fn description(&self) -> &'static str {
        "Files backed up to a restic repository by a systemd timer, old snapshots forgotten"
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::required(
                "repository",
                "string",
                "where to, as restic writes it: /path, sftp:user@host:/path, s3:…; made at the first backup",
            ),
            Setting::required(
                "password",
                "string, secret",
                "what the repository is encrypted with; without it nothing can be restored",
            ),
            Setting::optional(
                "paths",
                "list of strings",
                "[\"/etc\", \"/home\", \"/root\", \"/srv\"]",
                "what is backed up",
            ),
            Setting::optional("exclude", "list of strings", "[]", "patterns of what is left out"),
            Setting::optional(
                "schedule",
                "string",
                "daily",
                "when, as systemd's OnCalendar writes it",
            ),
            Setting::optional(
                "keep_daily",
                "integer",
                "7",
                "snapshots kept, the last of each day",
            ),
            Setting::optional(
                "keep_weekly",
                "integer",
                "4",
                "snapshots kept, the last of each week",
            ),
            Setting::optional(
                "keep_monthly",
                "integer",
                "6",
                "snapshots kept, the last of each month",
            ),
            Setting::optional(
                "environment",
                "table",
                "{}",
                "variables restic needs for its repository, such as AWS_SECRET_ACCESS_KEY; all are secrets",
            ),
        ]
    }

    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let settings: Settings = config.read()?;
        settings.validate()?;
        let lines = |list: &[String]| list.iter().map(|line| format!("{line}\n")).collect::<String>();
        let private = |name: &str, text: String, secret: bool| {
            Resource::from(File {
                mode: Some(Mode::new(0o600)),
                secret,
                ..File::new(format!("/etc/restic/{name}"), text)
            })
        };
        let unit = |name: &str, text: String| {
            Resource::from(File {
                mode: Some(Mode::new(0o644)),
                ..File::new(format!("/etc/systemd/system/{name}"), text)
            })
        };
        Ok(vec![
            Package::lean("restic").into(),
            Directory {
                mode: Some(Mode::new(0o700)),
                ..Directory::new("/etc/restic")
            }
            .into(),
            private("password", format!("{}\n", settings.password.expose()), true),
            private("environment", settings.environment(), true),
            private("paths", lines(&settings.paths), false),
            private("exclude", lines(&settings.exclude), false),
            unit("provision-backup.service", settings.service()).notify("provision-backup.timer"),
            unit("provision-backup.timer", settings.timer()).notify("provision-backup.timer"),
            Service::new("provision-backup.timer", OnChange::Restart).into(),
        ])
    }
}
