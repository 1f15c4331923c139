//! Clients before hosts that say packet by packet what they like, and what comes of it.

use std::sync::Arc;

use provision::event::{ConnectPhase, Unreachable};
use provision::inventory::Connection;
use provision::transport::ssh::Ssh;
use provision::transport::{BoxFuture, Transport};

use super::{Transcript, finish, within};
use crate::kit::host::host;
use crate::kit::packets::{Cipher, HostKey, Packets};
use crate::kit::payload::message;
use crate::kit::ssh_server::RawServer;

/// What a host does once keys are exchanged.
pub type Act = Arc<dyn Fn(Packets, Arc<HostKey>) -> BoxFuture<'static, ()> + Send + Sync>;

pub fn act<F>(act: impl Fn(Packets, Arc<HostKey>) -> F + Send + Sync + 'static) -> Act
where
    F: Future<Output = ()> + Send + 'static,
{
    Arc::new(move |packets, key| Box::pin(act(packets, key)))
}

pub async fn server(cipher: Cipher, act: Act) -> RawServer {
    let key = Arc::new(HostKey::generate());
    let line = key.public();
    let server = RawServer::start(move |stream, _| {
        let (act, key) = (Arc::clone(&act), Arc::clone(&key));
        Box::pin(async move {
            if let Some(packets) = Packets::accept(stream, &key, cipher).await {
                act(packets, key).await;
            }
        })
    })
    .await;
    let line = line.line(&format!("[127.0.0.1]:{}", server.port));
    std::fs::write(server.dir.path().join("known_hosts"), line + "\n").unwrap();
    server
}

pub const ESCAPES: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J";

/// Where the client is when the storm begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Keys are exchanged; it asks for the service.
    Exchanged,
    /// It offers a key.
    Offering,
    /// It is let in and asks for a session.
    LetIn,
}

pub async fn until(moment: Moment, packets: &mut Packets) -> Option<()> {
    match moment {
        Moment::Exchanged => {}
        Moment::Offering => {
            packets.serve().await?;
        }
        Moment::LetIn => {
            packets.let_in().await?;
            packets.receive_only(message::CHANNEL_OPEN).await?;
        }
    }
    Some(())
}

/// What such a host leads to.
#[derive(Debug, PartialEq, Eq)]
pub enum Leads {
    /// Time runs out in this phase.
    Late(ConnectPhase),
    /// The protocol is broken in this phase.
    Broken(ConnectPhase),
    /// Nobody is let in.
    Denied,
}

/// How far a client gets.
pub async fn gets(ssh: &Ssh, connection: Connection) -> Result<Transcript, Unreachable> {
    let mut session = within(ssh.connect(&host(connection))).await?;
    let result = match within(session.run(Vec::new())).await {
        Ok(mut running) => Ok(finish(&mut *running).await),
        Err(cause) => Err(cause),
    };
    within(session.close()).await;
    result
}

/// What came of it, in the words of [`Leads`].
pub fn led(result: Result<Transcript, Unreachable>) -> Leads {
    match result {
        Err(Unreachable::Timeout { phase, .. }) => Leads::Late(phase),
        Err(Unreachable::Protocol { phase, detail }) => {
            assert!(!detail.is_empty() && detail.len() < 200, "{detail}");
            Leads::Broken(phase)
        }
        Err(Unreachable::Denied { .. }) => Leads::Denied,
        other => panic!("{other:?}"),
    }
}
