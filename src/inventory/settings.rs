//! Connection settings as they are written: in `[defaults]`, in a group, at a host.
//!
//! Each level says what it wants and leaves the rest to the level below; [`Settings::connection`] fills in what
//! nobody said.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::connection::{Connection, HostKeyPolicy, Route};
use super::environment::Environment;
use super::host::Become;
use super::ssh_config::{AgentSocket, Hop, Layer, Way, parse_jump};
use crate::config::{self, Data, Fields, NoDuration, Value};
use crate::diagnostic::{Diagnostic, Origin};
use crate::secret::Reference;

const BECOME: &[(&str, Become)] = &[
    ("none", Become::None),
    ("sudo", Become::Sudo),
    ("doas", Become::Doas),
    ("su", Become::Su),
];
const HOST_KEY_POLICY: &[(&str, HostKeyPolicy)] = &[
    ("strict", HostKeyPolicy::Strict),
    ("accept-new", HostKeyPolicy::AcceptNew),
    ("ask", HostKeyPolicy::Ask),
];
/// What one level of the inventory says about connections.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub(super) user: Option<String>,
    pub(super) port: Option<u16>,
    /// The hosts to go through, and where that is said.
    pub(super) jump: Option<(Vec<Hop>, Origin)>,
    r#become: Option<Become>,
    become_user: Option<String>,
    become_secret: Option<Reference>,
    identity_files: Option<Vec<PathBuf>>,
    identities_only: Option<bool>,
    known_hosts: Option<Vec<PathBuf>>,
    host_key_policy: Option<HostKeyPolicy>,
    connect_timeout: Option<Duration>,
    keepalive: Option<Duration>,
}

impl Settings {
    /// Reads the connection keys of a table; paths are relative to `folder`.
    pub(super) fn read(fields: &mut Fields<'_>, folder: &Path, environment: &Environment) -> Self {
        Self {
            user: checked(fields, "user", user),
            port: checked(fields, "port", port),
            jump: jump(fields),
            r#become: fields.choice("become", BECOME),
            become_user: checked(fields, "become_user", account),
            become_secret: checked(fields, "become_password", Reference::read),
            identity_files: paths(fields, "identity_file", folder, environment),
            identities_only: fields.read("identities_only"),
            known_hosts: paths(fields, "known_hosts", folder, environment),
            host_key_policy: fields.choice("host_key_policy", HOST_KEY_POLICY),
            connect_timeout: checked(fields, "connect_timeout", duration),
            keepalive: checked(fields, "keepalive", duration),
        }
    }

