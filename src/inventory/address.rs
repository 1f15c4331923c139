//! The address of a host, or of all hosts of a range.

use std::net::Ipv6Addr;

use super::range::Pattern;
use crate::config::Value;
use crate::diagnostic::Diagnostic;

/// Reads an address for each of `count` hosts: one for all, or a range of as many.
pub(super) fn read(value: &Value, count: usize) -> Result<Vec<String>, Diagnostic> {
    let text = value.as_str()?;
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
    if text.matches(':').count() == 1 {
        return Err("set the port with `port = …`");
    }
    if text.is_empty() || text.starts_with(['-', '.']) || !text.chars().all(known) {
        return Err("give a host name or an IP address");
    }
    Ok(())
}
