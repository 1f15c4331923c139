//! What the files say about one host: line by line, the first value wins.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use super::super::environment::Environment;
use super::expand::{self, Tokens};
use super::keyword::{Keyword, Role, Shape};
use super::parse::{Criterion, Line, Test};
use super::pattern::{matches, matches_host_list, matches_list};
use super::{SshConfig, exec};
use crate::diagnostic::{Diagnostic, Diagnostics, Origin};

/// The host asked about, and what is settled whatever the files say.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// What a person would write behind `ssh`.
    pub host: &'a str,
    /// The user, if somebody said.
    pub user: Option<&'a str>,
    /// The port, if somebody said.
    pub port: Option<u16>,
}

/// What the files say about a host.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    /// The name or address to connect to.
    pub(super) host: String,
    /// What was asked for.
    pub(super) original: String,
    said: HashMap<&'static str, Said>,
    /// What is not followed and may be missed, and where the files say it.
    pub notes: Vec<Diagnostic>,
}

/// The values of a directive, and where the first of them is said; nowhere when it was settled before.
#[derive(Clone, Debug, Default)]
struct Said {
    values: Vec<String>,
    origin: Option<Origin>,
}

impl Resolved {
    /// The name or address to connect to.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The values of a directive, called as `ssh -G` does; tokens are not replaced.
    pub fn values(&self, name: &str) -> &[String] {
        self.said.get(name).map_or(&[], |said| said.values.as_slice())
    }

    /// Its only value.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.values(name).first().map(String::as_str)
    }

    /// Where it is said.
    pub(in crate::inventory) fn origin(&self, name: &str) -> Option<Origin> {
        self.said.get(name).and_then(|said| said.origin.clone())
    }

    /// What is said, and where.
    pub(super) fn places(&self) -> impl Iterator<Item = (&'static str, &Origin)> {
        self.said
            .iter()
            .filter_map(|(name, said)| Some((*name, said.origin.as_ref()?)))
    }

    /// A mistake in it.
    pub(super) fn at(&self, name: &str, mistake: Diagnostic) -> Diagnostic {
        match self.said.get(name).and_then(|said| said.origin.as_ref()) {
            Some(origin) => mistake.at(origin),
            None => mistake,
        }
    }
}

/// One walk through the files.
struct Walk<'a> {
    config: &'a SshConfig,
    environment: &'a Environment,
    resolved: Resolved,
    /// The name `Host` and `Match host` look at.
    host: String,
    is_final: bool,
    wants_final: bool,
    mistakes: Diagnostics,
    noted: HashSet<&'static str>,
}

/// Looks up `target` in `config`.
pub(super) fn resolve(
    config: &SshConfig,
    target: &Target<'_>,
    environment: &Environment,
) -> Result<Resolved, Diagnostics> {
    let mut walk = Walk {
        config,
        environment,
        resolved: Resolved {
            original: target.host.to_owned(),
            ..Resolved::default()
        },
        host: target.host.to_owned(),
        is_final: false,
        wants_final: false,
        mistakes: Diagnostics::default(),
        noted: HashSet::new(),
    };
    let settled = |value: String| Said {
        values: vec![value],
        origin: None,
    };
    let said = &mut walk.resolved.said;
    said.extend(target.user.map(|user| ("user", settled(user.to_owned()))));
    said.extend(target.port.map(|port| ("port", settled(port.to_string()))));
    walk.files();
    let host = walk.connected_to();
    let family = walk.resolved.value("addressfamily");
    walk.host = canonical(&host, family.unwrap_or("any"));
    if walk.wants_final {
        walk.is_final = true;
        let host = walk.host.clone();
        walk.resolved.said.entry("hostname").or_default().values = vec![host];
        walk.files();
    }
    walk.resolved.host = walk.host;
    walk.mistakes.into_result(walk.resolved)
}

/// Names in lower case, addresses in their one form; those nobody may use stay as they are.
fn canonical(host: &str, family: &str) -> String {
    match host.parse::<IpAddr>() {
        Ok(address)
            if (address.is_ipv4() && family == "inet6") || (address.is_ipv6() && family == "inet") =>
        {
            host.to_owned()
        }
        Ok(address) => address.to_string(),
        Err(_) => host.to_ascii_lowercase(),
    }
}

