//! Fields that several resources share, and what may stand in them.

use std::borrow::Cow;
use std::fmt;

use data_encoding::HEXLOWER;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};

use super::Invalid;
use crate::script::{Read, Script};
use crate::sh;

/// Whether something should be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// It should be there.
    #[default]
    Present,
    /// It should not.
    Absent,
}

impl Presence {
    /// Whether it is [`Presence::Absent`].
    pub fn is_absent(self) -> bool {
        self == Self::Absent
    }
}

/// Permission bits of a path, written in octal as a string: `"0644"`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Mode(u16);

impl Mode {
    /// The mode with these bits, of which the lowest twelve count.
    pub const fn new(bits: u16) -> Self {
        Self(bits & 0o7777)
    }

    /// Three hex digits, as `stat -c %f` ends.
    pub fn hex(self) -> String {
        format!("{:03x}", self.0)
    }

    /// Four octal digits, as chmod takes them.
    pub fn octal(self) -> String {
        format!("{:04o}", self.0)
    }
}

impl fmt::Debug for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.octal())
    }
}

impl<'de> Deserialize<'de> for Mode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Octal)
    }
}

impl JsonSchema for Mode {
    fn schema_name() -> Cow<'static, str> {
        "Mode".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-7]{3,4}$" })
    }
}

/// Reads a [`Mode`]; a number is refused, because TOML's 0644 is none and 644 is another one.
struct Octal;

impl Visitor<'_> for Octal {
    type Value = Mode;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mode as a string in octal, such as \"0644\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Mode, E> {
        let octal = (3..=4).contains(&text.len()) && text.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
        match u16::from_str_radix(text, 8) {
            Ok(bits) if octal => Ok(Mode(bits)),
            _ => Err(E::custom(format!(
                "{text:?} is not a mode; write three or four octal digits, such as \"0644\""
            ))),
        }
    }
}

/// A span of time, written as a number and a unit: `"30m"`, `"12h"`, `"7d"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(u32);

impl Span {
    /// Whole minutes.
    pub fn minutes(self) -> u32 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let minutes = [("m", 1), ("h", 60), ("d", 24 * 60)]
            .iter()
            .find_map(|(unit, minutes)| Some((text.strip_suffix(unit)?, minutes)))
            .filter(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|(number, minutes)| number.parse::<u32>().ok()?.checked_mul(*minutes));
        match minutes {
            Some(minutes) if minutes > 0 => Ok(Self(minutes)),
            _ => Err(D::Error::custom(format!(
                "{text:?} is not a span of time; write a number and `m`, `h` or `d`, such as \"12h\""
            ))),
        }
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+[mhd]$" })
    }
}

/// Refuses, as the value of `key`, a path that is neither absolute nor in the home (`~/`), not normal, or that could not stand in an answer's line.
pub(super) fn check_path(key: &'static str, path: &str) -> Result<(), Invalid> {
    normal_path(path).map_err(Invalid::of(key))
}

fn normal_path(path: &str) -> Result<(), String> {
    if !path.starts_with('/') && !path.starts_with("~/") {
        return Err(format!(
            "{path:?} is not an absolute path, and not one in the home (`~/…`)"
        ));
    }
    if path.chars().any(char::is_control) {
        return Err(format!("the path {path:?} holds a control character"));
    }
    if path.len() > 1 && path.ends_with('/') {
        return Err(format!("the path {path:?} ends in a slash; leave it out"));
    }
    if path
        .split('/')
        .skip(1)
        .any(|part| part.is_empty() || part == "." || part == "..")
        && path != "/"
    {
        return Err(format!(
            "the path {path:?} has an empty, `.` or `..` part; write it out"
        ));
    }
    Ok(())
}

/// Refuses, as the value of `key`, what is no user, group, package or service name anywhere.
pub(super) fn check_name(key: &'static str, kind: &str, name: &str) -> Result<(), Invalid> {
    plain_name(kind, name).map_err(Invalid::of(key))
}