    /// Lays `upper` over this level: what it says wins.
    pub(super) fn overlay(&mut self, upper: &Self) {
        fn lay<T: Clone>(below: &mut Option<T>, above: Option<&T>) {
            if let Some(above) = above {
                *below = Some(above.clone());
            }
        }
        lay(&mut self.user, upper.user.as_ref());
        lay(&mut self.port, upper.port.as_ref());
        lay(&mut self.jump, upper.jump.as_ref());
        lay(&mut self.r#become, upper.r#become.as_ref());
        lay(&mut self.become_user, upper.become_user.as_ref());
        lay(&mut self.become_secret, upper.become_secret.as_ref());
        lay(&mut self.identity_files, upper.identity_files.as_ref());
        lay(&mut self.identities_only, upper.identities_only.as_ref());
        lay(&mut self.known_hosts, upper.known_hosts.as_ref());
        lay(&mut self.host_key_policy, upper.host_key_policy.as_ref());
        lay(&mut self.connect_timeout, upper.connect_timeout.as_ref());
        lay(&mut self.keepalive, upper.keepalive.as_ref());
    }

    /// The connection to a host `ssh_config` says `layer` about, or nothing when nobody says which user logs in. A jump
    /// is left to whoever knows all hosts.
    pub(super) fn connection(self, layer: Layer, environment: &Environment) -> Option<Connection> {
        let user = self.user.or(layer.user).or_else(|| environment.user.clone())?;
        let defaults = Connection::to(layer.address, user);
        // Files the inventory names are all there are; the machine's own belong to the default.
        let (known_hosts, global_known_hosts) = match self.known_hosts {
            Some(files) => (files, Vec::new()),
            None => (
                layer.known_hosts.unwrap_or_else(|| environment.known_hosts()),
                layer
                    .global_known_hosts
                    .unwrap_or_else(Environment::global_known_hosts),
            ),
        };
        let connect_timeout = layer.connect_timeout.filter(|timeout| !timeout.is_zero());
        Some(Connection {
            port: self.port.or(layer.port).unwrap_or(defaults.port),
            route: match layer.way {
                Some(Way::Command(command)) if self.jump.is_none() => Route::Command(command),
                _ => Route::Direct,
            },
            address_family: layer.address_family,
            bind_address: layer.bind_address,
            connection_attempts: layer
                .connection_attempts
                .unwrap_or(defaults.connection_attempts)
                .max(1),
            connect_timeout: self
                .connect_timeout
                .or(connect_timeout)
                .unwrap_or(defaults.connect_timeout),
            keepalive: self.keepalive.or(layer.keepalive).unwrap_or(defaults.keepalive),
            keepalive_max: layer.keepalive_max.unwrap_or(defaults.keepalive_max),
            algorithms: Arc::new(layer.algorithms),
            required_rsa_size: layer.required_rsa_size.unwrap_or(defaults.required_rsa_size),
            host_key_alias: layer.host_key_alias,
            known_hosts,
            global_known_hosts,
            hash_known_hosts: layer.hash_known_hosts,
            host_key_policy: self
                .host_key_policy
                .or(layer.host_key_policy)
                .unwrap_or(defaults.host_key_policy),
            identity_files: self
                .identity_files
                .or(layer.identity_files)
                .unwrap_or_else(|| environment.identity_files()),
            certificate_files: layer.certificate_files,
            identities_only: self
                .identities_only
                .or(layer.identities_only)
                .unwrap_or(defaults.identities_only),
            agent: match layer.agent {
                Some(AgentSocket::At(path)) => Some(path),
                Some(AgentSocket::Nowhere) => None,
                None => environment.agent.clone(),
            },
            authentication: layer.authentication,
            environment: layer.environment,
            r#become: self.r#become.unwrap_or(defaults.r#become),
            become_user: self.become_user.unwrap_or(defaults.become_user),
            become_secret: self.become_secret,
            ..defaults
        })
    }
}

/// The hosts to go through: `"bastion"`, `["a", "ops@b:2222"]`, or `"none"`.
fn jump(fields: &mut Fields<'_>) -> Option<(Vec<Hop>, Origin)> {
    let origin = fields.key("jump")?.value.origin.clone();
    let values = fields.one_or_many("jump")?;
    let mut hops = Vec::new();
    for value in values {
        let read = value.as_str().and_then(|text| {
            let help = "name a host of this file, or write `[user@]host[:port]`";
            parse_jump(text).map_err(|message| Diagnostic::new(message).at(&value.origin).help(help))
        });
        hops.extend(fields.keep(read).into_iter().flatten());
    }
    Some((hops, origin))
}

fn checked<T>(
    fields: &mut Fields<'_>,
    name: &'static str,
    check: impl FnOnce(&Value) -> Result<T, Diagnostic>,
) -> Option<T> {
    let value = &fields.key(name)?.value;
    fields.keep(check(value))
}

fn user(value: &Value) -> Result<String, Diagnostic> {
    let text = value.as_str()?;
    let hostile = text.starts_with('-') || text.contains(|c: char| c.is_control() || c.is_whitespace());
    if hostile || text.is_empty() {
        return Err(Diagnostic::new(format!("{text:?} is no user's name"))
            .at(&value.origin)
            .help("a name has no blanks or control characters and does not start with `-`"));
    }
    Ok(text.to_owned())
}

/// A name that may stand in an exec line as it is.
fn account(value: &Value) -> Result<String, Diagnostic> {
    let text = value.as_str()?;
    check_user(text).map_err(|mistake| mistake.at(&value.origin))?;
    Ok(text.to_owned())
}

/// Refuses what is no user's name, or could be taken for something else in an exec line.
pub fn check_user(text: &str) -> Result<(), Diagnostic> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if text.is_empty() || text.len() > 64 || text.starts_with(['-', '.']) || !text.chars().all(fits) {
        return Err(Diagnostic::new(format!("{text:?} is no user's name"))
            .help("a name here is of letters, digits, `_`, `-` and `.`, such as `postgres`"));
    }
    Ok(())
}

fn port(value: &Value) -> Result<u16, Diagnostic> {
    let given = match &value.data {
        Data::Integer(number) => match u16::try_from(*number) {
            Ok(port) if port > 0 => return Ok(port),
            _ => number.to_string(),
        },
        other => other.kind_with_article(),
    };
    let message = format!("a port is an integer from 1 to 65535, not {given}");
    Err(Diagnostic::new(message).at(&value.origin))
}

/// Reads `"10s"`, `"500ms"`, `"2m"`, `"1h"`, or a whole number of seconds.
fn duration(value: &Value) -> Result<Duration, Diagnostic> {
    let refuse = |why: NoDuration| {
        let mistake = Diagnostic::new(why.to_string()).at(&value.origin);
        match why {
            NoDuration::Malformed => mistake.help("write it with a unit, ms, s, m or h, such as `\"10s\"`"),
            NoDuration::Zero | NoDuration::Long => mistake,
        }
    };
    let text = match &value.data {
        Data::Integer(seconds) => format!("{seconds}s"),
        _ => value
            .as_str()
            .map_err(|_| refuse(NoDuration::Malformed))?
            .to_owned(),
    };
    config::duration(&text).map_err(refuse)
}

fn paths(
    fields: &mut Fields<'_>,
    name: &'static str,
    folder: &Path,
    environment: &Environment,
) -> Option<Vec<PathBuf>> {
    let values = fields.one_or_many(name)?;
    let mut paths = Vec::new();
    for value in values {
        paths.extend(fields.keep(path(value, folder, environment)));
    }
    Some(paths)
}

fn path(value: &Value, folder: &Path, environment: &Environment) -> Result<PathBuf, Diagnostic> {
    let text = value.as_str()?;
    let refuse = |message: &str, help: &str| Err(Diagnostic::new(message).at(&value.origin).help(help));
    match (text.strip_prefix("~/"), &environment.home) {
        (Some(rest), Some(home)) => Ok(home.join(rest)),
        (Some(_), None) => refuse(
            "there is no home folder for `~/`",
            "set $HOME, or write the whole path",
        ),
        _ if text.is_empty() => refuse("a path may not be empty", "leave the key out to use the default"),
        _ if text.starts_with('~') => refuse(
            "only `~/` is known, not other users' homes",
            "write the whole path",
        ),
        _ => Ok(folder.join(text)),
    }
}
