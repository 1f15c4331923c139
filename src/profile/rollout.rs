//! How a fleet is gone through: in what order, in which waves, what must hold between them, when it is enough.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::config::{self, Data, Fields, Table, Value};
use crate::diagnostic::Diagnostic;
use crate::name::Name;

/// How long a gate is tried again where nobody says otherwise: a service that was restarted takes its time.
pub const GATE_WITHIN: Duration = Duration::from_secs(30);

/// So many hosts, or a share of all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// A number of hosts.
    Hosts(usize),
    /// A part of all hosts, in percent, up to 100.
    Percent(u8),
}

/// What must hold after a wave before the next one begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    /// This command, given to `sh` at the controller, succeeds.
    Command(String),
    /// This command succeeds on every host of the wave.
    Host(String),
    /// A GET of this address (`http://…`) is answered with a status below 400.
    Http(Http),
    /// Somebody takes connections at this `HOST:PORT`, seen from the controller.
    Port(String),
    /// So much time has gone by.
    Pause(Duration),
}

/// A plain HTTP address, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// `HOST:PORT` to connect to.
    pub address: String,
    /// What stands in the `Host` header.
    pub host: String,
    /// Path and query.
    pub path: String,
}

/// What a profile or a command line says about going through a fleet. By default all hosts are one wave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rollout {
    /// Sizes of the waves; the last one repeats until every host was in one.
    pub waves: Vec<Share>,
    /// Between waves, in this order.
    pub gates: Vec<Gate>,
    /// Groups that come first, one after the other; hosts of none of them come last.
    pub order: Vec<Name>,
    /// So many hosts may fail, or not be reached; with one more no further host begins.
    pub max_fail: Option<Share>,
}

impl Share {
    /// How many of `all` hosts that is: a share is rounded up, so that none is ever nothing.
    pub fn of(self, all: usize) -> usize {
        match self {
            Self::Hosts(hosts) => hosts,
            Self::Percent(percent) => (all * usize::from(percent)).div_ceil(100),
        }
    }
}

/// A text is no share, gate or duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

impl FromStr for Share {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let refused = || {
            Malformed(format!(
                "{text:?} is neither a number of hosts nor a share such as \"10%\""
            ))
        };
        match text.strip_suffix('%') {
            Some(percent) => match percent.parse() {
                Ok(percent @ 0..=100) => Ok(Self::Percent(percent)),
                _ => Err(refused()),
            },
            None => text.parse().map(Self::Hosts).map_err(|_| refused()),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hosts(hosts) => write!(f, "{hosts}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

impl FromStr for Gate {
    type Err = Malformed;

    /// Reads `command=…`, `host=…`, `http=…`, `port=…` or `pause=…`.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let Some((kind, what)) = text.split_once('=') else {
            let forms = "`command=…`, `host=…`, `http=…`, `port=HOST:PORT` or `pause=30s`";
            return Err(Malformed(format!("{text:?} is no gate; write {forms}")));
        };
        Self::of(kind, what)
    }
}

impl Gate {
    /// The kinds of gates, by the keys they are written with.
    pub const KINDS: [&str; 5] = ["command", "host", "http", "port", "pause"];

    /// The gate of this kind.
    pub fn of(kind: &str, what: &str) -> Result<Self, Malformed> {
        if what.trim().is_empty() {
            return Err(Malformed(format!("the gate `{kind}` is empty")));
        }
        match kind {
            "command" => Ok(Self::Command(what.to_owned())),
            "host" => Ok(Self::Host(what.to_owned())),
            "http" => http(what).map(Self::Http),
            "port" => match what.rsplit_once(':') {
                Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0) => {
                    Ok(Self::Port(what.to_owned()))
                }
                _ => Err(Malformed(format!("{what:?} is no HOST:PORT"))),
            },
            "pause" => duration(what).map(Self::Pause),
            other => {
                let kinds = Self::KINDS.join(", ");
                Err(Malformed(format!(
                    "there is no gate of kind {other:?}; there are {kinds}"
                )))
            }
        }
    }

    /// The key it is written with.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Command(_) => "command",
            Self::Host(_) => "host",
            Self::Http(_) => "http",
            Self::Port(_) => "port",
            Self::Pause(_) => "pause",
        }
    }

    /// What it is about, as it was written.
    pub fn what(&self) -> String {
        match self {
            Self::Command(what) | Self::Host(what) | Self::Port(what) => what.clone(),
            Self::Http(http) => format!("http://{}{}", http.host, http.path),
            Self::Pause(time) => format!("{}s", time.as_secs_f64()),
        }
    }
}

