//! Why hosts are not reached.

use std::time::Duration;

use provision::event::{BecomeRefusal, ConnectPhase, Mode, Stamped, Unreachable};

use super::{DB, Run};

/// One host per cause.
pub fn unreachable() -> Vec<Stamped> {
    let fingerprint = || "SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8".to_owned();
    let known_hosts = || "/home/ana/.ssh/known_hosts:7".to_owned();
    let refused = |address: &str| Unreachable::Connect {
        address: address.into(),
        detail: "Connection refused".into(),
    };
    let causes = [
        Unreachable::Resolve {
            address: "web01.example.com".into(),
            detail: "Name or service not known".into(),
        },
        refused("192.0.2.2:22"),
        refused("192.0.2.3:22"),
        Unreachable::Hop {
            hop: "ops@bastion.example.com:22".into(),
            why: Box::new(refused("192.0.2.9:22")),
        },
        Unreachable::ProxyCommand {
            command: "nc -x proxy:1080 web05 22".into(),
            detail: "nc: proxy read too short".into(),
        },
        Unreachable::Timeout {
            phase: ConnectPhase::Connect,
            after: Duration::from_secs(10),
        },
        Unreachable::Timeout {
            phase: ConnectPhase::Handshake,
            after: Duration::from_secs(10),
        },
        Unreachable::HostKeyChanged {
            key_type: "ssh-ed25519".into(),
            fingerprint: fingerprint(),
            recorded: "SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM".into(),
            place: known_hosts(),
        },
        Unreachable::HostKeyOtherType {
            key_type: "ssh-ed25519".into(),
            fingerprint: fingerprint(),
            recorded: vec!["ssh-rsa".into()],
            place: known_hosts(),
        },
        Unreachable::HostKeyShort {
            bits: 1024,
            required: 3072,
        },
        Unreachable::HostKeyRevoked {
            fingerprint: fingerprint(),
            place: known_hosts(),
        },
        Unreachable::KnownHosts {
            file: "/home/ana/.ssh/known_hosts".into(),
            detail: "Permission denied".into(),
        },
        Unreachable::Identity {
            file: "/home/ana/.ssh/id_ed25519".into(),
            detail: "it is encrypted, and no agent holds it".into(),
        },
        Unreachable::Denied {
            user: "deploy".into(),
            tried: vec![
                "/home/ana/.ssh/id_ed25519".into(),
                "agent key ana@laptop\u{202e}".into(),
            ],
            accepts: vec!["publickey".into(), "password".into()],
        },
        Unreachable::Become {
            refusal: BecomeRefusal::PasswordNeeded,
            command: "sudo -n".into(),
            detail: "a password is required".into(),
        },
        Unreachable::TurnedAway {
            said: "Not allowed at this time\u{1b}[0m".into(),
        },
        Unreachable::Protocol {
            phase: ConnectPhase::Handshake,
            detail: "no common key exchange algorithm".into(),
        },
    ];
    let hosts: Vec<String> = (1..=causes.len()).map(|n| format!("web{n:02}")).collect();
    let mut run = Run::new(Mode::Push, DB, hosts.iter().map(String::as_str));
    for (host, cause) in hosts.iter().zip(causes) {
        run.unreachable(host, cause);
    }
    run.finish()
}
