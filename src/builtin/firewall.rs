//! `firewall`: what may come in, by nftables.

use serde::Deserialize;

use crate::config::Config;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::module::{Module, Setting};
use crate::name::Name;
use crate::resource::{Nft, Package, Policy, Ports, Presence, Resource, Rule, State};

/// Keeps out what nobody has asked for.
pub(super) struct Firewall(Name);

impl Default for Firewall {
    fn default() -> Self {
        Self(super::name("firewall"))
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    ports: Option<Ports>,
    allow: Vec<Rule>,
    deny: Vec<Rule>,
    rules: Vec<String>,
    policy: Policy,
    forward: Option<Policy>,
}

impl Module for Firewall {
    fn name(&self) -> &Name {
        &self.0
    }

    fn description(&self) -> &'static str {
        "A firewall that lets in what is listed, answers, and the port pushes come in on"
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::optional(
                "ports",
                "port, or list of ports",
                "none",
                "TCP ports open to all, such as [80, 443, \"8000-8080\"]",
            ),
            Setting::optional(
                "allow",
                "list of tables",
                "[]",
                "what may come in: port, protocol (tcp), from (list of networks), interface",
            ),
            Setting::optional(
                "deny",
                "list of tables",
                "[]",
                "what does not, even if it is allowed: the same keys",
            ),
            Setting::optional("rules", "list of strings", "[]", "more rules, in nft's own words"),
            Setting::optional(
                "policy",
                "\"drop\" or \"accept\"",
                "\"drop\"",
                "what happens to packets no rule is about",
            ),
            Setting::optional(
                "forward",
                "\"drop\" or \"accept\"",
                "left alone",
                "what happens to packets for others",
            ),
        ]
    }

    fn resources(&self, config: &Config) -> Result<Vec<Resource>, Diagnostics> {
        let settings: Settings = config.read()?;
        let mut allow: Vec<Rule> = settings.ports.into_iter().map(Rule::port).collect();
        allow.extend(settings.allow);
        let table = Nft {
            name: "provision".to_owned(),
            policy: settings.policy,
            forward: settings.forward,
            deny: settings.deny,
            allow,
            rules: settings.rules,
            boot: true,
            state: Presence::Present,
        };
        table
            .validate()
            .map_err(|invalid| Diagnostic::new(invalid.message))?;
        Ok(vec![Package::lean("nftables").into(), table.into()])
    }
}
