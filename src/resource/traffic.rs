//! What firewalls tell packets apart by: ports and networks.

use core::net::IpAddr;
use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A port, or all from the first to the last of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PortRange {
    /// The first.
    pub first: u16,
    /// The last; the first again when it is one port alone.
    pub last: u16,
}

impl PortRange {
    /// Reads `80` or `6000-6007`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let number = |text: &str| text.parse::<u16>().ok().filter(|&port| port > 0);
        match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => Ok(Self { first, last }),
            _ => Err(format!(
                "{text:?} is no port; write a number from 1 to 65535, or a range such as \"6000-6007\""
            )),
        }
    }

    /// The range, with `between` its ends.
    pub(super) fn text(self, between: char) -> String {
        if self.first == self.last {
            return self.first.to_string();
        }
        format!("{}{between}{}", self.first, self.last)
    }
}

/// One or several ports: `80`, `"6000-6007"`, or a list of such.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ports(pub(super) Vec<PortRange>);

impl<'de> Deserialize<'de> for Ports {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMany)
    }
}

impl JsonSchema for Ports {
    fn schema_name() -> Cow<'static, str> {
        "Ports".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "type": "integer", "minimum": 1, "maximum": 65535 },
            { "type": "string" },
            { "type": "array", "items": { "type": ["integer", "string"] } },
        ] })
    }
}

struct OneOrMany;

impl<'de> Visitor<'de> for OneOrMany {
    type Value = Ports;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a port, a range of ports such as \"6000-6007\", or a list of these")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Ports, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Ports, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Ports, E> {
        PortRange::parse(text)
            .map(|one| Ports(vec![one]))
            .map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Ports, A::Error> {
        let mut all: Vec<PortRange> = Vec::new();
        while let Some(Ports(more)) = items.next_element()? {
            all.extend(more);
        }
        all.sort_unstable();
        // nft refuses sets whose elements overlap; here it is known which ones.
        for pair in all.windows(2) {
            if pair[1].first <= pair[0].last {
                let message = format!("ports {} and {} overlap", pair[0].text('-'), pair[1].text('-'));
                return Err(A::Error::custom(message));
            }
        }
        if all.is_empty() {
            return Err(A::Error::custom(
                "an empty list of ports; leave `port` out for all of them",
            ));
        }
        Ok(Ports(all))
    }
}

/// An address, or a network such as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Reads an address, or one with the length of a prefix; bits behind the prefix are refused.
    pub fn parse(text: &str) -> Result<Self, String> {
        let no = || format!("{text:?} is no address and no network, such as \"10.0.0.0/8\"");
        let (address, prefix) = text.split_once('/').unwrap_or((text, ""));
        let address: IpAddr = address.parse().map_err(|_| no())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match (text.contains('/'), prefix.parse::<u8>()) {
            (false, _) => width,
            (true, Ok(prefix)) if prefix <= width => prefix,
            _ => return Err(no()),
        };
        let network = Self { address, prefix };
        let plain = network.masked();
        if plain != address {
            let right = Self {
                address: plain,
                prefix,
            };
            return Err(format!("{text:?} has bits behind its prefix; write \"{right}\""));
        }
        Ok(network)
    }

    /// Whether it is one of IPv4.
    pub(super) fn is_ipv4(&self) -> bool {
        self.address.is_ipv4()
    }

    fn masked(&self) -> IpAddr {
        match self.address {
            IpAddr::V4(it) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                IpAddr::V4((it.to_bits() & mask).into())
            }
            IpAddr::V6(it) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                IpAddr::V6((it.to_bits() & mask).into())
            }
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = if self.address.is_ipv4() { 32 } else { 128 };
        if self.prefix == width {
            return self.address.fmt(f);
        }
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

impl JsonSchema for Network {
    fn schema_name() -> Cow<'static, str> {
        "Network".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// Refuses, as an interface's name, what Linux would (`dev_valid_name`), and what would end a word or a string.
pub(super) fn check_interface(name: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    if name.is_empty() || name.len() > 15 || name.starts_with(['-', '.']) || !name.chars().all(fits) {
        return Err(format!("{name:?} is no name of a network interface"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_written_in_one_way() {
        let shown = |text| Network::parse(text).map(|it| it.to_string());
        assert_eq!(shown("10.0.0.0/8").as_deref(), Ok("10.0.0.0/8"));
        assert_eq!(shown("10.1.1.1/32").as_deref(), Ok("10.1.1.1"));
        assert_eq!(shown("FD00:0::/8").as_deref(), Ok("fd00::/8"));
        assert_eq!(shown("0.0.0.0/0").as_deref(), Ok("0.0.0.0/0"));
        assert_eq!(shown("::/0").as_deref(), Ok("::/0"));
        assert!(shown("10.1.0.0/8").unwrap_err().contains("write \"10.0.0.0/8\""));
        for bad in [
            "",
            "10.0.0",
            "10.0.0.0/33",
            "10.0.0.0/",
            "::/129",
            "host",
            "10.0.0.0/8 x",
        ] {
            assert!(shown(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ports_are_numbers_or_ranges() {
        assert_eq!(
            PortRange::parse("6000-6007").map(|it| it.text(':')).as_deref(),
            Ok("6000:6007")
        );
        for bad in ["0", "65536", "-1", "7-6", "80-", "http", " 80"] {
            assert!(PortRange::parse(bad).is_err(), "{bad}");
        }
    }
}
