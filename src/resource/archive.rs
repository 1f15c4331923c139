//! `archive`: the files of a tar or zip.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::download::{check_headers, fetch};
use super::fields::{Access, check_path};
use super::file::INLINE;
use super::url::{check_digest, digest, note_name};
use super::{Content, Invalid, Presence, State, Url};
use crate::script::{Read, Script, Secret};
use crate::sh;

/// A tar, however compressed, or a zip, unpacked into a directory.
///
/// It comes from the controller (`source`), from a path of the host (`from`) or from a URL (`url`). A note is kept of
/// every file it brought: one that somebody has since changed or removed makes the step unpack it again, and files of
/// the archive before that the new one has not are removed. Other files in the directory are left alone. The host needs
/// `tar` and what its compression takes, such as `xz-utils`, or `unzip`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// The directory its files come into; it is made, with its parents.
    #[serde(rename = "archive")]
    pub path: String,
    /// A file on the controller, relative to the module's own; at most 1 MiB.
    pub source: Option<String>,
    /// A file on the host, which has to stay there.
    pub from: Option<String>,
    /// Where the host fetches it from: `https://`, `http://` or `file://`. A user name and password in it are secrets.
    pub url: Option<Url>,
    /// The SHA-256 that what is fetched must have, in hex.
    pub sha256: Option<String>,
    /// Headers of the request, such as `Authorization`; their values are secrets.
    #[serde(default)]
    pub headers: BTreeMap<String, Secret>,
    /// How many leading directories are taken off the names in it.
    #[serde(default)]
    pub strip: u8,
    /// Owner of its files, by name; when not said, the user the push runs as.
    pub owner: Option<String>,
    /// Group of its files, by name.
    pub group: Option<String>,
    /// The bytes of `source`.
    #[serde(skip)]
    pub content: Option<Content>,
}

impl Archive {
    fn access(&self) -> Access<'_> {
        Access {
            mode: None,
            owner: self.owner.as_deref(),
            group: self.group.as_deref(),
        }
    }

    /// Which archive it is, and how it is unpacked; for `from`, what its content is comes behind it.
    fn what(&self) -> String {
        let archive = match (&self.url, &self.content) {
            (Some(url), _) => format!("{} {:?}", url.bare(), self.sha256),
            (None, Some(content)) => digest(content.bytes()),
            (None, None) => String::new(),
        };
        digest(format!("{archive} {} {}", self.strip, self.access().who()))
    }

    /// The note's words as the shell has them, and what has to be read before.
    fn noted(&self) -> (Script, Script) {
        match &self.from {
            Some(from) => (
                sh!("{}; [ -n \"$digest\" ] && ", Read::Digest(from.clone())),
                sh!("{}:\"$digest\"", self.what()),
            ),
            None => (Script::default(), self.what().into()),
        }
    }
}

impl State for Archive {
    fn title(&self) -> String {
        format!("archive {}", self.path)
    }

    fn check(&self) -> Script {
        let (before, what) = self.noted();
        sh!(
            "{}unpacked {} {} {}",
            before,
            note_name(&self.path),
            Script::path(&self.path),
            what
        )
    }

    fn apply(&self) -> Script {
        let (_, what) = self.noted();
        let (get, file) = match (&self.from, &self.url) {
            (Some(from), _) => (
                sh!(
                    "[ -f {} ] || { say {}; return 1; }\n{}\n",
                    Script::path(from),
                    format!("there is no file {from}"),
                    Read::Digest(from.clone())
                ),
                Script::path(from),
            ),
            (None, Some(url)) => {
                let mut get = fetch(url, &self.headers, self.sha256.as_deref());
                get.append(Script::raw("\n"));
                (get, Script::raw("\"$run/fetched\""))
            }
            (None, None) if self.large_content().is_some() => {
                (Script::default(), Script::raw("\"$run/content.$step_now\""))
            }
            (None, None) => {
                let bytes = self.content.as_ref().map(Content::bytes).unwrap_or_default();
                (
                    sh!("{} >\"$run/fetched\"\n", Script::produce(bytes)),
                    Script::raw("\"$run/fetched\""),
                )
            }
        };
        sh!(
            "{}unpack_into {} {} {} {} {} {}",
            get,
            note_name(&self.path),
            Script::path(&self.path),
            what,
            file,
            u32::from(self.strip),
            self.access().who()
        )
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_path("archive", &self.path)?;
        let given = [
            ("source", self.source.is_some()),
            ("from", self.from.is_some()),
            ("url", self.url.is_some()),
        ];
        let mut given = given.iter().filter(|(_, given)| *given).map(|(key, _)| *key);
        match (given.next(), given.next()) {
            (Some(_), None) => {}
            (Some(one), Some(two)) => {
                let message = format!("an archive takes `{one}` or `{two}`, not both");
                return Err(Invalid::of(two)(message));
            }
            (None, _) => {
                let message = "an archive needs `source`, `from` or `url`: where it comes from".to_owned();
                return Err(Invalid::of("archive")(message));
            }
        }
        if let Some(from) = &self.from {
            check_path("from", from)?;
        }
        if let Some(url) = &self.url {
            url.check("url", &["https", "http", "file"])?;
        }
        let of_url = [
            ("sha256", self.sha256.is_some()),
            ("headers", !self.headers.is_empty()),
        ];
        if let Some((key, _)) = of_url.iter().find(|(_, said)| *said && self.url.is_none()) {
            return Err(Invalid::of(key)(format!(
                "`{key}` is for what comes from a `url`"
            )));
        }
        self.sha256
            .as_ref()
            .map_or(Ok(()), |sha256| check_digest("sha256", sha256))?;
        check_headers(&self.headers)?;
        self.access().validate(Presence::Present)
    }

    fn asks_itself(&self) -> bool {
        true
    }

    fn large_content(&self) -> Option<&[u8]> {
        self.content
            .as_ref()
            .map(Content::bytes)
            .filter(|bytes| bytes.len() > INLINE)
    }

    fn secrets(&self) -> Vec<Secret> {
        let mut secrets: Vec<Secret> = self.url.iter().flat_map(Url::secrets).collect();
        secrets.extend(self.headers.values().cloned());
        secrets
    }
}
