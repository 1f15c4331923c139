//! `kernel_module`: a module of the kernel.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{check_line, check_name};
use super::whole::Whole;
use super::{FileView, Invalid, Presence, State};
use crate::script::{Read, Script};
use crate::sh;

/// A module of the kernel, loaded now and, by `/etc/modules-load.d/NAME.conf`, at boot.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KernelModule {
    /// Its name, such as `br_netfilter`.
    #[serde(rename = "kernel_module")]
    pub name: String,
    /// What it is loaded with, such as `nested=1`, kept in `/etc/modprobe.d/NAME.conf`. A module that is loaded already
    /// takes it at the next boot.
    pub options: Option<String>,
    /// Whether it should be there; absent unloads it, which fails while it is in use.
    #[serde(default)]
    pub state: Presence,
}

impl KernelModule {
    fn boot(&self) -> Whole {
        Whole::new(
            format!("/etc/modules-load.d/{}.conf", self.name),
            format!("{}\n", self.name),
        )
    }

    fn settings(&self) -> Whole {
        let options = self.options.as_deref().unwrap_or_default();
        let text = format!("options {} {options}\n", self.name);
        Whole::new(format!("/etc/modprobe.d/{}.conf", self.name), text)
    }

    /// The kernel writes names with `_`, whatever their files are called.
    fn loaded(&self) -> Read {
        Read::Path(format!("/sys/module/{}", self.name.replace('-', "_")))
    }
}

impl State for KernelModule {
    fn title(&self) -> String {
        format!("kernel_module {}", self.name)
    }

    fn check(&self) -> Script {
        if self.state.is_absent() {
            return sh!(
                "{} && { {}; [ -z \"$path_type\" ]; }",
                self.boot().is_gone(),
                self.loaded()
            );
        }
        let mut script = self.boot().holds();
        if self.options.is_some() {
            script.append(sh!(" && {}", self.settings().holds()));
        }
        script.append(sh!(
            " && { {}; [ \"$path_type\" = 4 ] || module_built_in {}; }",
            self.loaded(),
            &self.name
        ));
        script
    }

    fn apply(&self) -> Script {
        if self.state.is_absent() {
            return sh!("modprobe -r -- {}\n{}", &self.name, self.boot().remove());
        }
        let mut script = Script::default();
        if self.options.is_some() {
            script.append(sh!("mkdir -p /etc/modprobe.d\n{}\n", self.settings().place()));
        }
        // What cannot be loaded now is not kept for the next boot either.
        script.append(sh!(
            "module_load {} {}\nmkdir -p /etc/modules-load.d\n{}",
            &self.name,
            self.name.replace('-', "_"),
            self.boot().place()
        ));
        script
    }

    fn files(&self) -> Vec<FileView<'_>> {
        let gone = self.state.is_absent();
        let settings = self.options.is_some().then(|| self.settings().view(false));
        settings.into_iter().chain([self.boot().view(gone)]).collect()
    }

    fn destroys(&self) -> bool {
        self.state.is_absent()
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_name("kernel_module", "kernel module", &self.name)?;
        match &self.options {
            Some(_) if self.state.is_absent() => {
                Err(Invalid::of("options")("what is absent has no options".to_owned()))
            }
            Some(options) => check_line("options", options),
            None => Ok(()),
        }
    }
}
