//! `wait_for`: until a port answers, a path is there, a page says yes.

use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::check_path;
use super::{Invalid, Presence, State};
use crate::script::Script;
use crate::sh;

/// Something to be reached before the run goes on: a port, a path or a page.
///
/// What is there already is `ok`. Otherwise a push asks each second until it is there, which is told as `changed`, and
/// fails when it does not come. A dry-run waits for nothing: it looks once, and says `would-change` when a push
/// would have to wait.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitFor {
    /// What: `HOST:PORT`, an absolute path, or the address of a page (`http://…`, `https://…`), as the host sees it.
    #[serde(rename = "wait_for")]
    pub target: String,
    /// The status that a page answers with; 200 when not said. Redirections are not followed.
    pub status: Option<u16>,
    /// The longest wait, in seconds, up to an hour.
    #[serde(default = "a_minute")]
    pub within: u32,
    /// `absent` waits for the port or page to answer no longer, or for the path to be gone.
    #[serde(default)]
    pub state: Presence,
}

fn a_minute() -> u32 {
    60
}

enum Target<'a> {
    Page(&'a str),
    Path(&'a str),
    Port(&'a str, &'a str),
}

impl WaitFor {
    fn target(&self) -> Result<Target<'_>, String> {
        let text = self.target.as_str();
        if text.starts_with("http://") || text.starts_with("https://") {
            let host = text.split('/').nth(2).unwrap_or_default();
            if host.is_empty() || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
                return Err(format!("{text:?} is no address of a page"));
            }
            if host.contains('@') {
                return Err(format!(
                    "the page on {} is asked for by a command that others on the host can see, so it takes no password",
                    host.rsplit('@').next().unwrap_or_default()
                ));
            }
            return Ok(Target::Page(text));
        }
        if text.starts_with('/') || text.starts_with("~/") {
            return Ok(Target::Path(text));
        }
        let no = || format!("{text:?} is none of HOST:PORT, an absolute path, or the address of a page");
        let (host, port) = text.rsplit_once(':').ok_or_else(no)?;
        let host = host
            .strip_prefix('[')
            .and_then(|it| it.strip_suffix(']'))
            .unwrap_or(host);
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '_');
        if host.is_empty() || host.starts_with('-') || !host.chars().all(fits) {
            return Err(no());
        }
        match port.parse::<u16>() {
            Ok(number) if number > 0 && port.bytes().all(|it| it.is_ascii_digit()) => {
                Ok(Target::Port(host, port))
            }
            _ => Err(no()),
        }
    }

    /// The question, as a command whose exit status answers it.
    fn question(&self) -> Script {
        match self.target() {
            Ok(Target::Page(url)) => {
                sh!("reaches_page {} {}", url, u32::from(self.status.unwrap_or(200)))
            }
            Ok(Target::Path(path)) => sh!("reaches_path {}", Script::path(path)),
            Ok(Target::Port(host, port)) => sh!("reaches_port {} {}", host, port),
            // Refused before anything is sent.
            Err(_) => Script::raw("false"),
        }
    }
}

impl State for WaitFor {
    fn title(&self) -> String {
        let gone = if self.state.is_absent() { "the end of " } else { "" };
        format!("wait_for {gone}{}", self.target)
    }

    fn check(&self) -> Script {
        let not = Script::raw(if self.state.is_absent() { "! " } else { "" });
        sh!("{}{}", not, self.question())
    }

    fn apply(&self) -> Script {
        let wanted = u32::from(self.state.is_absent());
        sh!("await {} {} {}", wanted, self.within, self.question())
    }

    fn validate(&self) -> Result<(), Invalid> {
        let target = self.target().map_err(Invalid::of("wait_for"))?;
        if let Target::Path(path) = target {
            check_path("wait_for", path)?;
        }
        if self.status.is_some() && !matches!(target, Target::Page(_)) {
            return Err(Invalid::of("status")(
                "only a page answers with a status".to_owned(),
            ));
        }
        if self.status.is_some_and(|status| !(100..600).contains(&status)) {
            return Err(Invalid::of("status")(
                "a status is a number from 100 to 599".to_owned(),
            ));
        }
        if !(1..=3600).contains(&self.within) {
            return Err(Invalid::of("within")(
                "`within` takes 1 to 3600 seconds".to_owned(),
            ));
        }
        Ok(())
    }

    fn asks_itself(&self) -> bool {
        true
    }
}
