//! From words to a way: what the files say about a host, as the inventory takes it over.

use std::path::PathBuf;
use std::time::Duration;

use super::super::connection::{AddressFamily, AlgorithmList, Algorithms, HostKeyPolicy, Method};
use super::super::environment::Environment;
use super::expand::Tokens;
use super::jump::{self, Hop};
use super::pattern::matches;
use super::{Resolved, exec};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// What is said about a host, tokens replaced; the rest is left open.
#[derive(Clone, Debug, Default)]
pub(in crate::inventory) struct Layer {
    pub(in crate::inventory) address: String,
    pub(in crate::inventory) port: Option<u16>,
    pub(in crate::inventory) user: Option<String>,
    pub(in crate::inventory) way: Option<Way>,
    pub(in crate::inventory) address_family: AddressFamily,
    pub(in crate::inventory) bind_address: Option<String>,
    pub(in crate::inventory) connection_attempts: Option<u32>,
    pub(in crate::inventory) connect_timeout: Option<Duration>,
    pub(in crate::inventory) keepalive: Option<Duration>,
    pub(in crate::inventory) keepalive_max: Option<u32>,
    pub(in crate::inventory) algorithms: Algorithms,
    pub(in crate::inventory) required_rsa_size: Option<u32>,
    pub(in crate::inventory) host_key_alias: Option<String>,
    pub(in crate::inventory) known_hosts: Option<Vec<PathBuf>>,
    pub(in crate::inventory) global_known_hosts: Option<Vec<PathBuf>>,
    pub(in crate::inventory) hash_known_hosts: bool,
    pub(in crate::inventory) host_key_policy: Option<HostKeyPolicy>,
    pub(in crate::inventory) identity_files: Option<Vec<PathBuf>>,
    pub(in crate::inventory) certificate_files: Vec<PathBuf>,
    pub(in crate::inventory) identities_only: Option<bool>,
    pub(in crate::inventory) agent: Option<AgentSocket>,
    pub(in crate::inventory) authentication: Vec<Method>,
    pub(in crate::inventory) environment: Vec<(String, String)>,
}

/// Where the agent is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::inventory) enum AgentSocket {
    Nowhere,
    At(PathBuf),
}

/// A way that is not the straight one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::inventory) enum Way {
    Jump(Vec<Hop>),
    Command(String),
}

/// Reads words, keeping every mistake.
struct Taker<'a> {
    resolved: &'a Resolved,
    environment: &'a Environment,
    tokens: Tokens<'a>,
    mistakes: Diagnostics,
}

impl Resolved {
    /// What is said, tokens replaced.
    pub(in crate::inventory) fn layer(&self, environment: &Environment) -> Result<Layer, Diagnostics> {
        let port = self.value("port").and_then(|port| port.parse().ok());
        let user = self.value("user");
        let alias = self.value("hostkeyalias").map(str::to_ascii_lowercase);
        let tokens = Tokens {
            environment,
            host: &self.host,
            original: &self.original,
            key_alias: alias.as_deref().unwrap_or(&self.original),
            port: port.unwrap_or(22),
            user: user.or(environment.user.as_deref()).unwrap_or_default(),
            jump: self.value("proxyjump").unwrap_or_default(),
        };
        let mut take = Taker {
            resolved: self,
            environment,
            tokens,
            mistakes: Diagnostics::default(),
        };
        take.names();
        let layer = Layer {
            address: self.host.clone(),
            port,
            way: take.way(),
            address_family: match self.value("addressfamily") {
                Some("inet") => AddressFamily::Inet,
                Some("inet6") => AddressFamily::Inet6,
                _ => AddressFamily::Any,
            },
            bind_address: self.value("bindaddress").map(str::to_owned),
            connection_attempts: take.number("connectionattempts"),
            connect_timeout: take.time("connecttimeout"),
            keepalive: take.time("serveraliveinterval"),
            keepalive_max: take.number("serveralivecountmax"),
            algorithms: Algorithms {
                kex: self.algorithms("kexalgorithms"),
                ciphers: self.algorithms("ciphers"),
                macs: self.algorithms("macs"),
                host_keys: self.algorithms("hostkeyalgorithms"),
                public_keys: self.algorithms("pubkeyacceptedalgorithms"),
                ca_signatures: self.algorithms("casignaturealgorithms"),
            },
            required_rsa_size: take.number("requiredrsasize"),
            known_hosts: take.paths("userknownhostsfile"),
            // ssh replaces nothing in these.
            global_known_hosts: self.files("globalknownhostsfile"),
            hash_known_hosts: self.flag("hashknownhosts").unwrap_or(false),
            host_key_policy: self.value("stricthostkeychecking").map(|value| match value {
                "accept-new" => HostKeyPolicy::AcceptNew,
                "no" => HostKeyPolicy::Off,
                "ask" if self.flag("batchmode") != Some(true) => HostKeyPolicy::Ask,
                _ => HostKeyPolicy::Strict,
            }),
            identity_files: take.paths("identityfile"),
            certificate_files: take.paths("certificatefile").unwrap_or_default(),
            identities_only: self.flag("identitiesonly"),
            agent: take.agent(),
            authentication: self.methods(),
            environment: take.variables(),
            user: user.map(str::to_owned),
            host_key_alias: alias.clone(),
        };
        take.mistakes.into_result(layer)
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.value(name).map(|value| value == "yes")
    }

