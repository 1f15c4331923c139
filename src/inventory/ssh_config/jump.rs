//! `ProxyJump`: the hosts to go through.

use super::value::port;

/// One of them: `[user@]host[:port]` or `ssh://[user@]host[:port]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Hop {
    pub(crate) user: Option<String>,
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
}

/// Those of a list, first to last; none for `none`.
pub(crate) fn parse(text: &str) -> Result<Vec<Hop>, String> {
    if text.eq_ignore_ascii_case("none") {
        return Ok(Vec::new());
    }
    text.split(',').map(hop).collect()
}

fn hop(text: &str) -> Result<Hop, String> {
    let (uri, rest) = match text.strip_prefix("ssh://") {
        Some(rest) => (true, rest.strip_suffix('/').unwrap_or(rest)),
        None => (false, text),
    };
    let refuse = |why: &str| Err(format!("{text:?} is no host to go through: {why}"));
    let at = if uri { rest.find('@') } else { rest.rfind('@') };
    let (user, place) = match at {
        Some(at) => (Some(rest[..at].to_owned()), &rest[at + 1..]),
        None => (None, rest),
    };
    let user = match user {
        Some(user) if uri => match decoded(user.split(';').next().unwrap_or_default()) {
            Some(user) => Some(user),
            None => return refuse("its user is not written as in a URI"),
        },
        other => other,
    };
    if user
        .as_ref()
        .is_some_and(|user| user.is_empty() || user.starts_with('-'))
    {
        return refuse("its user is missing");
    }
    let (host, number) = match place.strip_prefix('[') {
        Some(inner) => match inner.split_once(']') {
            Some((host, "")) => (host, None),
            Some((host, behind)) if behind.starts_with(':') => (host, Some(&behind[1..])),
            _ => return refuse("`[` is not closed before the port"),
        },
        None => match place.split_once(':') {
            Some((host, number)) => (host, Some(number)),
            None => (place, None),
        },
    };
    let known =
        |c: char| c.is_ascii_alphanumeric() || "._-:%".contains(c) || !c.is_ascii() && c.is_alphanumeric();
    if host.is_empty() || host.starts_with('-') || !host.chars().all(known) {
        return refuse("write `[user@]host[:port]`");
    }
    let port = match number.filter(|number| !number.is_empty()) {
        Some(number) => match port(number) {
            Some(port) => Some(port),
            None => return refuse("its port is not one from 1 to 65535"),
        },
        None => None,
    };
    Ok(Hop {
        user,
        host: host.to_owned(),
        port,
    })
}

/// Text with `%40` and the like replaced.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        bytes.push(u8::try_from(high * 16 + low).ok().filter(|byte| *byte != 0)?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_with_users_and_ports() {
        let hops = parse("a,ops@b:2222,ssh://o%40x@c:23/,[::1]:24,d@e@f").unwrap();
        let told: Vec<String> = hops
            .iter()
            .map(|hop| {
                format!(
                    "{:?} {} {:?}",
                    hop.user.as_deref().unwrap_or(""),
                    hop.host,
                    hop.port.unwrap_or(0)
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "\"\" a 0",
                "\"ops\" b 2222",
                "\"o@x\" c 23",
                "\"\" ::1 24",
                "\"d@e\" f 0"
            ]
        );
        assert_eq!(parse("NONE"), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for bad in [
            "",
            "a,",
            ",a",
            "@a",
            "a:0",
            "a:x",
            "a:70000",
            "[::1",
            "-oProxyCommand=x",
            "a b",
            "a;b",
            "$(x)",
            "a/b",
            "-x@a",
        ] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
