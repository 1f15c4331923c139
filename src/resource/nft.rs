//! `nft`: a table of packet filter rules, in the kernel and in the file that boot loads.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fields::Presence;
use super::traffic::{Network, Ports, check_interface};
use super::{Invalid, State};
use crate::script::{Read, Script};
use crate::sh;

/// A firewall: one table of nftables (family `inet`, so for IPv4 and IPv6 alike) that says what may come in.
///
/// The table is loaded in one transaction, and other tables are left alone. It is kept in `/etc/nftables.d`, which boot
/// loads. The port that the push's own SSH connection came in on is always let in, so a push cannot lock itself out;
/// answers to what the host asked, loopback and ICMP are let in, too. A rule added to the table or removed by hand is
/// noticed. The host needs the package `nftables`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nft {
    /// The table's name, such as `provision`: letters, digits and `_`.
    #[serde(rename = "nft")]
    pub name: String,
    /// What happens to incoming packets that no rule is about.
    #[serde(default)]
    pub policy: Policy,
    /// What happens to packets that the host forwards for others; when not said, the table has no say in that.
    pub forward: Option<Policy>,
    /// What does not come in, even if a rule of `allow` is about it.
    #[serde(default)]
    pub deny: Vec<Rule>,
    /// What may come in.
    #[serde(default)]
    pub allow: Vec<Rule>,
    /// Rules in nft's own words, for what the others cannot say, such as `"udp dport 51820 limit rate 5/second accept"`;
    /// they stand behind the rest.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Whether boot loads it: the folder is included in nftables' own file, and its service is enabled.
    #[serde(default = "yes")]
    pub boot: bool,
    /// Whether it should be there.
    #[serde(default)]
    pub state: Presence,
}

fn yes() -> bool {
    true
}

/// What happens to a packet that no rule is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// It is dropped.
    #[default]
    Drop,
    /// It passes.
    Accept,
}

impl Policy {
    fn word(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Accept => "accept",
        }
    }
}

/// How a packet travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
}

/// Which packets are meant: those that all of the keys are true of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The ports they go to: `80`, `"6000-6007"`, or a list of such; when not said, all of every protocol.
    pub port: Option<Ports>,
    /// `tcp` or `udp`, with `port` only; `tcp` when not said.
    pub protocol: Option<Protocol>,
    /// The addresses or networks they come from; when not said, all.
    #[serde(default)]
    pub from: Vec<Network>,
    /// The network interface they come in on; when not said, all.
    pub interface: Option<String>,
}

impl Rule {
    /// TCP packets to these ports.
    pub fn port(port: Ports) -> Self {
        Self {
            port: Some(port),
            ..Self::default()
        }
    }

    /// The rule's lines: one for each network it names.
    fn lines(&self, verdict: &str) -> String {
        let mut behind = String::new();
        if let Some(Ports(ports)) = &self.port {
            let protocol = match self.protocol.unwrap_or_default() {
                Protocol::Tcp => "tcp",
                Protocol::Udp => "udp",
            };
            let texts: Vec<String> = ports.iter().map(|range| range.text('-')).collect();
            match texts.as_slice() {
                [one] => behind += &format!("{protocol} dport {one} "),
                several => behind += &format!("{protocol} dport {{ {} }} ", several.join(", ")),
            }
        }
        let before = match &self.interface {
            Some(interface) => format!("iifname \"{interface}\" "),
            None => String::new(),
        };
        if self.from.is_empty() {
            return format!("\t\t{before}{behind}{verdict}\n");
        }
        let line = |network: &Network| {
            let family = if network.is_ipv4() { "ip" } else { "ip6" };
            format!("\t\t{before}{family} saddr {network} {behind}{verdict}\n")
        };
        self.from.iter().map(line).collect()
    }

    fn validate(&self) -> Result<(), String> {
        if self.port.is_none() && self.from.is_empty() && self.interface.is_none() {
            return Err("a rule about every packet; say a `port`, `from` or `interface`".to_owned());
        }
        if self.port.is_none() && self.protocol.is_some() {
            return Err("a rule with a `protocol` needs a `port`".to_owned());
        }
        self.interface.as_deref().map_or(Ok(()), check_interface)
    }
}

