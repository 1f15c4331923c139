//! The address of a host, or of all hosts of a range.

use std::net::Ipv6Addr;

use super::range::Pattern;
use crate::config::Value;
use crate::diagnostic::Diagnostic;

/// An address for each of several hosts, and the port that was written behind it.
pub(super) struct Addresses {
    pub(super) each: Vec<String>,
    pub(super) port: Option<u16>,
}

/// Reads an address for each of `count` hosts: one for all, or a range of as many. A port may stand behind it,
/// `host:22` or `[::1]:22`.
pub(super) fn read(value: &Value, count: usize) -> Result<Addresses, Diagnostic> {
    let whole = value.as_str()?;
    let (text, port) = match with_port(whole) {
        Some((text, port)) => {
            let port =
                port.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
                    Diagnostic::new("a port is an integer from 1 to 65535").at(&value.origin)
                })?;
            (text, Some(port))
        }
        None => (whole, None),
    };
    let each = read_each(text, value, count)?;
    Ok(Addresses { each, port })
}

/// Splits off what is written as a port. The colons of a bare IPv6 address are its own.
fn with_port(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let bracketed = bracketed.is_some_and(|inner| inner.parse::<Ipv6Addr>().is_ok());
    let digits = !port.is_empty() && port.bytes().all(|c| c.is_ascii_digit());
    (digits && (bracketed || !host.contains(':'))).then_some((host, port))
}

fn read_each(text: &str, value: &Value, count: usize) -> Result<Vec<String>, Diagnostic> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    if bare.parse::<Ipv6Addr>().is_ok() {
        return Ok(vec![bare.to_owned(); count]);
    }
    check(text).map_err(|help| {
        let mistake = Diagnostic::new(format!("{text:?} is no address")).at(&value.origin);
        mistake.help(help)
    })?;
    let addresses = Pattern::parse(text)
        .map_err(|error| {
            let mistake = Diagnostic::new(error.message).at(&value.origin.part(text, error.span));
            mistake.help(error.help)
        })?
        .names();
    match addresses.len() {
        1 => Ok(vec![text.to_owned(); count]),
        given if given == count => Ok(addresses),
        given => Err(Diagnostic::new(format!(
            "{given} addresses for {count} host{}",
            if count == 1 { "" } else { "s" }
        ))
        .at(&value.origin)
        .help("give one address, or a range of as many as there are hosts")),
    }
}

/// Refuses what is no host name or IP address, saying what to do.
fn check(text: &str) -> Result<(), &'static str> {
    let known = |c: char| c.is_ascii_alphanumeric() || "._-:%[]".contains(c);
    if text.contains('@') {
        return Err("set the user with `user = \"…\"`");
    }
    let bare = text.split('%').next().unwrap_or_default();
    match text.matches(':').count() {
        0 => {}
        1 => return Err("a port is a number, as in `db1:2222`"),
        _ if bare.parse::<Ipv6Addr>().is_ok() => {}
        _ => return Err("give a host name or an IP address; a port behind an IPv6 address as in `[::1]:22`"),
    }
    if text.is_empty() || text.starts_with(['-', '.']) || !text.chars().all(known) {
        return Err("give a host name or an IP address");
    }
    Ok(())
}
