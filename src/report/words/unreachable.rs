//! Why a host was not reached, and what to do: one pair of sentences per cause.

use super::{Advice, duration};
use crate::event::{BecomeRefusal, CertificateProblem, ConnectPhase, Unreachable};
use crate::report::escape;

/// Words for `cause`.
#[allow(clippy::too_many_lines, reason = "one table, read as one")]
pub fn unreachable(cause: &Unreachable) -> Advice {
    let (brief, what, next) = match cause {
        Unreachable::Resolve { address, detail } => (
            "address not found".to_owned(),
            format!("address {} not found: {}", safe(address), safe(detail)),
            "check `address` in the inventory, and DNS and /etc/hosts on this machine".to_owned(),
        ),
        Unreachable::Connect { address, detail } => (
            format!("no connection: {}", safe(detail)),
            format!("no connection to {}: {}", safe(address), safe(detail)),
            "check that the host is up, that sshd listens there, and the firewalls between".to_owned(),
        ),
        Unreachable::Hop { hop, why } => {
            let why = unreachable(why);
            (
                format!("on the way, {}: {}", safe(hop), why.brief),
                format!("on the way to it, at {}: {}", safe(hop), why.what),
                why.next,
            )
        }
        Unreachable::ProxyCommand { command, detail } => (
            format!("ProxyCommand failed: {}", safe(detail)),
            format!("the ProxyCommand `{}` made no connection: {}", safe(command), safe(detail)),
            "run that command by hand: an SSH server's greeting must come out of it".to_owned(),
        ),
        Unreachable::Timeout { phase, after } => (
            format!("timed out while {}", phase_words(*phase)),
            format!("no answer within {} while {}", duration(*after), phase_words(*phase)),
            timeout_advice(*phase).to_owned(),
        ),
        Unreachable::HostKeyUnknown {
            key_type,
            fingerprint,
            name,
            files,
        } => (
            "host key not known".to_owned(),
            format!(
                "host key not known: {} {}; {} is not in {}",
                safe(key_type),
                safe(fingerprint),
                safe(name),
                if files.is_empty() { "any known_hosts file".to_owned() } else { list(files) }
            ),
            format!(
                "compare the fingerprint with the host's own, then push with --accept-new{}",
                keyscan(name, key_type, files)
            ),
        ),
        Unreachable::HostKeyChanged {
            key_type,
            fingerprint,
            recorded,
            place,
        } => (
            "HOST KEY CHANGED".to_owned(),
            format!(
                "HOST KEY CHANGED: it offers {} {}, recorded is {} ({})",
                safe(key_type),
                safe(fingerprint),
                safe(recorded),
                safe(place)
            ),
            "somebody may sit between; only when the host is known to have a new key, check its fingerprint there \
             and remove the recorded line"
                .to_owned(),
        ),
        Unreachable::HostKeyOtherType {
            key_type,
            fingerprint,
            recorded,
            place,
        } => (
            "host key of another type".to_owned(),
            format!(
                "host key of another type: it offers {} {}, recorded is {} ({})",
                safe(key_type),
                safe(fingerprint),
                list(recorded),
                safe(place)
            ),
            "check the fingerprint on the host itself, then record that key too".to_owned(),
        ),
        Unreachable::HostKeyShort { bits, required } => (
            "host key too short".to_owned(),
            format!("the host's RSA key has {bits} bits, and {required} are wanted (RequiredRSASize)"),
            "give the host a longer key, or one of another type: `ssh-keygen -A` there makes all types".to_owned(),
        ),
        Unreachable::HostKeyRevoked { fingerprint, place } => (
            "host key revoked".to_owned(),
            format!("host key {} is revoked ({})", safe(fingerprint), safe(place)),
            "do not trust this host until it has a new key and that one is recorded".to_owned(),
        ),
        Unreachable::HostCertificate {
            problem,
            key_id,
            authority,
            principals,
            name,
        } => (
            "host certificate refused".to_owned(),
            format!(
                "host certificate {} of authority {} refused: {}{}; looked for {}",
                safe(key_id),
                safe(authority),
                certificate_words(*problem),
                if principals.is_empty() { String::new() } else { format!("; it is good for {}", list(principals)) },
                safe(name)
            ),
            "`ssh-keygen -L` on the host shows its certificate; check the name, the time, and the clocks".to_owned(),
        ),
        Unreachable::KnownHosts { file, detail } => (
            "known_hosts cannot be used".to_owned(),
            format!("cannot use {}: {}", safe(file), safe(detail)),
            "mend that file; nothing is trusted while it cannot be read".to_owned(),
        ),
        Unreachable::Identity { file, detail } => (
            "identity cannot be used".to_owned(),
            format!("cannot use the identity {}: {}", safe(file), safe(detail)),
            "check `identity_file` in the inventory, that file's permissions, and SSH_AUTH_SOCK".to_owned(),
        ),
        Unreachable::Denied { user, tried, accepts } => (
            format!("login as {} refused", safe(user)),
            format!(
                "login as {} refused; tried {}; the host takes {}",
                safe(user),
                if tried.is_empty() { "no key, there was none".to_owned() } else { list(tried) },
                if accepts.is_empty() { "nothing else".to_owned() } else { list(accepts) }
            ),
            "check `user` and `identity_file` in the inventory, and ~/.ssh/authorized_keys on the host".to_owned(),
        ),
        Unreachable::Become {
            command,
            refusal,
            detail,
        } => {
            let (brief, next) = become_words(*refusal);
            (
                format!("`{}`: {brief}", safe(command)),
                format!("logged in, but `{}` does not let us in: {brief}{}", safe(command), said(detail)),
                next.to_owned(),
            )
        }
        Unreachable::TurnedAway { said } => (
            format!("turned away: {}", safe(said)),
            format!("it turned this machine away before it greeted: {}", safe(said)),
            "sshd counts logins that failed (PerSourcePenalties), and those under way (MaxStartups), by address: wait, mend \
             what failed, or exempt this machine there (PerSourcePenaltyExemptList)"
                .to_owned(),
        ),
        Unreachable::Protocol { phase, detail } => (
            format!("SSH broke off while {}", phase_words(*phase)),
            format!("SSH broke off while {}: {}", phase_words(*phase), safe(detail)),
            "check that this port is an SSH server's; `ssh -v` to it shows the same conversation".to_owned(),
        ),
    };
    Advice { brief, what, next }
}