impl Walk<'_> {
    fn files(&mut self) {
        let config = self.config;
        for file in &config.0.files {
            self.lines(file, false, &mut true);
        }
    }

    /// `never` is set within a file that is included for other hosts.
    fn lines(&mut self, lines: &[Line], never: bool, active: &mut bool) {
        for line in lines {
            match line {
                Line::Host(patterns) => {
                    let named = |negated: bool| {
                        let mut these = patterns.iter().filter(|one| one.negated == negated);
                        these.any(|one| matches(&self.host, &one.pattern))
                    };
                    *active = !never && named(false) && !named(true);
                }
                Line::Match(criteria) => *active = self.all(criteria) && !never,
                Line::Included(lines) => {
                    let outside = *active;
                    self.lines(lines, never || !outside, active);
                    *active = outside;
                }
                Line::Set(keyword, values, origin) if *active => self.set(keyword, values, origin),
                Line::Set(..) => {}
                Line::Unknown(name, mistake) => {
                    let ignored = self.resolved.value("ignoreunknown");
                    if !ignored.is_some_and(|list| matches_list(name, &list.to_ascii_lowercase())) {
                        self.mistake(mistake.clone());
                    }
                }
            }
        }
    }

    fn mistake(&mut self, mistake: Diagnostic) {
        if !self.mistakes.0.contains(&mistake) {
            self.mistakes.push(mistake);
        }
    }

    fn set(&mut self, keyword: &'static Keyword, values: &[String], origin: &Origin) {
        let name = keyword.name;
        // In OpenSSH this leaves open what comes later.
        if keyword.shape == Shape::Time && values == ["none"] {
            return;
        }
        let first = !self.resolved.said.contains_key(name);
        // Whichever of the two comes first keeps out the other; a jump of none keeps out jumps only.
        let jumps = self
            .resolved
            .value("proxyjump")
            .is_some_and(|hops| !hops.eq_ignore_ascii_case("none"));
        let commanded = self.resolved.said.contains_key("proxycommand");
        if (name == "proxycommand" && jumps) || (name == "proxyjump" && commanded) {
            return;
        }
        if first {
            self.judge(keyword, values, origin);
        }
        let said = self.resolved.said.entry(name).or_insert_with(|| Said {
            values: Vec::new(),
            origin: Some(origin.clone()),
        });
        match keyword.shape {
            Shape::Each => {
                for value in values {
                    if !said.values.contains(value) {
                        said.values.push(value.clone());
                    }
                }
            }
            Shape::SendEnv => {
                for value in values {
                    match value.strip_prefix('-') {
                        Some(gone) => said.values.retain(|kept| !matches(kept, gone)),
                        None => said.values.push(value.clone()),
                    }
                }
            }
            Shape::SetEnv if first => {
                let variable = |text: &str| text.split('=').next().unwrap_or_default().to_owned();
                for value in values {
                    if !said.values.iter().any(|kept| variable(kept) == variable(value)) {
                        said.values.push(value.clone());
                    }
                }
            }
            _ if first => said.values = values.to_vec(),
            _ => {}
        }
    }

    /// Says what is not followed.
    fn judge(&mut self, keyword: &'static Keyword, values: &[String], origin: &Origin) {
        let harmless = |harmless: &[&str]| {
            let [value] = values else { return false };
            harmless.iter().any(|one| value.eq_ignore_ascii_case(one))
        };
        match keyword.role {
            Role::Noted(unless, why) if !harmless(unless) && self.noted.insert(keyword.name) => {
                let note = Diagnostic::new(format!("`{}` is not followed: {why}", keyword.name));
                self.resolved.notes.push(note.at(origin));
            }
            Role::Refused(unless, why) if !harmless(unless) => {
                let mistake =
                    Diagnostic::new(format!("`{}` cannot be followed: {why}", keyword.name)).at(origin);
                self.mistake(mistake.help("take it out for these hosts, or give --ssh-config another file"));
            }
            _ => {}
        }
    }

    fn all(&mut self, criteria: &[Criterion]) -> bool {
        let mut result = true;
        for criterion in criteria {
            let holds = match &criterion.test {
                Test::All => true,
                Test::Canonical => self.is_final,
                Test::Final => {
                    self.wants_final = true;
                    self.is_final
                }
                Test::Host(list) => matches_host_list(&self.connected_to(), list),
                Test::OriginalHost(list) => matches_host_list(&self.resolved.original, list),
                Test::User(list) => matches_list(&self.user(), list),
                Test::LocalUser(list) => {
                    matches_list(self.environment.user.as_deref().unwrap_or_default(), list)
                }
                Test::Tagged(list) => matches_list(self.resolved.value("tag").unwrap_or_default(), list),
                // What the criteria before it rule out is not run.
                Test::Exec(..) if !result => continue,
                Test::Exec(command, origin) => match self.exec(command) {
                    Ok(holds) => holds,
                    Err(detail) => {
                        self.mistake(Diagnostic::new(detail).at(origin));
                        false
                    }
                },
            };
            result &= holds != criterion.negated;
        }
        result
    }

    /// The name to connect to, as far as it is known.
    fn connected_to(&mut self) -> String {
        let Some(text) = self.resolved.value("hostname").map(str::to_owned) else {
            return self.host.clone();
        };
        if self.is_final {
            return text;
        }
        let expanded = self.tokens(&self.host.clone()).percent(&text, "h");
        match expanded {
            Ok(host) => host,
            Err(detail) => {
                self.mistake(self.resolved.at("hostname", Diagnostic::new(detail)));
                text
            }
        }
    }

    fn user(&self) -> String {
        let said = self.resolved.value("user").map(str::to_owned);
        said.or_else(|| self.environment.user.clone()).unwrap_or_default()
    }

    fn tokens<'t>(&'t self, host: &'t str) -> Tokens<'t> {
        let value = |name| self.resolved.value(name);
        Tokens {
            environment: self.environment,
            host,
            original: &self.resolved.original,
            key_alias: value("hostkeyalias").unwrap_or(host),
            port: value("port").and_then(|port| port.parse().ok()).unwrap_or(22),
            user: value("user")
                .or(self.environment.user.as_deref())
                .unwrap_or_default(),
            jump: value("proxyjump").unwrap_or_default(),
        }
    }

    fn exec(&mut self, command: &str) -> Result<bool, String> {
        let host = self.connected_to();
        let tokens = self.tokens(&host);
        exec::harmless(&tokens)?;
        let command = tokens.percent(command, expand::ALL)?;
        self.config.0.commands.holds(&command, self.environment)
    }
}
