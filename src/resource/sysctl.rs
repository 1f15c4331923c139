//! `sysctl`: a setting of the kernel.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use super::fields::check_line;
use super::whole::Whole;
use super::{FileView, Invalid, Presence, State};
use crate::script::Script;
use crate::sh;

/// A setting of the kernel, now and after a reboot: it gets a file of its own, `/etc/sysctl.d/90-provision-KEY.conf`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sysctl {
    /// Its name, such as `net.ipv4.ip_forward`; with slashes instead of dots where a part of it has a dot in it.
    #[serde(rename = "sysctl")]
    pub key: String,
    /// Its value; several numbers are parted by spaces.
    pub value: Option<Value>,
    /// Whether the running kernel gets the value, too. In a container most settings are the machine's.
    #[serde(default = "yes")]
    pub live: bool,
    /// Whether it should be set at boot. Absent leaves the running kernel alone.
    #[serde(default)]
    pub state: Presence,
}

fn yes() -> bool {
    true
}

/// What a kernel setting may be: a number or a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value(String);

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for Value {
    fn schema_name() -> Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"] })
    }
}

struct Either;

impl Visitor<'_> for Either {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value(text.to_owned()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value(number.to_string()))
    }
}

impl Sysctl {
    /// `key` set to `value`.
    pub fn new(key: impl Into<String>, value: &str) -> Self {
        Self {
            key: key.into(),
            value: Some(value.into()),
            live: true,
            state: Presence::Present,
        }
    }

    /// The value with single spaces, as it is compared.
    fn words(&self) -> String {
        let words: Vec<&str> = self
            .value
            .iter()
            .flat_map(|value| value.0.split_whitespace())
            .collect();
        words.join(" ")
    }

    /// Where the kernel shows it (sysctl(8): a name with a slash before any dot is written with slashes).
    fn live_path(&self) -> String {
        if self.key.contains('/') {
            format!("/proc/sys/{}", self.key)
        } else {
            format!("/proc/sys/{}", self.key.replace('.', "/"))
        }
    }

    fn whole(&self) -> Whole {
        Whole::new(
            format!("/etc/sysctl.d/90-provision-{}.conf", self.key.replace('/', ".")),
            format!("{} = {}\n", self.key, self.words()),
        )
    }
}

impl State for Sysctl {
    fn title(&self) -> String {
        format!("sysctl {}", self.key)
    }

    fn check(&self) -> Script {
        if self.state.is_absent() {
            return self.whole().is_gone();
        }
        let mut script = self.whole().holds();
        if self.live {
            script.append(sh!(" && kernel_shows {} {}", self.live_path(), self.words()));
        }
        script
    }

    fn apply(&self) -> Script {
        if self.state.is_absent() {
            return self.whole().remove();
        }
        // A value that the kernel refuses is not kept for the next boot either.
        let mut script = Script::default();
        if self.live {
            script.append(sh!("kernel_set {} {}\n", self.live_path(), self.words()));
        }
        script.append(Script::raw("mkdir -p /etc/sysctl.d\n"));
        script.append(self.whole().place());
        script
    }

    fn files(&self) -> Vec<FileView<'_>> {
        vec![self.whole().view(self.state.is_absent())]
    }

    fn destroys(&self) -> bool {
        self.state.is_absent()
    }

    fn validate(&self) -> Result<(), Invalid> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':' | '@');
        let parts = |part: &str| part.is_empty() || part == "..";
        if !self.key.chars().all(fits)
            || self.key.split('/').any(parts)
            || self.key.split('.').any(str::is_empty)
        {
            return Err(Invalid::of("sysctl")(format!(
                "{:?} is no setting of the kernel",
                self.key
            )));
        }
        match &self.value {
            None if !self.state.is_absent() => {
                Err(format!("the setting {} needs a `value`", self.key).into())
            }
            Some(_) if self.state.is_absent() => Err(Invalid::of("value")(format!(
                "the setting {} cannot be absent and have a value",
                self.key
            ))),
            Some(value) => check_line("value", value.0.trim()),
            None => Ok(()),
        }
    }
}
