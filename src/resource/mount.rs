//! `mount`: a file system at its place.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{check_line, check_path};
use super::fstab::{Entry, escaped};
use super::{FileView, Invalid, Presence, State};
use crate::script::Script;
use crate::sh;

/// A file system that is mounted now and, by its line in `/etc/fstab`, at boot.
///
/// It is mounted first: what cannot be mounted never gets into `/etc/fstab`, where it could stop the host from booting.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    /// Where: an absolute path; a directory that is not there is made.
    #[serde(rename = "mount")]
    pub path: String,
    /// What: a device, `UUID=…`, `LABEL=…`, `host:/path`, or a name for a file system without a device, such as `tmpfs`.
    pub source: Option<String>,
    /// The file system's type, such as `ext4`, `nfs` or `tmpfs`.
    pub fstype: Option<String>,
    /// Mount options, as mount(8) has them. When they change, what is mounted is mounted anew with them.
    #[serde(default = "defaults")]
    pub options: String,
    /// Whether dump(8) saves it: 0 or 1.
    #[serde(default)]
    pub dump: u8,
    /// When fsck(8) looks at it at boot: 0 never, 1 first, 2 later.
    #[serde(default)]
    pub pass: u8,
    /// Whether it is mounted now, too; with `false` only `/etc/fstab` is written.
    #[serde(default = "yes")]
    pub mounted: bool,
    /// Whether it should be there; absent unmounts it, and leaves the directory.
    #[serde(default)]
    pub state: Presence,
}

fn defaults() -> String {
    "defaults".to_owned()
}

fn yes() -> bool {
    true
}

impl Mount {
    fn entry(&self) -> Entry {
        let text = |field: &Option<String>| escaped(field.as_deref().unwrap_or_default());
        Entry {
            field: 2,
            fields: [
                text(&self.source),
                escaped(&self.path),
                text(&self.fstype),
                escaped(&self.options),
                self.dump.to_string(),
                self.pass.to_string(),
            ],
        }
    }
}

impl State for Mount {
    fn title(&self) -> String {
        format!("mount {}", self.path)
    }

    fn check(&self) -> Script {
        let point = escaped(&self.path);
        if self.state.is_absent() {
            return sh!("{} && is_unmounted {}", self.entry().is_gone(), point);
        }
        let mut script = self.entry().holds();
        if self.mounted {
            script.append(sh!(" && is_mounted {}", point));
        }
        script
    }

    fn apply(&self) -> Script {
        let point = escaped(&self.path);
        if self.state.is_absent() {
            return sh!("unmount {} {}\n{}", point, &self.path, self.entry().remove());
        }
        let mut script = sh!("mkdir -p -- {}\n", &self.path);
        if self.mounted {
            script.append(sh!(
                "mount_now {} {} {} {} {}\n",
                point,
                &self.path,
                self.source.clone().unwrap_or_default(),
                self.fstype.clone().unwrap_or_default(),
                &self.options
            ));
        }
        script.append(self.entry().place());
        script
    }

    fn files(&self) -> Vec<FileView<'_>> {
        vec![self.entry().view(self.state.is_absent())]
    }

    fn destroys(&self) -> bool {
        self.state.is_absent()
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_path("mount", &self.path)?;
        if self.path.starts_with('~') || self.path == "/" {
            let message = format!(
                "{:?} cannot be mounted at; write another absolute path",
                self.path
            );
            return Err(Invalid::of("mount")(message));
        }
        if self.state.is_absent() {
            return Ok(());
        }
        let (Some(source), Some(fstype)) = (&self.source, &self.fstype) else {
            return Err(format!("the mount {} needs a `source` and a `fstype`", self.path).into());
        };
        for (key, text) in [("source", source), ("fstype", fstype), ("options", &self.options)] {
            check_line(key, text)?;
            if text.starts_with('-') {
                return Err(Invalid::of(key)(format!(
                    "{text:?} cannot be a {key}: it would be read as an option"
                )));
            }
        }
        match (self.dump, self.pass) {
            (0 | 1, 0..=2) => Ok(()),
            (0 | 1, pass) => Err(Invalid::of("pass")(format!(
                "{pass} is no pass of fsck; it is 0, 1 or 2"
            ))),
            (dump, _) => Err(Invalid::of("dump")(format!("{dump} is neither 0 nor 1"))),
        }
    }
}
