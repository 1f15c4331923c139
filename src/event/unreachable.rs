//! Why a host was not reached: one variant per thing a person would do something different about.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How far a connection got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Looking up the address.
    Resolve,
    /// Opening the TCP connection.
    Connect,
    /// SSH identification and key exchange.
    Handshake,
    /// Proving who we are.
    Authenticate,
    /// Opening the session and starting the program.
    Session,
    /// Becoming another user, where that takes a password.
    Become,
}

/// What is wrong with a host's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateProblem {
    /// No authority recorded for the host signed it.
    UnknownAuthority,
    /// It is a user's.
    NotAHosts,
    /// Its time has not come; or the clock here is slow.
    NotYetValid,
    /// Its time is over.
    Expired,
    /// It is good for other names only.
    OtherName,
    /// It restricts itself in a way nobody here understands.
    UnknownOption,
    /// The signature is not the authority's, or made with SHA-1.
    BadSignature,
    /// It is signed by an algorithm that `CASignatureAlgorithms` leaves out.
    UnwantedAlgorithm,
}

/// Why we may not become another user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BecomeRefusal {
    /// It asks for a password, and none was given.
    PasswordNeeded,
    /// The password is not the one it wants; it was tried once.
    WrongPassword,
    /// It asks for something else than a password, such as a one-time code.
    OtherQuestion,
    /// Its rules do not let this user become that one.
    NotAllowed,
    /// It lets nobody in without a terminal (`requiretty` of sudoers).
    TerminalNeeded,
    /// There is no such command on the host.
    NotInstalled,
    /// There is no such user on the host.
    NoSuchUser,
    /// Something else; its words say what.
    Unknown,
}

/// Why a host was not reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "cause")]
pub enum Unreachable {
    /// The address has no entry in DNS or /etc/hosts.
    Resolve {
        /// What was looked up.
        address: String,
        /// What the resolver said.
        detail: String,
    },
    /// No TCP connection to any of the addresses.
    Connect {
        /// The address and port tried.
        address: String,
        /// What the system said, such as `Connection refused`.
        detail: String,
    },
    /// A host on the way was not reached.
    Hop {
        /// The host on the way, `user@address:port`.
        hop: String,
        /// Why it was not reached.
        why: Box<Unreachable>,
    },
    /// The command that was to make the connection did not.
    ProxyCommand {
        /// The command line.
        command: String,
        /// What it said on stderr, or what the system said of it.
        detail: String,
    },
    /// A phase took longer than it may.
    Timeout {
        /// The phase.
        phase: Phase,
        /// How long was waited, in seconds in NDJSON.
        #[serde(with = "super::form::seconds")]
        after: Duration,
    },
    /// The host's key is in no `known_hosts` file.
    HostKeyUnknown {
        /// The key's type, such as `ssh-ed25519`.
        key_type: String,
        /// The key's SHA-256 fingerprint, as `ssh-keygen -l` prints it.
        fingerprint: String,
        /// The name looked up, `[address]:port` when the port is not 22.
        name: String,
        /// The files looked in.
        files: Vec<String>,
    },
    /// The host's key is not the one recorded: another machine, or another key.
    HostKeyChanged {
        /// The offered key's type.
        key_type: String,
        /// The offered key's fingerprint.
        fingerprint: String,
        /// The recorded key's fingerprint.
        recorded: String,
        /// Where it is recorded, `file:line`.
        place: String,
    },
    /// Keys are recorded for the host, but none of the type it offers.
    HostKeyOtherType {
        /// The offered key's type.
        key_type: String,
        /// The offered key's fingerprint.
        fingerprint: String,
        /// The types recorded.
        recorded: Vec<String>,
        /// Where the first is recorded, `file:line`.
        place: String,
    },
    /// The host's RSA key is shorter than it may be.
    HostKeyShort {
        /// How long it is, in bits.
        bits: u64,
        /// How long RSA keys have to be (`RequiredRSASize`).
        required: u32,
    },
    /// The host's key is marked `@revoked`.
    HostKeyRevoked {
        /// The offered key's fingerprint.
        fingerprint: String,
        /// Where it is revoked, `file:line`.
        place: String,
    },
    /// The host shows a certificate of an authority recorded for it that does not say it is this host.
    HostCertificate {
        /// What is wrong with it.
        problem: CertificateProblem,
        /// What its authority calls it.
        key_id: String,
        /// The authority's fingerprint.
        authority: String,
        /// The names it is good for.
        principals: Vec<String>,
        /// The name looked for.
        name: String,
    },
    /// A `known_hosts` file is there but cannot be used; nothing is trusted then.
    KnownHosts {
        /// The file.
        file: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A key file cannot be read, or the agent cannot be asked.
    Identity {
        /// The file or socket.
        file: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The host took none of our keys.
    Denied {
        /// The user we tried to be.
        user: String,
        /// The keys and methods tried, in order.
        tried: Vec<String>,
        /// The methods the host would take.
        accepts: Vec<String>,
    },
    /// We are in, but may not become who we should.
    Become {
        /// The command used.
        command: String,
        /// What its refusal means.
        refusal: BecomeRefusal,
        /// What it said.
        detail: String,
    },
    /// The host closed the connection before it greeted us, and said why.
    TurnedAway {
        /// What it said, such as `Not allowed at this time`.
        said: String,
    },
    /// The other side does not speak SSH as it should, or ended the conversation.
    Protocol {
        /// The phase it happened in.
        phase: Phase,
        /// What the SSH library said.
        detail: String,
    },
}
