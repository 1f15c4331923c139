//! `Match exec`: commands of the user's own that decide what holds.

use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use super::super::environment::Environment;
use super::expand::Tokens;

/// Commands that were run, and whether they succeeded: the same is not asked again for the next host.
#[derive(Debug, Default)]
pub(super) struct Commands(Mutex<HashMap<String, bool>>);

impl Commands {
    /// Whether `command` succeeds, run by the user's shell.
    pub(super) fn holds(&self, command: &str, environment: &Environment) -> Result<bool, String> {
        let mut ran = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = ran.get(command) {
            return Ok(*held);
        }
        let shell = environment
            .variable("SHELL")
            .filter(|shell| !shell.is_empty())
            .unwrap_or("/bin/sh");
        let status = Command::new(shell)
            .args(["-c", command])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .map_err(|error| format!("cannot run {shell}: {error}"))?;
        let held = match status.code() {
            Some(code) => code == 0,
            None => return Err("this command was ended by a signal".to_owned()),
        };
        ran.insert(command.to_owned(), held);
        Ok(held)
    }
}

/// Refuses names that a shell would take for more than a name: they are pasted into commands unquoted.
///
/// OpenSSH refuses them on its command line since 9.6 (CVE-2023-51385).
pub(super) fn harmless(tokens: &Tokens<'_>) -> Result<(), String> {
    let hostile = |c: char| c.is_control() || c.is_whitespace() || "'\"`$\\;&<>|(){}!#*?~".contains(c);
    for (what, name) in [
        ("host", tokens.host),
        ("host", tokens.original),
        ("user", tokens.user),
    ] {
        if name.starts_with('-') || name.contains(hostile) {
            return Err(format!(
                "the {what} name {name:?} is not put into a command: a shell would take it for more"
            ));
        }
    }
    Ok(())
}
