//! How a host is reached: everything the transport needs to know, settled before any contact.
//!
//! Each value comes from the nearest that says something: the inventory, then `ssh_config(5)`, then the defaults here.
//! The words are those of `ssh_config(5)` where it has one.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::host::{Become, ROOT};
use super::ssh_config::{matches, matches_list};
use crate::script::Secret;
use crate::secret::Reference;

/// How a host is reached.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Connection {
    /// Host name or IP address to connect to (`HostName`).
    pub address: String,
    /// TCP port (`Port`).
    pub port: u16,
    /// User to log in as (`User`).
    pub user: String,
    /// The way there (`ProxyJump`, `ProxyCommand`).
    pub route: Route,
    /// Which kinds of address may be used (`AddressFamily`).
    pub address_family: AddressFamily,
    /// The local address to connect from (`BindAddress`).
    pub bind_address: Option<String>,
    /// How often connecting is tried, a second apart (`ConnectionAttempts`).
    pub connection_attempts: u32,
    /// Bound on each of resolving and connecting, handshake, and authentication (`ConnectTimeout`).
    pub connect_timeout: Duration,
    /// How often an idle connection is probed (`ServerAliveInterval`); zero for never.
    pub keepalive: Duration,
    /// How many unanswered probes end a connection (`ServerAliveCountMax`).
    pub keepalive_max: u32,
    /// Algorithms to offer where the defaults are not wanted. Shared, since hosts rarely differ.
    pub algorithms: Arc<Algorithms>,
    /// The fewest bits an RSA key may have, a host's or ours (`RequiredRSASize`).
    pub required_rsa_size: u32,
    /// The name the host's key is known by in place of its address (`HostKeyAlias`).
    pub host_key_alias: Option<String>,
    /// Files of known host keys (`UserKnownHostsFile`), the first one is written to. Absolute.
    pub known_hosts: Vec<PathBuf>,
    /// More of them, which are never written to (`GlobalKnownHostsFile`). Absolute.
    pub global_known_hosts: Vec<PathBuf>,
    /// Whether names are hashed where a new key is written down (`HashKnownHosts`).
    pub hash_known_hosts: bool,
    /// What happens with a host key that is in none of the files (`StrictHostKeyChecking`).
    pub host_key_policy: HostKeyPolicy,
    /// Private keys to try, in order, before the agent's (`IdentityFile`). Absolute.
    pub identity_files: Vec<PathBuf>,
    /// Certificates for these keys, besides `KEY-cert.pub` (`CertificateFile`). Absolute.
    pub certificate_files: Vec<PathBuf>,
    /// Whether keys of the agent are left alone but for those of `identity_files` (`IdentitiesOnly`).
    pub identities_only: bool,
    /// The agent's socket (`IdentityAgent`, `$SSH_AUTH_SOCK`); none for no agent.
    pub agent: Option<PathBuf>,
    /// Ways to prove who we are, best first (`PreferredAuthentications`, less what `PubkeyAuthentication` and its kin
    /// rule out).
    pub authentication: Vec<Method>,
    /// Variables for the program's environment (`SetEnv`, `SendEnv`); a host takes those its `AcceptEnv` names.
    pub environment: Vec<(String, String)>,
    /// How the program becomes another user than the one logged in.
    pub r#become: Become,
    /// Who it becomes; a name without anything a shell could take for more.
    pub become_user: String,
    /// The password for that, if one is known. It is told to a prompt of sudo, doas or su, and to nobody else.
    pub become_password: Option<Secret>,
    /// Where that password comes from, when the inventory says so; it is fetched before any contact.
    pub become_secret: Option<Reference>,
    /// The password to log in with, if one is known, for hosts that take none of our keys.
    pub password: Option<Secret>,
}

impl Connection {
    /// The straight way to port 22 of `address`, with all else as nobody said anything: no keys, and nobody trusted.
    pub fn to(address: impl Into<String>, user: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            port: 22,
            user: user.into(),
            route: Route::Direct,
            address_family: AddressFamily::Any,
            bind_address: None,
            connection_attempts: 1,
            connect_timeout: Duration::from_secs(10),
            keepalive: Duration::from_secs(15),
            keepalive_max: 3,
            algorithms: Arc::default(),
            required_rsa_size: 1024,
            host_key_alias: None,
            known_hosts: Vec::new(),
            global_known_hosts: Vec::new(),
            hash_known_hosts: false,
            host_key_policy: HostKeyPolicy::Strict,
            identity_files: Vec::new(),
            certificate_files: Vec::new(),
            identities_only: false,
            agent: None,
            authentication: vec![Method::PublicKey, Method::KeyboardInteractive, Method::Password],
            environment: Vec::new(),
            r#become: Become::None,
            become_user: ROOT.to_owned(),
            become_password: None,
            become_secret: None,
            password: None,
        }
    }

    /// All files that may know the host's key, those that are written to first.
    pub fn known_hosts_files(&self) -> impl Iterator<Item = &PathBuf> {
        self.known_hosts.iter().chain(&self.global_known_hosts)
    }
}