/// `http://HOST[:PORT][/PATH]`; TLS is left to a command.
fn http(text: &str) -> Result<Http, Malformed> {
    let refused = |why: &str| Malformed(format!("{text:?}: {why}"));
    let Some(rest) = text.strip_prefix("http://") else {
        return Err(refused(
            "only http:// is asked from here; for https:// write `command = \"curl -fsS URL\"`",
        ));
    };
    if rest.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return Err(refused("an address has no blanks"));
    }
    let (host, path) = rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at));
    if host.is_empty() || host.contains('@') {
        return Err(refused("it names no host"));
    }
    let has_port = host
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    Ok(Http {
        address: if has_port {
            host.to_owned()
        } else {
            format!("{host}:80")
        },
        host: host.to_owned(),
        path: if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/{path}")
        },
    })
}

/// Reads a time such as `30s`, as [`config::duration`] does.
pub fn duration(text: &str) -> Result<Duration, Malformed> {
    config::duration(text).map_err(|_| {
        Malformed(format!(
            "{text:?} is no duration; write it with a unit, such as \"30s\" or \"5m\""
        ))
    })
}

impl Rollout {
    /// Reads a profile's `[rollout]`.
    pub(super) fn read(table: &Table, mistakes: &mut Vec<Diagnostic>) -> Self {
        let mut fields = Fields::of(table);
        let mut rollout = Self::default();
        for value in fields.one_or_many("waves").unwrap_or_default() {
            match share(value) {
                Ok(Share::Hosts(0) | Share::Percent(0)) => {
                    fields.mistake(Diagnostic::new("a wave has at least one host").at(&value.origin));
                }
                read => rollout.waves.extend(fields.keep(read)),
            }
        }
        for value in fields.array("gates") {
            rollout.gates.extend(fields.keep(gate(value)));
        }
        for value in fields.array("order") {
            let name = value.as_str().and_then(|text| {
                Name::parse(text)
                    .map_err(|error| Diagnostic::new(format!("{text:?}: {error}")).at(&value.origin))
            });
            rollout.order.extend(fields.keep(name));
        }
        if let Some(key) = fields.key("max_fail") {
            rollout.max_fail = fields.keep(share(&key.value));
        }
        mistakes.extend(fields.finish().0);
        rollout
    }
}

fn share(value: &Value) -> Result<Share, Diagnostic> {
    match &value.data {
        Data::Integer(hosts) => usize::try_from(*hosts)
            .map(Share::Hosts)
            .map_err(|_| Diagnostic::new(format!("{hosts} hosts are too few")).at(&value.origin)),
        _ => {
            let text = value.as_str()?;
            text.parse()
                .map_err(|error: Malformed| Diagnostic::new(error.0).at(&value.origin))
        }
    }
}

/// Reads `{ http = "…" }`, or one of the other kinds.
fn gate(value: &Value) -> Result<Gate, Diagnostic> {
    let help = "write it as `{ http = \"http://…\" }`";
    let table = value.as_table().map_err(|mistake| mistake.help(help))?;
    let mut entries = table.iter();
    match (entries.next(), entries.next()) {
        (Some((kind, key)), None) => {
            if !Gate::KINDS.contains(&kind) {
                let mistake = Diagnostic::new(format!("there is no gate of kind `{kind}`")).at(&key.origin);
                return Err(mistake.suggest(kind, Gate::KINDS));
            }
            let what = key.value.as_str()?;
            Gate::of(kind, what).map_err(|error| Diagnostic::new(error.0).at(&key.value.origin))
        }
        _ => Err(Diagnostic::new("a gate is of one kind")
            .at(&value.origin)
            .help(help)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_up() {
        let of = |text: &str, all| text.parse::<Share>().unwrap().of(all);
        assert_eq!(
            (
                of("3", 10),
                of("10%", 11),
                of("1%", 3),
                of("0%", 3),
                of("100%", 7)
            ),
            (3, 2, 1, 0, 7)
        );
        for bad in ["", "x", "-1", "101%", "1.5", "%"] {
            assert!(bad.parse::<Share>().is_err(), "{bad}");
        }
    }

    #[test]
    fn gates_are_read_and_refused() {
        let gate = |text: &str| text.parse::<Gate>();
        assert_eq!(gate("command=curl a=b"), Ok(Gate::Command("curl a=b".into())));
        assert_eq!(gate("pause=2m"), Ok(Gate::Pause(Duration::from_secs(120))));
        let http = |text: &str| match gate(text) {
            Ok(Gate::Http(http)) => (http.address, http.host, http.path),
            other => panic!("{other:?}"),
        };
        let named = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(http("http=http://h/x?y"), named("h:80", "h", "/x?y"));
        assert_eq!(http("http=http://[::1]:81"), named("[::1]:81", "[::1]:81", "/"));
        assert_eq!(http("http=http://h?q"), named("h:80", "h", "/?q"));
        for bad in [
            "x",
            "what=1",
            "http=https://h/",
            "http=http:///x",
            "http=http://a b",
            "http=http://a\r\nX: y",
            "port=80",
            "port=h:0",
            "pause=1",
            "pause=0s",
            "pause=25h",
            "command= ",
            "pause=99999999999999999999h",
        ] {
            assert!(gate(bad).is_err(), "{bad}");
        }
    }
}
