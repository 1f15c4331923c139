//! Why a host was not reached, and what to do: one pair of sentences per cause.

use super::advice::{denied_advice, hung_up, keyscan, timeout_advice};
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
            match address.split_once(" from ") {
                None => "check that the host is up, that sshd listens there, and the firewalls between".to_owned(),
                Some((_, hop)) => format!(
                    "check on {} that it may forward (AllowTcpForwarding and PermitOpen of its sshd), knows that name, and \
                     reaches that port",
                    safe(hop)
                ),
            },
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
            if file.is_empty() {
                safe(detail).into_owned()
            } else {
                format!("cannot use the identity {}: {}", safe(file), safe(detail))
            },
            if detail.contains("it is encrypted") {
                "give the key to the agent (`ssh-add`), or start this at a terminal, where its passphrase is asked for".to_owned()
            } else {
                "check `identity_file` in the inventory, that file's permissions, and SSH_AUTH_SOCK".to_owned()
            },
        ),
        Unreachable::Denied { user, tried, accepts } => (
            format!("login as {} refused", safe(user)),
            format!(
                "login as {} refused; tried {}{}",
                safe(user),
                if tried.is_empty() { "no key, there was none".to_owned() } else { list(tried) },
                match accepts.as_slice() {
                    [] if hung_up(tried) => String::new(),
                    [] => "; the host takes nothing else".to_owned(),
                    accepts => format!("; the host takes {}", list(accepts)),
                }
            ),
            denied_advice(tried, accepts).to_owned(),
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
            match phase {
                ConnectPhase::Authenticate | ConnectPhase::Session | ConnectPhase::Become => {
                    "log in by hand with `ssh -v`, and look into the log of the host's sshd: it says why".to_owned()
                }
                ConnectPhase::Handshake if detail.contains("algorithm in common") || detail.contains("` leaves none") => {
                    "change KexAlgorithms, Ciphers, MACs or HostKeyAlgorithms, in ssh_config or on the host, so that both have \
                     one".to_owned()
                }
                _ => "check that this port is an SSH server's; `ssh -v` to it shows the same conversation".to_owned(),
            },
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_do_about_a_refused_login_depends_on_what_the_host_wants() {
        let advice = |tried: &[&str], accepts: &[&str]| {
            let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
            unreachable(&Unreachable::Denied {
                user: "ada".to_owned(),
                tried: texts(tried),
                accepts: texts(accepts),
            })
        };
        let usual = advice(&["key"], &["publickey", "password"]);
        assert!(usual.next.contains("authorized_keys"), "{usual:?}");
        for method in ["password", "keyboard-interactive"] {
            let asks = advice(&["key"], &[method]);
            assert!(asks.next.contains("--ask-password"), "{asks:?}");
        }
        let hung_up = advice(
            &["key", "the host disconnected: Too many authentication failures"],
            &[],
        );
        assert!(hung_up.next.contains("identities_only"), "{hung_up:?}");
        assert!(!hung_up.what.contains("nothing else"), "{hung_up:?}");
        for method in ["password", "keyboard-interactive"] {
            let wrong = advice(&["key", method], &[method]);
            assert!(wrong.next.contains("not taken"), "{wrong:?}");
        }
        let more = advice(
            &["keyboard-interactive: it asks a second time"],
            &["keyboard-interactive"],
        );
        assert!(more.next.contains("expired"), "{more:?}");
        let nothing = advice(&["key"], &[]);
        assert!(nothing.what.contains("nothing else"), "{nothing:?}");
    }

    #[test]
    fn the_way_is_looked_at_where_it_ends() {
        let advice = |address: &str| {
            let (address, detail) = (address.to_owned(), "refused".to_owned());
            unreachable(&Unreachable::Connect { address, detail }).next
        };
        assert!(advice("db1:22").contains("firewalls"));
        let behind = advice("db1:22 from ada@bastion:22");
        assert!(
            behind.contains("ada@bastion:22") && behind.contains("AllowTcpForwarding"),
            "{behind}"
        );
    }
}
