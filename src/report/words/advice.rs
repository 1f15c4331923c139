//! What to do about a host that was not reached, where it depends on more than the cause.

use crate::event::ConnectPhase;

/// What to do about a host that is late in this phase.
pub(super) fn timeout_advice(phase: ConnectPhase) -> &'static str {
    match phase {
        ConnectPhase::Resolve => {
            "check DNS on this machine, or give `address` as an IP address in the inventory"
        }
        ConnectPhase::Connect => {
            "check `address` and `port` in the inventory, that the host is up, and the firewalls between"
        }
        ConnectPhase::Handshake => {
            "something listens there but does not speak SSH in time: check `port`, or whether the host is overloaded"
        }
        ConnectPhase::Authenticate => {
            "a slow PAM or DNS on the host? raise `connect_timeout` in the inventory"
        }
        ConnectPhase::Session => {
            "the host lets us in but starts nothing: log in by hand and look at its load and disk"
        }
        ConnectPhase::Become => {
            "sudo, doas or su neither asks nor answers: try it there by hand; a slow PAM or DNS on the host?"
        }
    }
}

/// Whether the host ended the login in words, as one does that has had enough of keys.
pub(super) fn hung_up(tried: &[String]) -> bool {
    tried.iter().any(|one| one.starts_with("the host disconnected"))
}

/// What to do where nobody was let in, by what was tried and what the host takes.
pub(super) fn denied_advice(tried: &[String], accepts: &[String]) -> &'static str {
    let takes = |method: &str| accepts.iter().any(|one| one == method);
    let asked = |method: &str| tried.iter().find_map(|one| one.strip_prefix(method));
    let password = asked("password").or_else(|| asked("keyboard-interactive"));
    if hung_up(tried) {
        "a host hangs up after a few keys (MaxAuthTries): name its key with `identity_file`, and set `identities_only = true`"
    } else if let Some("") = password {
        "that password was not taken; it was tried once, so that nobody is locked out: try it by hand"
    } else if password.is_some() {
        "the host asks for more than a password, such as a code, or a new password for one that has expired: log in by hand"
    } else if !takes("publickey") && (takes("password") || takes("keyboard-interactive")) {
        "the host wants a password: give one with --ask-password (-k)"
    } else {
        "check `user` and `identity_file` in the inventory, and ~/.ssh/authorized_keys on the host"
    }
}

/// The command that records a key by hand, when every part of it can be pasted without harm.
pub(super) fn keyscan(name: &str, key_type: &str, files: &[String]) -> String {
    let plain = |text: &str| {
        !text.starts_with('-')
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "/._:-~".contains(c))
    };
    let (address, port) = match name.strip_prefix('[').and_then(|rest| rest.split_once("]:")) {
        Some((address, port)) => (address, format!("-p {port} ")),
        None => (name, String::new()),
    };
    if !plain(name.trim_start_matches('[').replacen("]:", ":", 1).as_str()) {
        return String::new();
    }
    let kind = match key_type {
        "ssh-ed25519" => "ed25519",
        "ssh-rsa" | "rsa-sha2-256" | "rsa-sha2-512" => "rsa",
        other if other.starts_with("ecdsa-sha2-") => "ecdsa",
        _ => return String::new(),
    };
    match files.first() {
        // Nothing is recorded in nothing.
        Some(file) if plain(file) && file != "/dev/null" => {
            format!(", or record it: ssh-keyscan {port}-t {kind} {address} >> {file}")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_offered_only_when_it_can_be_pasted() {
        let scan = |name: &str, file: &str| keyscan(name, "ssh-ed25519", &[file.to_owned()]);
        assert_eq!(
            scan("[192.0.2.1]:2222", "/home/a/.ssh/known_hosts"),
            ", or record it: ssh-keyscan -p 2222 -t ed25519 192.0.2.1 >> /home/a/.ssh/known_hosts"
        );
        assert_eq!(
            scan("db1", "k"),
            ", or record it: ssh-keyscan -t ed25519 db1 >> k"
        );
        assert_eq!(scan("db1;reboot", "k"), "");
        assert_eq!(scan("-oProxy", "k"), "");
        assert_eq!(scan("[db1]:2;x", "k"), "");
        assert_eq!(scan("db1", "my file"), "");
        assert_eq!(scan("db1", "/dev/null"), "");
    }
}