/// Refuses what would end the chain or the line it stands in.
fn check_own_words(rule: &str) -> Result<(), String> {
    let mut open = 0_u32;
    for c in rule.chars() {
        match c {
            '{' => open += 1,
            '}' if open == 0 => return Err(format!("the rule {rule:?} closes a brace it has not opened")),
            '}' => open -= 1,
            c if c.is_control() => return Err(format!("the rule {rule:?} holds a control character")),
            _ => {}
        }
    }
    if open > 0 || rule.trim().is_empty() {
        return Err(format!("the rule {rule:?} has no end"));
    }
    Ok(())
}

impl Nft {
    /// The table's text before and behind the port that we come in on. Loading it replaces the table as a whole: it is
    /// made if it is not there, so that it can be deleted. ICMP stands in it by its numbers (1, and 58 of IPv6): a host
    /// without /etc/protocols knows no names.
    fn text(&self) -> (String, String) {
        let name = &self.name;
        let before = format!(
            "# Written by provision; changes made here are lost.\ntable inet {name}\ndelete table inet {name}\ntable inet {name} {{\n\
             \tchain input {{\n\t\ttype filter hook input priority filter; policy {};\n\
             \t\tct state established,related accept\n\t\tct state invalid drop\n\t\tiifname \"lo\" accept\n\
             \t\tmeta l4proto {{ 1, 58 }} accept\n\t\tip6 saddr fe80::/10 udp dport 546 accept\n\t\ttcp dport ",
            self.policy.word()
        );
        let mut behind = String::from(" accept\n");
        for (rules, verdict) in [(&self.deny, "drop"), (&self.allow, "accept")] {
            behind.extend(rules.iter().map(|rule| rule.lines(verdict)));
        }
        behind.extend(self.rules.iter().map(|rule| format!("\t\t{}\n", rule.trim())));
        behind += "\t}\n";
        if let Some(policy) = self.forward {
            behind += &format!(
                "\tchain forward {{\n\t\ttype filter hook forward priority filter; policy {};\n\
                 \t\tct state established,related accept\n\t}}\n",
                policy.word()
            );
        }
        (before, behind + "}\n")
    }
}

impl State for Nft {
    fn title(&self) -> String {
        format!("nft {}", self.name)
    }

    fn check(&self) -> Script {
        if self.state.is_absent() {
            return sh!("nft_gone {}", &self.name);
        }
        let (before, behind) = self.text();
        let mut script = sh!("nft_holds {} {} {}", &self.name, before, behind);
        if self.boot {
            script.append(sh!(
                " && nft_included && {} && [ \"$unit_enabled\" = enabled ]",
                Read::Unit("nftables".to_owned())
            ));
        }
        script
    }

    fn apply(&self) -> Script {
        if self.state.is_absent() {
            return sh!("nft_unload {}", &self.name);
        }
        let (before, behind) = self.text();
        let boot = Script::raw(if self.boot { "\nnft_boot" } else { "" });
        sh!("nft_load {} {} {}{}", &self.name, before, behind, boot)
    }

    fn destroys(&self) -> bool {
        self.state.is_absent()
    }

    fn validate(&self) -> Result<(), Invalid> {
        let name = &self.name;
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !name.chars().all(fits) || name.len() > 64
        {
            return Err(Invalid::of("nft")(format!(
                "{name:?} cannot be the name of a table: it takes letters, digits and `_`, a letter first"
            )));
        }
        for (key, rules) in [("allow", &self.allow), ("deny", &self.deny)] {
            rules
                .iter()
                .try_for_each(Rule::validate)
                .map_err(Invalid::of(key))?;
        }
        let own = self.rules.iter().try_for_each(|rule| check_own_words(rule));
        own.map_err(Invalid::of("rules"))
    }

    fn asks_itself(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::check_own_words;

    #[test]
    fn a_rule_of_ones_own_stays_in_its_line() {
        assert!(check_own_words("tcp dport { 80, 443 } accept").is_ok());
        for bad in ["", "accept }", "} chain x {", "a\nb", "tcp dport { 80"] {
            assert!(check_own_words(bad).is_err(), "{bad}");
        }
    }
}
