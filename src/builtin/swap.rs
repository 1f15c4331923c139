//! `swap`: a file to swap to.

use serde::Deserialize;

use crate::config::Config;
use crate::diagnostic::Diagnostics;
use crate::module::{Module, Setting};
use crate::name::Name;
use crate::resource::{Resource, Swap as Step, Sysctl};

/// Makes a swap file.
pub(super) struct Swap(Name);

impl Default for Swap {
    fn default() -> Self {
        Self(super::name("swap"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    path: String,
    size: String,
    active: bool,
    swappiness: Option<u8>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            path: "/swapfile".into(),
            size: "1G".into(),
            active: true,
            swappiness: None,
        }
    }
}

impl Module for Swap {
    fn name(&self) -> &Name {
        &self.0
    }

    fn description(&self) -> &'static str {
        "A swap file of a given size"
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::optional("path", "string", "/swapfile", "where the file is"),
            Setting::optional(
                "size",
                "string",
                "1G",
                "its size, with `M` or `G` behind the number",
            ),
            Setting::optional(
                "active",
                "boolean",
                "true",
                "whether it is in use now, or only after a reboot",
            ),
            Setting::optional(
                "swappiness",
                "integer",
                "the kernel's",
                "how readily the kernel swaps, 0 to 200",
            ),
        ]
    }

    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let Settings {
            path,
            size,
            active,
            swappiness,
        } = config.read()?;
        let file = Step {
            active,
            ..Step::new(path, size)
        };
        let mut resources = vec![file.into()];
        if let Some(swappiness) = swappiness {
            let setting = Sysctl {
                live: active,
                ..Sysctl::new("vm.swappiness", &swappiness.to_string())
            };
            resources.push(setting.into());
        }
        Ok(resources)
    }
}