fn plain_name(kind: &str, name: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '@');
    match name.chars().next() {
        None => Err(format!("a {kind} needs a name")),
        Some('-' | '.' | '+') => Err(format!(
            "{name:?} cannot be a {kind}'s name: it starts with {:?}",
            &name[..1]
        )),
        _ if name.len() > 128 => Err(format!("{name:?} cannot be a {kind}'s name: it is too long")),
        _ => match name.chars().find(|&c| !fits(c)) {
            Some(bad) => Err(format!(
                "{name:?} cannot be a {kind}'s name: it has {bad:?} in it"
            )),
            None => Ok(()),
        },
    }
}

/// Refuses, as the value of `key`, what cannot stand in one line of a text: nothing at all, or a control character.
pub(super) fn check_line(key: &'static str, text: &str) -> Result<(), Invalid> {
    if text.is_empty() {
        return Err(Invalid::of(key)(format!("the {key} is empty")));
    }
    match text.chars().find(|c| c.is_control() && *c != '\t') {
        Some(bad) => Err(Invalid::of(key)(format!(
            "the {key} has {bad:?} in it, which cannot stand in a line"
        ))),
        None => Ok(()),
    }
}

/// Refuses a file of `what`, such as `the rules ops`, that should be there without content, or not be there with some.
pub(super) fn check_content(what: &str, content: Option<&str>, state: Presence) -> Result<(), Invalid> {
    match (content, state) {
        (None, Presence::Present) => Err(format!("{what} need a `content`").into()),
        (Some(_), Presence::Absent) => Err(Invalid::of("content")(format!(
            "{what} cannot be absent and have content"
        ))),
        _ => Ok(()),
    }
}

/// The SHA-256 of `bytes`, in the form that `sha256sum` writes.
pub(super) fn digest(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

/// Who owns a path and what may be done with it, as far as it is said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Access<'a> {
    /// Permission bits.
    pub(super) mode: Option<Mode>,
    /// Owner, by name or number.
    pub(super) owner: Option<&'a str>,
    /// Group, by name or number.
    pub(super) group: Option<&'a str>,
}

/// The number that a user or group has anywhere: `root` is 0, and a number is itself, without leading zeros.
fn number(name: &str) -> Option<u32> {
    if name == "root" {
        Some(0)
    } else {
        name.parse().ok()
    }
}

impl Access<'_> {
    /// Conditions on what `path_state` has left, each with `&&` before it.
    pub(super) fn conditions(&self) -> Script {
        let mut script = Script::default();
        if let Some(mode) = self.mode {
            script.append(sh!(" && [ \"$path_mode\" = {} ]", mode.hex()));
        }
        // Asked for as numbers: stat would look up each name in the host's databases, path by path.
        if let Some(owner) = self.owner {
            script.append(match number(owner) {
                Some(uid) => sh!(" && [ \"$path_uid\" = {} ]", uid),
                None => sh!(
                    " && {} && [ \"$path_uid\" = \"$user_uid\" ]",
                    Read::User(owner.to_owned())
                ),
            });
        }
        if let Some(group) = self.group {
            script.append(match number(group) {
                Some(gid) => sh!(" && [ \"$path_gid\" = {} ]", gid),
                None => sh!(
                    " && {} && [ \"$path_gid\" = \"$group_gid\" ]",
                    Read::Group(group.to_owned())
                ),
            });
        }
        script
    }

    /// `OWNER:GROUP`, either side empty when not said.
    pub(super) fn who(&self) -> String {
        match self.group {
            Some(group) => format!("{}:{group}", self.owner.unwrap_or_default()),
            None => self.owner.unwrap_or_default().to_owned(),
        }
    }

    /// Refuses names that are none, and access to what should not be there.
    pub(super) fn validate(&self, state: Presence) -> Result<(), Invalid> {
        let said = [
            ("mode", self.mode.is_some()),
            ("owner", self.owner.is_some()),
            ("group", self.group.is_some()),
        ];
        if let Some((key, _)) = said.iter().find(|(_, said)| *said && state.is_absent()) {
            return Err(Invalid::of(key)(format!("what is absent has no {key}")));
        }
        self.owner
            .map_or(Ok(()), |owner| check_name("owner", "user", owner))?;
        self.group
            .map_or(Ok(()), |group| check_name("group", "group", group))
    }
}
