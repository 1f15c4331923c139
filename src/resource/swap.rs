//! `swap`: a file to swap to.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::check_path;
use super::fstab::{Entry, escaped};
use super::{FileView, Invalid, Presence, State};
use crate::script::{Read, Script};
use crate::sh;

/// A file of a given size that the host swaps to, now and, by its line in `/etc/fstab`, after a reboot.
///
/// A present file of another size is made anew, which takes memory for what lies in it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Swap {
    /// The absolute path of the file; its directory must be there already.
    #[serde(rename = "swap")]
    pub path: String,
    /// Its size: a number with `M` or `G` behind it, for 1024² or 1024³ bytes.
    pub size: Option<String>,
    /// Whether it is in use now, too; with `false` only the file and its line in `/etc/fstab` are made.
    #[serde(default = "yes")]
    pub active: bool,
    /// Whether it should be there; absent stops its use and takes the file away.
    #[serde(default)]
    pub state: Presence,
}

fn yes() -> bool {
    true
}

impl Swap {
    /// A file at `path` of `size`.
    pub fn new(path: impl Into<String>, size: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            size: Some(size.into()),
            active: true,
            state: Presence::Present,
        }
    }

    /// Its size in MiB.
    fn mebibytes(&self) -> Option<u32> {
        let size = self.size.as_deref()?;
        let (number, unit) = size.split_at_checked(size.len().checked_sub(1)?)?;
        let factor = match unit {
            "M" => 1,
            "G" => 1024,
            _ => return None,
        };
        let number = Some(number).filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()))?;
        number
            .parse::<u32>()
            .ok()?
            .checked_mul(factor)
            .filter(|size| *size > 0)
    }

    fn entry(&self) -> Entry {
        let fields = [
            escaped(&self.path),
            "none".into(),
            "swap".into(),
            "sw".into(),
            "0".into(),
            "0".into(),
        ];
        Entry { field: 1, fields }
    }
}

impl State for Swap {
    fn title(&self) -> String {
        format!("swap {}", self.path)
    }

    fn check(&self) -> Script {
        let path = Read::Path(self.path.clone());
        if self.state.is_absent() {
            return sh!("{} && [ -z \"$path_type\" ] && {}", path, self.entry().is_gone());
        }
        let mut script = sh!(
            "{} && [ \"$path_type$path_mode,$path_uid\" = 8180,0 ] && swap_size {} {} && {}",
            path,
            &self.path,
            self.mebibytes().unwrap_or_default(),
            self.entry().holds()
        );
        if self.active {
            script.append(sh!(" && is_swap {}", escaped(&self.path)));
        }
        script
    }

    fn apply(&self) -> Script {
        let shown = escaped(&self.path);
        if self.state.is_absent() {
            return sh!("swap_remove {} {}\n{}", &self.path, shown, self.entry().remove());
        }
        let mut script = sh!(
            "swap_make {} {} {}\n",
            &self.path,
            shown.clone(),
            self.mebibytes().unwrap_or_default()
        );
        if self.active {
            script.append(sh!("is_swap {} || swapon -- {}\n", shown, &self.path));
        }
        script.append(self.entry().place());
        script
    }

    fn asks_itself(&self) -> bool {
        true
    }

    fn files(&self) -> Vec<FileView<'_>> {
        vec![self.entry().view(self.state.is_absent())]
    }

    fn destroys(&self) -> bool {
        self.state.is_absent()
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_path("swap", &self.path)?;
        if self.path.starts_with('~') || self.path == "/" {
            return Err(Invalid::of("swap")(format!(
                "{:?} cannot be swapped to; write an absolute path",
                self.path
            )));
        }
        match (&self.size, self.mebibytes()) {
            (Some(_), _) if self.state.is_absent() => {
                Err(Invalid::of("size")("what is absent has no size".to_owned()))
            }
            (None, _) if !self.state.is_absent() => {
                Err(format!("the swap file {} needs a `size`", self.path).into())
            }
            (Some(size), None) => Err(Invalid::of("size")(format!(
                "{size:?} is no size; write a number with `M` or `G` behind it, such as \"2G\""
            ))),
            _ => Ok(()),
        }
    }
}
