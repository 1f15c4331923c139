//! What russh asks us while a connection lives: whether the host's key is good, and whether the host may open
//! channels towards us. It may not.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use russh::client::{ChannelOpenHandle, DisconnectReason, Handler, Msg, Session};
use russh::keys::{Certificate, PublicKeyOrCertificate};
use russh::{Channel, Error};

use super::certificate::Presented;
use super::key::Key;
use super::stream::FirstWords;
use super::trust::{Decision, Expectation};
use crate::event::{ConnectPhase, Unreachable};
use crate::transport::Link;

/// russh's side of one connection. It runs inside the connection's loop, so nothing here may wait.
pub(super) struct Client {
    pub(super) expectation: Arc<Expectation>,
    pub(super) notes: Arc<Notes>,
}

/// What the loop has to tell, read when it has ended or moved on.
#[derive(Default)]
pub(super) struct Notes(Mutex<Content>);

#[derive(Default)]
struct Content {
    refused: Option<Unreachable>,
    stranger: Option<Key>,
    learned: Option<Key>,
    ended: Option<String>,
    hung_up: bool,
    link: Link,
}

impl Notes {
    /// Why the host's key was refused, if it was.
    pub(super) fn refused(&self) -> Option<Unreachable> {
        self.with(|content| content.refused.take())
    }

    /// The host's key, when it was refused for no more than that nobody has been asked.
    pub(super) fn stranger(&self) -> Option<Key> {
        self.with(|content| content.stranger.take())
    }

    /// The host's key, when it is new and has to be written down.
    pub(super) fn learned(&self) -> Option<Key> {
        self.with(|content| content.learned.take())
    }

    /// Why the connection ended, if it has.
    pub(super) fn ended(&self) -> Option<String> {
        self.with(|content| content.ended.clone())
    }

    /// Whether the host ended it in so many words.
    pub(super) fn hung_up(&self) -> bool {
        self.with(|content| content.hung_up)
    }

    /// What proved who we are.
    pub(super) fn proved(&self, proof: &str) {
        self.with(|content| proof.clone_into(&mut content.link.proof));
    }

    /// Which address was connected to.
    pub(super) fn reached(&self, address: Option<SocketAddr>) {
        self.with(|content| content.link.address = address);
    }

    /// What is known of the connection.
    pub(super) fn link(&self) -> Link {
        self.with(|content| content.link.clone())
    }

    fn with<T>(&self, change: impl FnOnce(&mut Content) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Client {
    /// Keeps what was decided about `key` where it is looked for later.
    fn taken(&self, key: Key, decision: Result<Decision, Unreachable>) -> bool {
        self.notes.with(|content| {
            content.link.host_key = (key.key_type.clone(), key.fingerprint());
            content.link.learned = matches!(decision, Ok(Decision::Learn));
            match decision {
                Ok(Decision::Accept) => true,
                Ok(Decision::Learn) => {
                    content.learned = Some(key);
                    true
                }
                Ok(Decision::Ask(refused)) => {
                    content.refused = Some(refused);
                    content.stranger = Some(key);
                    false
                }
                Err(refused) => {
                    content.refused = Some(refused);
                    false
                }
            }
        })
    }

    fn certified(&self, certificate: &Certificate) -> bool {
        let Some(shown) = Presented::new(certificate) else {
            return false;
        };
        // A clock before 1970 leaves no certificate valid.
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |since| since.as_secs());
        let decision = self.expectation.decide_certificate(&shown, now);
        self.taken(shown.subject, decision)
    }
}

impl Handler for Client {
    type Error = Error;

    async fn check_server_key(&mut self, offered: &PublicKeyOrCertificate) -> Result<bool, Error> {
        let key = match offered {
            PublicKeyOrCertificate::PublicKey { key, .. } => key,
            PublicKeyOrCertificate::Certificate(certificate) => return Ok(self.certified(certificate)),
        };
        let Some(key) = key.to_bytes().ok().and_then(Key::from_blob) else {
            return Ok(false);
        };
        let decision = self.expectation.decide(&key);
        Ok(self.taken(key, decision))
    }

    async fn disconnected(&mut self, reason: DisconnectReason<Error>) -> Result<(), Error> {
        let detail = match &reason {
            // The host refused us; that is not how a connection breaks.
            DisconnectReason::Error(Error::NoAuthMethod) => return Ok(()),
            DisconnectReason::ReceivedDisconnect(info) => {
                format!("the host disconnected: {}", bounded(&info.message))
            }
            DisconnectReason::Error(error) => words(error),
        };
        self.notes.with(|content| {
            content.ended = Some(detail);
            content.hung_up = matches!(reason, DisconnectReason::ReceivedDisconnect(_));
        });
        Ok(())
    }

    // russh accepts what these leave open. Dropping `reply` refuses.

    async fn server_channel_open_forwarded_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        drop(reply);
        Ok(())
    }

    async fn server_channel_open_forwarded_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        drop(reply);
        Ok(())
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        drop(reply);
        Ok(())
    }

    async fn server_channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        drop(reply);
        Ok(())
    }

    async fn server_channel_open_direct_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        drop(reply);
        Ok(())
    }

    async fn server_channel_open_direct_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        drop(reply);
        Ok(())
    }

    async fn server_channel_open_x11(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        drop(reply);
        Ok(())
    }
}

/// Whether an error says no more than that the host closed the connection.
pub(super) fn closed(error: &Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    match error {
        Error::Disconnect | Error::HUP => true,
        Error::IO(error) => matches!(
            error.kind(),
            UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe
        ),
        _ => false,
    }
}

/// Why there was no handshake.
pub(super) fn broken_off(error: &Error, notes: &Notes, first: &FirstWords) -> Unreachable {
    match first.instead_of_greeting().filter(|_| closed(error)) {
        Some(said) => Unreachable::TurnedAway { said },
        None => Unreachable::Protocol {
            phase: ConnectPhase::Handshake,
            detail: notes.ended().unwrap_or_else(|| words(error)),
        },
    }
}

/// What an error of russh means for a person.
pub(super) fn words(error: &Error) -> String {
    match error {
        Error::Disconnect | Error::HUP | Error::SendError | Error::RecvError => {
            "the host closed the connection".to_owned()
        }
        Error::KeepaliveTimeout => "the host answered none of three keepalives".to_owned(),
        // Text in another encoding, which ssh would pass on as it is; most often it stands in a banner.
        Error::SshEncoding(russh::keys::ssh_encoding::Error::CharacterEncoding) => {
            "the host said something that is not UTF-8; if its sshd has a `Banner`, that file must be"
                .to_owned()
        }
        Error::Inconsistent | Error::SshEncoding(_) | Error::IndexOutOfBounds | Error::KexInit => {
            "the host broke the protocol".to_owned()
        }
        Error::PacketSize(bytes) => format!("the host began a packet of {bytes} bytes; none may be as long"),
        Error::DecryptionError | Error::PacketAuth => "a packet was changed on its way".to_owned(),
        Error::Version => "the host does not speak SSH 2".to_owned(),
        Error::NoCommonAlgo { kind, ours, theirs } => format!(
            "no {kind:?} algorithm in common: the host has {}, we have {}",
            bounded(&theirs.join(", ")),
            ours.join(", ")
        ),
        Error::IO(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            "the host closed the connection".to_owned()
        }
        other => other.to_string(),
    }
}

/// A host's words, short enough to show.
fn bounded(text: &str) -> String {
    const MAX: usize = 500;
    match text.char_indices().nth(MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
