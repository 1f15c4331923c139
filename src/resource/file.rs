//! `file`: a regular file with given content, mode and owner.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::fields::{Access, check_path};
use super::{FileView, Invalid, Mode, Presence, State, Wanted};
use crate::script::{Read, Script, Secret, Text};
use crate::sh;

/// Content up to this size is part of the program; larger content is brought when a host asks for it.
pub(super) const INLINE: usize = 8 * 1024;

/// The bytes a file should hold.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    bytes: Vec<u8>,
    /// Whether a secret went into it.
    secret: bool,
}

impl Content {
    /// The bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The content may be a secret one.
        write!(f, "Content({} bytes)", self.bytes.len())
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, secret: false }
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        text.as_bytes().to_vec().into()
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl JsonSchema for Content {
    fn schema_name() -> Cow<'static, str> {
        "Content".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        Ok(Self {
            secret: text.secret().is_some(),
            bytes: text.expose().as_bytes().to_vec(),
        })
    }
}

/// A regular file. What is not said about it stays as it is; a new file is `0644`.
///
/// Content is written beside the file and renamed over it, so nobody sees half of it. A link, directory or device in
/// its place is not replaced: the step fails and says so.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = brought)]
pub struct File {
    /// Its absolute path; its directory must be there already.
    #[serde(rename = "file")]
    pub path: String,
    /// What it should hold; when not said, only that it is there.
    pub content: Option<Content>,
    /// Permission bits.
    pub mode: Option<Mode>,
    /// Owner, by name or number.
    pub owner: Option<String>,
    /// Group, by name or number.
    pub group: Option<String>,
    /// Whether it should be there.
    #[serde(default)]
    pub state: Presence,
    /// Whether its content is kept out of diffs, logs and reports; content that a secret goes into always is.
    #[serde(default)]
    pub secret: bool,
}

/// Where a module's file step may take its content from; the module's loader reads it and hands it over.
fn brought(schema: &mut Schema) {
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for (key, meaning) in [
            (
                "source",
                "In a module: a file beside the module's, copied as it is, instead of `content`.",
            ),
            (
                "template",
                "In a module: a file beside the module's, rendered as a template, instead of `content`.",
            ),
        ] {
            properties.insert(
                key.to_owned(),
                json!({ "type": "string", "description": meaning }),
            );
        }
    }
}

impl File {
    /// A file at `path` that holds `content`, with the defaults for all else.
    pub fn new(path: impl Into<String>, content: impl Into<Content>) -> Self {
        Self {
            path: path.into(),
            content: Some(content.into()),
            mode: None,
            owner: None,
            group: None,
            state: Presence::Present,
            secret: false,
        }
    }

    /// No file at `path`.
    pub fn absent(path: impl Into<String>) -> Self {
        Self {
            state: Presence::Absent,
            content: None,
            ..Self::new(path, "")
        }
    }

    /// Whether its content is not to be shown: because it is said, or because a secret went into it.
    fn is_secret(&self) -> bool {
        self.secret || self.content.as_ref().is_some_and(|content| content.secret)
    }

    fn access(&self) -> Access<'_> {
        Access {
            mode: self.mode,
            owner: self.owner.as_deref(),
            group: self.group.as_deref(),
        }
    }
}

impl State for File {
    fn title(&self) -> String {
        format!("file {}", self.path)
    }

    fn check(&self) -> Script {
        let path = Read::Path(self.path.clone());
        if self.state.is_absent() {
            return sh!("{}; [ -z \"$path_type\" ]", path);
        }
        let mut script = sh!("{}; [ \"$path_type\" = 8 ]", path);
        script.append(self.access().conditions());
        if let Some(content) = &self.content {
            let digest: String = Sha256::digest(&content.bytes)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            script.append(sh!(
                " && {} && [ \"$digest\" = {} ]",
                Read::Digest(self.path.clone()),
                digest
            ));
        }
        script
    }

    fn apply(&self) -> Script {
        let path = || Script::path(&self.path);
        if self.state.is_absent() {
            return sh!(
                "[ ! -d {} ] || refuse_other {} file\nrm -f -- {}",
                path(),
                path(),
                path()
            );
        }
        let produce = match &self.content {
            Some(_) if self.large_content().is_some() => Script::raw("cat \"$run/content.$step_now\""),
            Some(content) => Script::produce(content.bytes.clone()),
            None => sh!("{ [ ! -f {} ] || cat -- {}; }", path(), path()),
        };
        let mode = self.mode.map(Mode::octal).unwrap_or_default();
        let (owner, group) = (
            self.owner.clone().unwrap_or_default(),
            self.group.clone().unwrap_or_default(),
        );
        sh!("{} | place {} {} {} {}", produce, path(), mode, owner, group)
    }

    fn destroys(&self) -> bool {
        self.state.is_absent()
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_path("file", &self.path)?;
        if self.path == "/" {
            return Err(Invalid::of("file")("/ is a directory".to_owned()));
        }
        if self.state.is_absent() && self.content.is_some() {
            let message = format!("{} cannot be absent and have content", self.path);
            return Err(Invalid::of("content")(message));
        }
        self.access().validate(self.state)
    }

    fn files(&self) -> Vec<FileView<'_>> {
        let wanted = match &self.content {
            _ if self.state.is_absent() => Wanted::Gone,
            Some(content) => Wanted::Content(content.bytes.as_slice().into()),
            None => return Vec::new(),
        };
        vec![FileView {
            path: self.path.as_str().into(),
            wanted,
            secret: self.is_secret(),
        }]
    }

    fn large_content(&self) -> Option<&[u8]> {
        self.content
            .as_ref()
            .map(|content| content.bytes.as_slice())
            .filter(|content| content.len() > INLINE)
    }

    fn secrets(&self) -> Vec<Secret> {
        match &self.content {
            Some(content) if self.is_secret() => String::from_utf8_lossy(&content.bytes)
                .lines()
                .map(Secret::new)
                .collect(),
            _ => Vec::new(),
        }
    }
}
