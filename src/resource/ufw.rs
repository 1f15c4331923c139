//! `ufw`: a rule of Ubuntu's firewall, or whether it is active.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fields::Presence;
use super::traffic::{Network, PortRange, check_interface};
use super::{Invalid, State};
use crate::script::Script;
use crate::sh;

/// A rule of ufw, or, as `ufw = "enabled"`, that its rules are in force now and after a reboot.
///
/// The port that the push's own SSH connection came in on is let in before ufw is enabled and before anything is
/// denied, and a step that would close it fails. The host needs the package `ufw`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ufw {
    /// What the rule is about: a port (`"443/tcp"`, `"53"`, `"6000-6007/udp"`) or `"any"`; or `"enabled"` or `"disabled"`.
    #[serde(rename = "ufw")]
    pub subject: String,
    /// What happens to packets the rule is about.
    pub action: Option<Action>,
    /// The address or network they come from; when not said, all.
    pub from: Option<Network>,
    /// The network interface they come in on; when not said, all.
    pub interface: Option<String>,
    /// Whether the rule should be there; `absent` takes it away whatever its `action`.
    #[serde(default)]
    pub state: Presence,
}

/// What happens to a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It comes in.
    #[default]
    Allow,
    /// It is dropped.
    Deny,
    /// It is refused, and the sender told.
    Reject,
    /// It comes in, unless its sender has tried six times in the last 30 seconds.
    Limit,
}

impl Action {
    fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Reject => "reject",
            Self::Limit => "limit",
        }
    }
}

enum Subject {
    Active(bool),
    Any,
    Port(PortRange, Option<&'static str>),
}

impl Ufw {
    fn subject(&self) -> Result<Subject, String> {
        match self.subject.as_str() {
            "enabled" => return Ok(Subject::Active(true)),
            "disabled" => return Ok(Subject::Active(false)),
            "any" => return Ok(Subject::Any),
            _ => {}
        }
        let (port, protocol) = match self.subject.split_once('/') {
            Some((port, "tcp")) => (port, Some("tcp")),
            Some((port, "udp")) => (port, Some("udp")),
            Some((_, other)) => {
                return Err(format!(
                    "{other:?} is no protocol ufw knows ports of; write tcp or udp"
                ));
            }
            None => (self.subject.as_str(), None),
        };
        let port = PortRange::parse(port)?;
        if port.first != port.last && protocol.is_none() {
            return Err(format!(
                "ufw wants a range of ports with its protocol, such as \"{}/tcp\"",
                self.subject
            ));
        }
        Ok(Subject::Port(port, protocol))
    }

    /// The rule behind its action, in the words that ufw lists it with.
    fn rule(&self) -> String {
        let mut words = Vec::new();
        if let Some(interface) = &self.interface {
            words.push(format!("in on {interface}"));
        }
        if let Some(network) = &self.from {
            words.push(format!("from {network}"));
        }
        if let Ok(Subject::Port(port, protocol)) = self.subject() {
            let port = port.text(':');
            match (words.is_empty(), protocol) {
                (true, Some(protocol)) => words.push(format!("{port}/{protocol}")),
                (true, None) => words.push(port),
                (false, Some(protocol)) => words.push(format!("to any port {port} proto {protocol}")),
                (false, None) => words.push(format!("to any port {port}")),
            }
        }
        words.join(" ")
    }

    /// The port that the rule alone is about, or nothing when it tells packets apart by more.
    fn alone(&self) -> String {
        if self.from.is_some() || self.interface.is_some() {
            return String::new();
        }
        self.rule()
    }
}

impl State for Ufw {
    fn title(&self) -> String {
        match self.subject() {
            Ok(Subject::Active(true)) => "ufw enabled".to_owned(),
            Ok(Subject::Active(false)) => "ufw disabled".to_owned(),
            _ if self.state.is_absent() => format!("ufw {}", self.rule()),
            _ => format!("ufw {} {}", self.action.unwrap_or_default().word(), self.rule()),
        }
    }

    fn check(&self) -> Script {
        match self.subject() {
            Ok(Subject::Active(true)) => Script::raw("ufw_is_active && ufw_lets_us_in"),
            Ok(Subject::Active(false)) => Script::raw("! ufw_is_active"),
            _ if self.state.is_absent() => sh!("! ufw_has_any {}", self.rule()),
            _ => {
                let action = self.action.unwrap_or_default().word();
                sh!("ufw_has {}", format!("{action} {}", self.rule()))
            }
        }
    }

    fn apply(&self) -> Script {
        match self.subject() {
            Ok(Subject::Active(true)) => Script::raw("ufw_enable"),
            Ok(Subject::Active(false)) => Script::raw("ufw disable"),
            _ if self.state.is_absent() => sh!("ufw_drop {} {}", self.alone(), self.rule()),
            _ => sh!(
                "ufw_add {} {} {}",
                self.action.unwrap_or_default().word(),
                self.alone(),
                self.rule()
            ),
        }
    }

    fn destroys(&self) -> bool {
        self.state.is_absent()
    }

    fn validate(&self) -> Result<(), Invalid> {
        let subject = self.subject().map_err(Invalid::of("ufw"))?;
        let said = [
            ("action", self.action.is_some()),
            ("from", self.from.is_some()),
            ("interface", self.interface.is_some()),
            ("state", self.state.is_absent()),
        ];
        if let Subject::Active(_) = subject
            && let Some((key, _)) = said.iter().find(|(_, said)| *said)
        {
            return Err(Invalid::of(key)(format!("ufw {} has no `{key}`", self.subject)));
        }
        if matches!(subject, Subject::Any) && self.from.is_none() && self.interface.is_none() {
            return Err(Invalid::of("ufw")(
                "a rule about every packet; say `from` or `interface`".to_owned(),
            ));
        }
        if self.state.is_absent() && self.action.is_some() {
            return Err(Invalid::of("action")(
                "a rule that is absent has no action".to_owned(),
            ));
        }
        let interface = self.interface.as_deref().map_or(Ok(()), check_interface);
        interface.map_err(Invalid::of("interface"))
    }

    fn asks_itself(&self) -> bool {
        true
    }
}
