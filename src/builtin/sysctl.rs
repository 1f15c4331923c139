//! `sysctl`: settings of the kernel.

use serde::Deserialize;

use crate::config::{Config, Data, Table};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::module::{Module, Setting};
use crate::name::Name;
use crate::resource::{Resource, Sysctl as Step};

/// Sets settings of the kernel, each by a file of its own.
pub(super) struct Sysctl(Name);

impl Default for Sysctl {
    fn default() -> Self {
        Self(super::name("sysctl"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    hardening: bool,
    live: bool,
    // Read from the table itself, whose keys know where they were written.
    #[serde(rename = "settings")]
    _own: serde::de::IgnoredAny,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hardening: false,
            live: true,
            _own: serde::de::IgnoredAny,
        }
    }
}

/// What a server that is no router does without: spoofed, redirected and source-routed packets, SYN floods, and the
/// kernel's addresses and messages in everybody's hands (kernel documentation, `ip-sysctl` and `sysctl/kernel`).
const HARDENING: &[(&str, &str)] = &[
    ("fs.protected_fifos", "2"),
    ("fs.protected_hardlinks", "1"),
    ("fs.protected_regular", "2"),
    ("fs.protected_symlinks", "1"),
    ("kernel.dmesg_restrict", "1"),
    ("kernel.kptr_restrict", "1"),
    ("kernel.yama.ptrace_scope", "1"),
    ("net.ipv4.conf.all.accept_redirects", "0"),
    ("net.ipv4.conf.all.accept_source_route", "0"),
    ("net.ipv4.conf.all.rp_filter", "1"),
    ("net.ipv4.conf.all.send_redirects", "0"),
    ("net.ipv4.conf.default.accept_redirects", "0"),
    ("net.ipv4.conf.default.accept_source_route", "0"),
    ("net.ipv4.conf.default.rp_filter", "1"),
    ("net.ipv4.conf.default.send_redirects", "0"),
    ("net.ipv4.icmp_echo_ignore_broadcasts", "1"),
    ("net.ipv4.tcp_syncookies", "1"),
];

/// The settings in `table`, also when their names are written as tables in tables: `net.ipv4.ip_forward = 1`.
fn flatten(table: &Table, prefix: &str, all: &mut Vec<(String, String)>, mistakes: &mut Diagnostics) {
    for (name, entry) in table.iter() {
        let key = format!("{prefix}{name}");
        match &entry.value.data {
            Data::Table(inner) => flatten(inner, &format!("{key}."), all, mistakes),
            Data::String(text) => all.push((key, text.clone())),
            Data::Integer(number) => all.push((key, number.to_string())),
            other => mistakes.push(
                Diagnostic::new(format!("{key} takes a number or a string, not {}", other.kind()))
                    .at(&entry.value.origin),
            ),
        }
    }
}

impl Module for Sysctl {
    fn name(&self) -> &Name {
        &self.0
    }

    fn description(&self) -> &'static str {
        "Settings of the kernel, now and after a reboot"
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::optional(
                "settings",
                "table",
                "{}",
                "values by name, such as `net.ipv4.ip_forward = 1`",
            ),
            Setting::optional(
                "hardening",
                "boolean",
                "false",
                "whether a set of safe values for servers is there, too; what is in `settings` comes before it",
            ),
            Setting::optional(
                "live",
                "boolean",
                "true",
                "whether the running kernel gets them, too; a container may not set most of them",
            ),
        ]
    }

    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let Settings { hardening, live, .. } = config.read()?;
        let mut mistakes = Diagnostics::default();
        let mut all = Vec::new();
        if let Some(value) = config.values.get("settings") {
            match &value.data {
                Data::Table(table) => flatten(table, "", &mut all, &mut mistakes),
                other => mistakes.push(
                    Diagnostic::new(format!("expected a table, found {}", other.kind())).at(&value.origin),
                ),
            }
        }
        if hardening {
            for (key, value) in HARDENING {
                if !all.iter().any(|(own, _)| own == key) {
                    all.push(((*key).to_owned(), (*value).to_owned()));
                }
            }
        }
        let step = |(key, value): (String, String)| {
            Step {
                live,
                ..Step::new(key, &value)
            }
            .into()
        };
        mistakes.into_result(all.into_iter().map(step).collect())
    }
}