fn certificate_words(problem: CertificateProblem) -> &'static str {
    match problem {
        CertificateProblem::UnknownAuthority => "no authority recorded for this host signed it",
        CertificateProblem::NotAHosts => "it is a user's, not a host's",
        CertificateProblem::NotYetValid => "it is not valid yet",
        CertificateProblem::Expired => "it has expired",
        CertificateProblem::OtherName => "it is for other names",
        CertificateProblem::UnknownOption => "it has critical options, which hosts' have not",
        CertificateProblem::UnwantedAlgorithm => {
            "it is signed by an algorithm that CASignatureAlgorithms leaves out"
        }
        CertificateProblem::BadSignature => "its signature is not good, or made with SHA-1",
    }
}

/// What a refusal is called, and what to do.
fn become_words(refusal: BecomeRefusal) -> (&'static str, &'static str) {
    match refusal {
        BecomeRefusal::PasswordNeeded => (
            "it asks for a password",
            "push with --ask-become-password, or let this user in without a password there",
        ),
        BecomeRefusal::WrongPassword => (
            "wrong password",
            "try the password there by hand; it was tried once, so that nobody is locked out",
        ),
        BecomeRefusal::OtherQuestion => (
            "it asks for something else than a password",
            "let this user in without that there, or log in as another user",
        ),
        BecomeRefusal::NotAllowed => (
            "its rules do not allow it",
            "allow this user to run `sh` there (sudoers or doas.conf), or change `user` or `become` in the inventory",
        ),
        BecomeRefusal::TerminalNeeded => (
            "it wants a terminal",
            "take `requiretty` out of sudoers there for this user (`Defaults:USER !requiretty`)",
        ),
        BecomeRefusal::NotInstalled => (
            "there is no such command",
            "install it there, or change `become` in the inventory",
        ),
        BecomeRefusal::NoSuchUser => ("there is no such user", "check `become_user` in the inventory"),
        BecomeRefusal::Unknown => (
            "it refuses",
            "run the same command there by hand, or change `become` in the inventory",
        ),
    }
}

/// A host's own words, where it had some.
fn said(detail: &str) -> String {
    let detail = safe(detail);
    if detail.is_empty() {
        String::new()
    } else {
        format!(" ({detail})")
    }
}

fn safe(text: &str) -> std::borrow::Cow<'_, str> {
    escape::line(text)
}

fn list(texts: &[String]) -> String {
    let texts: Vec<_> = texts.iter().map(|text| safe(text)).collect();
    texts.join(", ")
}

fn phase_words(phase: ConnectPhase) -> &'static str {
    match phase {
        ConnectPhase::Resolve => "looking up its address",
        ConnectPhase::Connect => "connecting",
        ConnectPhase::Handshake => "exchanging keys",
        ConnectPhase::Authenticate => "logging in",
        ConnectPhase::Session => "starting the program",
        ConnectPhase::Become => "becoming another user",
    }
}

fn timeout_advice(phase: ConnectPhase) -> &'static str {
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

/// The command that records a key by hand, when every part of it can be pasted without harm.
fn keyscan(name: &str, key_type: &str, files: &[String]) -> String {
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
        Some(file) if plain(file) => {
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
    }
}
