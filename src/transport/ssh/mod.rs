//! SSH, on russh: the only home of that crate.
//!
//! In the order of a connection: `trust` and `identity` are asked before any contact; `connect` makes a TCP
//! connection, `stream` wraps it; `client` answers russh during the handshake; `authenticate` offers keys; `session`
//! runs programs. What `ssh_config` says belongs into the inventory's [`Connection`], a jump host into `Ssh::route`,
//! trust in certificates into `trust`.

mod agent;
mod algorithms;
mod authenticate;
mod book;
mod client;
mod connect;
pub mod embedded;
mod identity;
pub mod key;
pub mod known_hosts;
mod session;
mod stream;
mod trust;
pub mod verdict;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use russh::SshId;
use russh::client::{Config, Handle};
use tokio::net::TcpStream;
use tokio_util::sync::{CancellationToken, DropGuard};

use self::client::{Client, Notes, words};
use self::connect::Resolver;
use self::identity::Identities;
use self::session::SshSession;
use self::trust::{Expectation, Trust};
use super::{BoxFuture, Session, Transport};
use crate::event::{ConnectPhase, Unreachable};
use crate::inventory::{Connection, Host};

/// The SSH transport. One value serves all hosts of a run: they share key files, agents and known hosts.
#[derive(Default)]
pub struct Ssh {
    trust: Trust,
    identities: Identities,
    resolver: Resolver,
    configs: Mutex<HashMap<Policy, Arc<Config>>>,
}

/// What one [`Config`] differs from another by.
type Policy = (Vec<String>, Duration, u32);

/// A connection whose host is known to be the right one.
struct Greeted {
    handle: Handle<Client>,
    notes: Arc<Notes>,
    cut: DropGuard,
}

impl Ssh {
    /// A transport that has met no host yet.
    pub fn new() -> Self {
        Self::default()
    }

    async fn open(&self, host: &Host) -> Result<SshSession, Unreachable> {
        let connection = &host.connection;
        // What can go wrong without contact goes wrong without contact.
        let expectation = self.trust.expectation(connection).await?;
        let offers = self.identities.offers(connection).await?;
        let tcp = self.route(connection).await?;
        let mut greeted = self.greet(connection, tcp, expectation).await?;
        let Greeted { handle, notes, .. } = &mut greeted;
        let agent = self.identities.agent(connection);
        let prove = authenticate::prove(handle, connection, &offers, agent.as_deref(), notes);
        bounded(connection, ConnectPhase::Authenticate, prove).await?;
        Ok(SshSession::new(greeted, connection))
    }

    /// The way to the host's SSH port. A jump host is another way.
    async fn route(&self, connection: &Connection) -> Result<TcpStream, Unreachable> {
        self.resolver.connect(connection).await
    }

    /// Key exchange, and the check of the host's key; none of ours is shown before that.
    async fn greet(
        &self,
        connection: &Connection,
        tcp: TcpStream,
        expectation: Expectation,
    ) -> Result<Greeted, Unreachable> {
        let token = CancellationToken::new();
        let cut = token.clone().drop_guard();
        let stream = stream::Stream::new(tcp, &token, patience(connection));
        let config = self.config(connection, &expectation);
        let name = expectation.name.clone();
        let notes = Arc::new(Notes::default());
        let client = Client {
            expectation,
            notes: Arc::clone(&notes),
        };
        let handshake = async {
            russh::client::connect_stream(config, stream, client)
                .await
                .map_err(|error| {
                    let protocol = || Unreachable::Protocol {
                        phase: ConnectPhase::Handshake,
                        detail: notes.ended().unwrap_or_else(|| words(&error)),
                    };
                    notes.refused().unwrap_or_else(protocol)
                })
        };
        let handle = bounded(connection, ConnectPhase::Handshake, handshake).await?;
        if let Some(key) = notes.learned() {
            self.trust.learn(connection, &name, key).await?;
        }
        Ok(Greeted { handle, notes, cut })
    }

    fn config(&self, connection: &Connection, expectation: &Expectation) -> Arc<Config> {
        let types: Vec<&str> = expectation.types();
        let policy = (
            types.iter().map(ToString::to_string).collect(),
            connection.keepalive,
            connection.keepalive_max,
        );
        let mut configs = self.configs.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            Arc::new(Config {
                client_id: SshId::Standard(Cow::Borrowed(concat!(
                    "SSH-2.0-provision_",
                    env!("CARGO_PKG_VERSION")
                ))),
                preferred: algorithms::preferred(&types),
                keepalive_interval: Some(connection.keepalive).filter(|interval| !interval.is_zero()),
                keepalive_max: connection.keepalive_max as usize,
                // `Stream` bounds what this would bound, and does not take a suspended laptop for a dead host.
                inactivity_timeout: None,
                channel_buffer_size: 32,
                ..Config::default()
            })
        };
        Arc::clone(configs.entry(policy).or_insert_with(make))
    }
}

/// How long a host may take no data: as long as it may leave probes unanswered.
fn patience(connection: &Connection) -> Duration {
    connection.connect_timeout.max(
        connection
            .keepalive
            .saturating_mul(connection.keepalive_max.saturating_add(1)),
    )
}

async fn bounded<T>(
    connection: &Connection,
    phase: ConnectPhase,
    work: impl Future<Output = Result<T, Unreachable>>,
) -> Result<T, Unreachable> {
    let after = connection.connect_timeout;
    let late = Unreachable::Timeout { phase, after };
    tokio::time::timeout(after, work).await.unwrap_or(Err(late))
}

impl Transport for Ssh {
    fn connect<'a>(&'a self, host: &'a Host) -> BoxFuture<'a, Result<Box<dyn Session>, Unreachable>> {
        Box::pin(async move { Ok(Box::new(self.open(host).await?) as Box<dyn Session>) })
    }
}