/// The way to a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Route {
    /// A TCP connection from here.
    #[default]
    Direct,
    /// Through another host, which resolves the address and connects to it. That one has a route of its own: a chain.
    /// Equal ones share one connection.
    Jump(Arc<Connection>),
    /// Over the stdin and stdout of this command line, which a shell runs; its tokens are replaced.
    Command(String),
}

/// Which addresses may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AddressFamily {
    /// All.
    #[default]
    Any,
    /// IPv4 only.
    Inet,
    /// IPv6 only.
    Inet6,
}

/// What to do with an unknown host key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HostKeyPolicy {
    /// Refuse it.
    #[default]
    Strict,
    /// Record it when nothing at all is recorded for the host; a changed or revoked key is still refused.
    AcceptNew,
    /// Ask whoever sits at the terminal, where nothing at all is recorded; without anybody there, refuse it.
    Ask,
    /// As [`Self::AcceptNew`]; and where there is no file to record it in, such as `/dev/null`, accept it unrecorded
    /// (`StrictHostKeyChecking no`). A changed key is refused here, too.
    Off,
}

/// A way to prove who we are (RFC 4252, RFC 4256).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// A key, or a certificate for it.
    PublicKey,
    /// Whatever the host asks.
    KeyboardInteractive,
    /// A password.
    Password,
}

/// Lists of algorithms as somebody wants them, over the defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Algorithms {
    /// `KexAlgorithms`.
    pub kex: Option<AlgorithmList>,
    /// `Ciphers`.
    pub ciphers: Option<AlgorithmList>,
    /// `MACs`.
    pub macs: Option<AlgorithmList>,
    /// `HostKeyAlgorithms`.
    pub host_keys: Option<AlgorithmList>,
    /// `PubkeyAcceptedAlgorithms`.
    pub public_keys: Option<AlgorithmList>,
    /// `CASignatureAlgorithms`.
    pub ca_signatures: Option<AlgorithmList>,
}

/// A change to a list of algorithms, as `ssh_config(5)` writes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AlgorithmList {
    /// These and no others.
    Only(Vec<String>),
    /// These behind the defaults (`+a,b`).
    Append(Vec<String>),
    /// The defaults without those that match one of these patterns (`-a*`).
    Remove(Vec<String>),
    /// These before the defaults (`^a,b`).
    Prepend(Vec<String>),
}

impl AlgorithmList {
    /// Reads a list as it is written.
    pub fn parse(text: &str) -> Self {
        let names = |list: &str| {
            list.split(',')
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect()
        };
        match text.split_at_checked(1) {
            Some(("+", list)) => Self::Append(names(list)),
            Some(("-", list)) => Self::Remove(names(list)),
            Some(("^", list)) => Self::Prepend(names(list)),
            _ => Self::Only(names(text)),
        }
    }

    /// The names wanted, best first, of `all` there are, where `defaults` are those wanted otherwise. Names may be
    /// patterns; those nobody knows are left out.
    pub fn of<'a>(&self, defaults: &[&'a str], all: &[&'a str]) -> Vec<&'a str> {
        let known = |patterns: &[String]| -> Vec<&'a str> {
            let each = patterns
                .iter()
                .flat_map(|pattern| all.iter().filter(move |name| matches(name, pattern)));
            each.copied().collect()
        };
        let mut names = match self {
            Self::Only(names) => known(names),
            Self::Append(names) => [defaults.to_vec(), known(names)].concat(),
            Self::Prepend(names) => [known(names), defaults.to_vec()].concat(),
            Self::Remove(names) => {
                let kept = defaults
                    .iter()
                    .filter(|name| !matches_list(name, &names.join(",")));
                kept.copied().collect()
            }
        };
        let mut seen = Vec::new();
        names.retain(|name| {
            let new = !seen.contains(name);
            seen.push(*name);
            new
        });
        names
    }
}
