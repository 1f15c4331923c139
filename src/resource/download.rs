//! `download`: a file that comes from the network.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{Access, check_path};
use super::url::{check_digest, digest, note_name};
use super::{Invalid, Mode, Presence, State, Url};
use crate::script::{Read, Script, Secret};
use crate::sh;

/// What a host's curl and wget are asked for.
const SCHEMES: &[&str] = &["https", "http", "file"];

/// A file fetched from a URL by the host itself, with its curl or wget.
///
/// With `sha256` the host fetches once, and again when the file has another digest. Without it a note is kept of what
/// came, and the file is fetched again when the URL changes or somebody changes the file; what the server has since is
/// not looked at. The file appears whole or not at all. To unpack what is fetched, see `archive`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Download {
    /// The file's absolute path; its directory must be there already.
    #[serde(rename = "download")]
    pub path: String,
    /// Where it comes from: `https://`, `http://`, or `file://` for a path of the host. A user name and password in it
    /// are secrets, and are given to curl alone.
    pub url: Url,
    /// The SHA-256 it must have, in hex; what comes with another one is not used.
    pub sha256: Option<String>,
    /// Headers of the request, such as `Authorization`; their values are secrets.
    #[serde(default)]
    pub headers: BTreeMap<String, Secret>,
    /// Permission bits; when not said, those the file has, or `0644`.
    pub mode: Option<Mode>,
    /// Owner, by name.
    pub owner: Option<String>,
    /// Group, by name.
    pub group: Option<String>,
}

impl Download {
    fn access(&self) -> Access<'_> {
        Access {
            mode: self.mode,
            owner: self.owner.as_deref(),
            group: self.group.as_deref(),
        }
    }

    /// Whether the file's content is what it should be.
    fn content(&self) -> Script {
        let read = Read::Digest(self.path.clone());
        match &self.sha256 {
            Some(sha256) => sh!("{}; [ \"$digest\" = {} ]", read, sha256),
            None => sh!(
                "{}; noted downloads {}; [ \"$note\" = {}\"$digest\" ]",
                read,
                note_name(&self.path),
                self.what()
            ),
        }
    }

    /// What the note says in front of the content's digest.
    fn what(&self) -> String {
        format!("{} ", digest(self.url.bare()))
    }
}

/// Fetches `url` into `$run/fetched`, which must then have the digest.
pub(super) fn fetch(url: &Url, headers: &BTreeMap<String, Secret>, sha256: Option<&str>) -> Script {
    let secret = url.credentials().is_some() || !headers.is_empty();
    let mut script = sh!(
        "fetch \"$run/fetched\" {} {}",
        url.word(),
        if secret { "secret" } else { "" }
    );
    for (name, value) in headers {
        // curl's configuration takes backslashes before quotes and backslashes.
        let value = value.expose().replace('\\', "\\\\").replace('"', "\\\"");
        script.append(sh!(" {}", &Secret::new(format!("{name}: {value}"))));
    }
    if let Some(sha256) = sha256 {
        script.append(sh!("\nrefuse_digest \"$run/fetched\" {}", sha256));
    }
    script
}

/// Refuses headers that would be none, or several.
pub(super) fn check_headers(headers: &BTreeMap<String, Secret>) -> Result<(), Invalid> {
    let token = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    for (name, value) in headers {
        if name.is_empty() || !name.chars().all(token) {
            return Err(Invalid::of("headers")(format!(
                "{name:?} cannot be the name of a header"
            )));
        }
        if value.expose().chars().any(char::is_control) {
            return Err(Invalid::of("headers")(format!(
                "the value of the header {name} has a control character in it"
            )));
        }
    }
    Ok(())
}

impl State for Download {
    fn title(&self) -> String {
        format!("download {}", self.path)
    }

    fn check(&self) -> Script {
        let mut script = sh!("{}; [ \"$path_type\" = 8 ]", Read::Path(self.path.clone()));
        script.append(self.access().conditions());
        script.append(sh!(" && { {}; }", self.content()));
        script
    }

    fn apply(&self) -> Script {
        let mode = self.mode.map(Mode::octal).unwrap_or_default();
        let (owner, group) = (
            self.owner.clone().unwrap_or_default(),
            self.group.clone().unwrap_or_default(),
        );
        let path = || Script::path(&self.path);
        // Where only mode or owner are wrong, the content is there already.
        let mut script = sh!(
            "from={}\nif ! { {}; }; then\n{}\nfrom=$run/fetched\nfi\nplace {} {} {} {} <\"$from\"",
            path(),
            self.content(),
            fetch(&self.url, &self.headers, self.sha256.as_deref()),
            path(),
            mode,
            owner,
            group
        );
        if self.sha256.is_none() {
            // What the snapshot has of it is over.
            script.append(sh!(
                "\nfresh=\n{}\ntake_note downloads {} {}\"$digest\"",
                Read::Digest(self.path.clone()),
                note_name(&self.path),
                self.what()
            ));
        }
        script
    }

    fn validate(&self) -> Result<(), Invalid> {
        check_path("download", &self.path)?;
        self.url.check("url", SCHEMES)?;
        self.sha256
            .as_ref()
            .map_or(Ok(()), |sha256| check_digest("sha256", sha256))?;
        check_headers(&self.headers)?;
        self.access().validate(Presence::Present)
    }

    fn secrets(&self) -> Vec<Secret> {
        let mut secrets = self.url.secrets();
        secrets.extend(self.headers.values().cloned());
        secrets
    }
}
