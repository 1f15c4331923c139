//! `docker`: the Docker engine.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::diagnostic::Diagnostics;
use crate::module::{Module, Setting};
use crate::name::Name;
use crate::resource::{Directory, File, OnChange, Package, Resource, Service, User};

/// Installs the Docker engine and settles how its daemon behaves.
pub(super) struct Docker(Name);

impl Default for Docker {
    fn default() -> Self {
        Self(super::name("docker"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    packages: Vec<String>,
    users: Vec<String>,
    log_size: String,
    log_files: u32,
    data_root: Option<String>,
    live_restore: bool,
    registry_mirrors: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            packages: vec!["docker.io".into()],
            users: Vec::new(),
            log_size: "10m".into(),
            log_files: 3,
            data_root: None,
            live_restore: true,
            registry_mirrors: Vec::new(),
        }
    }
}

impl Settings {
    /// `/etc/docker/daemon.json` (dockerd(8)).
    fn daemon(&self) -> String {
        let mut daemon = Map::new();
        daemon.insert("log-driver".into(), "json-file".into());
        let log = json!({ "max-size": self.log_size, "max-file": self.log_files.to_string() });
        daemon.insert("log-opts".into(), log);
        daemon.insert("live-restore".into(), self.live_restore.into());
        if let Some(data_root) = &self.data_root {
            daemon.insert("data-root".into(), data_root.as_str().into());
        }
        if !self.registry_mirrors.is_empty() {
            daemon.insert("registry-mirrors".into(), self.registry_mirrors.as_slice().into());
        }
        format!("{:#}\n", Value::Object(daemon))
    }
}

impl Module for Docker {
    fn name(&self) -> &Name {
        &self.0
    }

    fn description(&self) -> &'static str {
        "The Docker engine from the distribution's packages, with its daemon's settings"
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::optional(
                "packages",
                "list of strings",
                "[\"docker.io\"]",
                "what the engine is in; add docker-compose here",
            ),
            Setting::optional(
                "users",
                "list of strings",
                "[]",
                "accounts that may use it, which is as good as being root",
            ),
            Setting::optional(
                "log_size",
                "string",
                "10m",
                "how large a container's log may grow before it is rotated",
            ),
            Setting::optional(
                "log_files",
                "integer",
                "3",
                "how many logs of a container are kept",
            ),
            Setting::optional(
                "data_root",
                "string",
                "/var/lib/docker",
                "where images, containers and volumes are kept",
            ),
            Setting::optional(
                "live_restore",
                "boolean",
                "true",
                "whether containers go on while the daemon restarts",
            ),
            Setting::optional(
                "registry_mirrors",
                "list of strings",
                "[]",
                "URLs of mirrors that images are pulled through",
            ),
        ]
    }

    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let settings: Settings = config.read()?;
        let daemon = settings.daemon();
        let mut resources: Vec<Resource> = vec![
            // There before the daemon starts for the first time, which installing it does.
            Directory::new("/etc/docker").into(),
            Resource::from(File::new("/etc/docker/daemon.json", daemon)).notify("docker"),
        ];
        resources.extend(
            settings
                .packages
                .into_iter()
                .map(|name| Package::lean(name).into()),
        );
        resources.extend(settings.users.into_iter().map(|name| {
            User {
                name,
                groups: vec!["docker".into()],
                ..User::default()
            }
            .into()
        }));
        resources.push(Service::new("docker", OnChange::Restart).into());
        Ok(resources)
    }
}