    fn files(&self, name: &str) -> Option<Vec<PathBuf>> {
        let values = self.values(name);
        let files = values
            .iter()
            .filter(|value| !value.eq_ignore_ascii_case("none"))
            .map(PathBuf::from);
        (!values.is_empty()).then(|| files.collect())
    }

    fn algorithms(&self, name: &str) -> Option<AlgorithmList> {
        self.value(name).map(AlgorithmList::parse)
    }

    fn methods(&self) -> Vec<Method> {
        let asked = self.flag("batchmode") != Some(true);
        let preferred = self.value("preferredauthentications");
        let preferred = preferred.unwrap_or("publickey,keyboard-interactive,password");
        let method = |name: &str| match name {
            "publickey" => (self.value("pubkeyauthentication") != Some("no")).then_some(Method::PublicKey),
            "keyboard-interactive" => {
                let wanted = asked && self.flag("kbdinteractiveauthentication") != Some(false);
                wanted.then_some(Method::KeyboardInteractive)
            }
            "password" => {
                let wanted = asked && self.flag("passwordauthentication") != Some(false);
                wanted.then_some(Method::Password)
            }
            _ => None,
        };
        let mut methods: Vec<Method> = preferred.split(',').filter_map(method).collect();
        let mut seen = Vec::new();
        methods.retain(|method| {
            let new = !seen.contains(method);
            seen.push(*method);
            new
        });
        methods
    }
}

impl Taker<'_> {
    fn mistake(&mut self, name: &str, message: impl Into<String>) {
        let mistake = self.resolved.at(name, Diagnostic::new(message));
        self.mistakes.push(mistake);
    }

    /// Refuses what is neither a host's name nor an address, nor a user's name.
    fn names(&mut self) {
        let hostile = |name: &str| {
            name.starts_with('-') || name.contains(|c: char| c.is_control() || c.is_whitespace())
        };
        if self.resolved.host.is_empty() || hostile(&self.resolved.host) {
            self.mistake(
                "hostname",
                format!("{:?} is neither a host name nor an address", self.resolved.host),
            );
        }
        let user = self.resolved.value("user").map(str::to_owned);
        if let Some(user) = user.filter(|user| hostile(user)) {
            self.mistake("user", format!("{user:?} is no user's name"));
        }
    }

    fn number(&mut self, name: &str) -> Option<u32> {
        self.resolved.value(name)?.parse().ok()
    }

    /// A time in seconds; `none` and zero are for "never", which is zero.
    fn time(&mut self, name: &str) -> Option<Duration> {
        let value = self.resolved.value(name)?;
        Some(Duration::from_secs(value.parse().unwrap_or(0)))
    }

    fn paths(&mut self, name: &'static str) -> Option<Vec<PathBuf>> {
        let files = self.resolved.files(name)?;
        let mut paths = Vec::new();
        for file in files {
            match self.tokens.path(&file.to_string_lossy()) {
                // As ssh does it: relative to where the command runs.
                Ok(path) => paths.push(std::path::absolute(&path).unwrap_or_else(|_| path.into())),
                Err(detail) => self.mistake(name, detail),
            }
        }
        Some(paths)
    }

    fn agent(&mut self) -> Option<AgentSocket> {
        let text = self.resolved.value("identityagent")?;
        if text.eq_ignore_ascii_case("none") {
            return Some(AgentSocket::Nowhere);
        }
        if text == "SSH_AUTH_SOCK" {
            // As if nothing was said.
            return self.environment.agent.clone().map(AgentSocket::At);
        }
        if let Some(name) = text.strip_prefix('$').filter(|name| !name.starts_with('{')) {
            let socket = self.environment.variable(name);
            return Some(socket.map_or(AgentSocket::Nowhere, |path| AgentSocket::At(path.into())));
        }
        match self.tokens.path(text) {
            Ok(path) => Some(AgentSocket::At(path.into())),
            Err(detail) => {
                self.mistake("identityagent", detail);
                None
            }
        }
    }

    fn way(&mut self) -> Option<Way> {
        // It was read once already.
        let hops = self
            .resolved
            .value("proxyjump")
            .and_then(|hops| jump::parse(hops).ok());
        if let Some(hops) = hops.filter(|hops| !hops.is_empty()) {
            return Some(Way::Jump(hops));
        }
        let command = self
            .resolved
            .value("proxycommand")
            .filter(|command| *command != "none")?;
        let expanded = exec::harmless(&self.tokens).and_then(|()| self.tokens.percent(command, "hknpr"));
        match expanded {
            Ok(command) => Some(Way::Command(command)),
            Err(detail) => {
                self.mistake("proxycommand", detail);
                None
            }
        }
    }

    fn variables(&mut self) -> Vec<(String, String)> {
        let patterns = self.resolved.values("sendenv");
        let all = self.environment.variables.0.iter();
        let sent = all.filter(|(name, _)| patterns.iter().any(|pattern| matches(name, pattern)));
        let sent = sent.map(|(name, value)| (name.clone(), value.clone()));
        let set = self
            .resolved
            .values("setenv")
            .iter()
            .filter_map(|text| text.split_once('='));
        sent.chain(set.map(|(name, value)| (name.to_owned(), value.to_owned())))
            .collect()
    }
}
