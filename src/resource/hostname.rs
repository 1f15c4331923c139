//! `hostname`: what the host calls itself.

use schemars::JsonSchema;
use serde::Deserialize;

use super::whole::Whole;
use super::{FileView, Invalid, State};
use crate::script::Script;
use crate::sh;

/// The host's own name, now and, by `/etc/hostname`, after a reboot.
///
/// So that the host finds itself by it, a `hosts_entry` for `127.0.1.1` belongs beside it on Debian and its kin.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hostname {
    /// The name: labels of letters, digits and `-`, at most 64 characters.
    #[serde(rename = "hostname")]
    pub name: String,
}

impl Hostname {
    fn whole(&self) -> Whole {
        Whole::new("/etc/hostname", format!("{}\n", self.name))
    }
}

/// Refuses, as the value of `key`, what is no name of a host (RFC 1123, 2.1).
pub(super) fn check_host_name(key: &'static str, name: &str) -> Result<(), Invalid> {
    let label = |label: &str| {
        let fits = label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        fits && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    if name.len() > 253 || !name.split('.').all(label) {
        let message = format!("{name:?} is no name of a host; write letters, digits and `-`, parted by dots");
        return Err(Invalid::of(key)(message));
    }
    Ok(())
}

impl State for Hostname {
    fn title(&self) -> String {
        format!("hostname {}", self.name)
    }

    fn check(&self) -> Script {
        sh!(
            "{} && kernel_shows /proc/sys/kernel/hostname {}",
            self.whole().holds(),
            &self.name
        )
    }

    fn apply(&self) -> Script {
        sh!("hostname_set {}\n{}", &self.name, self.whole().place())
    }

    fn files(&self) -> Vec<FileView<'_>> {
        vec![self.whole().view(false)]
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_host_name("hostname", &self.name)?;
        // The kernel's own limit (gethostname(2)).
        if self.name.len() > 64 {
            return Err(Invalid::of("hostname")(format!(
                "{:?} has more than 64 characters",
                self.name
            )));
        }
        Ok(())
    }
}
