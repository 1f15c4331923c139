//! SSH, on russh: the only home of that crate.
//!
//! In the order of a connection: `trust` and `identity` are asked before any contact; a way is made by `connect` (TCP),
//! `jump` and `tunnel` (through a bastion) or `command` (over a `ProxyCommand`), and `stream` wraps it; `client` answers
//! russh during the handshake; `authenticate` offers keys; `session` runs programs.

mod accepted;
mod agent;
mod algorithms;
mod ask;
mod authenticate;
mod becoming;
mod book;
mod certificate;
mod client;
mod command;
mod connect;
mod descriptors;
pub mod embedded;
mod identity;
mod jump;
pub mod key;
pub mod known_hosts;
mod locked;
mod pace;
mod password;
mod pipe;
mod session;
mod signer;
mod stranger;
mod stream;
mod trust;
mod tunnel;
pub mod verdict;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use russh::SshId;
use russh::client::{Config, Handle};
use tokio_util::sync::{CancellationToken, DropGuard};

pub use self::ask::{Ask, Stranger};
use self::authenticate::Proof;
use self::client::{Client, Notes};
use self::command::{ProxyCommand, Said};
use self::connect::Resolver;
use self::descriptors::{Descriptors, Permit};
use self::identity::Identities;
use self::jump::Bastions;
use self::pace::Paces;
use self::pipe::Pipe;
use self::session::SshSession;
use self::stranger::Strangers;
use self::stream::{FirstWords, Stream};
use self::trust::{Expectation, Trust};
use self::tunnel::INNER_WINDOW;
use super::{BoxFuture, Session, Transport};
use crate::event::{ConnectPhase, Unreachable};
use crate::inventory::{Algorithms, Connection, Host, Route};

/// The SSH transport. One value serves all hosts of a run: they share key files, agents and known hosts.
#[derive(Default)]
pub struct Ssh {
    trust: Trust,
    strangers: Strangers,
    identities: Identities,
    resolver: Resolver,
    bastions: Bastions,
    paces: Paces,
    descriptors: Descriptors,
    configs: Mutex<HashMap<Policy, Arc<Config>>>,
}

/// How long a login may take when somebody has to be asked first; sshd waits as long (`LoginGraceTime`).
const PERSON: Duration = Duration::from_secs(120);

/// Why a host did not greet us.
struct Ungreeted {
    cause: Unreachable,
    /// It closed the connection before it said which keys it has: too many may be on their way in.
    turned_away: bool,
    /// It was refused for a key of which nobody has been asked yet.
    stranger: Option<Box<Stranger>>,
}

impl From<Unreachable> for Ungreeted {
    fn from(cause: Unreachable) -> Self {
        Self {
            cause,
            turned_away: false,
            stranger: None,
        }
    }
}

/// What one [`Config`] differs from another by.
#[derive(PartialEq, Eq, Hash)]
struct Policy {
    types: Vec<String>,
    certificates: algorithms::Certificates,
    algorithms: Arc<Algorithms>,
    keepalive: (Duration, u32),
    window: u32,
}

/// A connection whose host is known to be the right one.
struct Greeted {
    handle: Handle<Client>,
    notes: Arc<Notes>,
    cut: DropGuard,
    _permit: Option<Permit>,
}

/// A way to a host's SSH port, with what has to be kept and told with it.
struct Way {
    pipe: Pipe,
    permit: Option<Permit>,
    said: Option<Said>,
}

impl Ssh {
    /// A transport that has met no host yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// With somebody who is asked for passphrases of keys that hosts take.
    #[must_use]
    pub fn asking(mut self, ask: Arc<dyn Ask>) -> Self {
        self.identities.ask = Some(ask);
        self
    }

    async fn open(&self, host: &Host) -> Result<SshSession, Unreachable> {
        let greeted = self.login(&host.connection).await?;
        Ok(SshSession::new(greeted, &host.connection))
    }

    /// Connects and authenticates. A bastion is connected to in the same way, so this may come back to itself.
    fn login<'a>(&'a self, connection: &'a Arc<Connection>) -> BoxFuture<'a, Result<Greeted, Unreachable>> {
        Box::pin(async move {
            // What can go wrong without contact goes wrong without contact.
            let mut expectation = Arc::new(self.trust.expectation(connection).await?);
            let offers = self.identities.offers(connection).await?;
            let mut config = self.config(connection, &expectation)?;
            let pace = self.paces.of(&connection.address, connection.port);
            let mut tries = 0;
            let (mut greeted, place) = loop {
                let place = pace.enter().await;
                tries += 1;
                let Way { pipe, permit, said } = self.way(connection).await?;
                let greeting = self.greet(
                    connection,
                    Arc::clone(&config),
                    pipe,
                    Arc::clone(&expectation),
                    permit,
                );
                match (greeting.await, said) {
                    (Ok(greeted), _) => break (greeted, place),
                    (
                        Err(Ungreeted {
                            cause,
                            stranger: Some(stranger),
                            ..
                        }),
                        _,
                    ) => {
                        // A person takes as long as it takes, and the host would not wait.
                        drop(place);
                        self.introduce(connection, *stranger, cause).await?;
                        expectation = Arc::new(self.trust.expectation(connection).await?);
                        config = self.config(connection, &expectation)?;
                    }
                    (Err(Ungreeted { cause, .. }), Some(said)) => {
                        return Err(told(connection, cause, said).await);
                    }
                    (
                        Err(Ungreeted {
                            cause, turned_away, ..
                        }),
                        None,
                    ) => {
                        let wait = if turned_away {
                            place.turned_away(tries, pace::is_penalty(&cause))
                        } else {
                            None
                        };
                        let Some(wait) = wait else { return Err(cause) };
                        tokio::time::sleep(wait).await;
                    }
                }
            };
            let Greeted { handle, notes, .. } = &mut greeted;
            let agent = self.identities.agent(connection);
            let proof = Proof {
                offers: &offers,
                agent: agent.as_deref(),
                ask: self.identities.ask.as_ref(),
            };
            let prove = authenticate::prove(handle, connection, proof, notes);
            let after = if offers.may_ask() {
                PERSON
            } else {
                connection.connect_timeout
            };
            let phase = ConnectPhase::Authenticate;
            let late = Unreachable::Timeout { phase, after };
            tokio::time::timeout(after, prove).await.unwrap_or(Err(late))?;
            place.let_in();
            Ok(greeted)
        })
    }

    /// The way to the host's SSH port.
    async fn way(&self, connection: &Connection) -> Result<Way, Unreachable> {
        let way = match &connection.route {
            Route::Direct => {
                let permit = self.descriptors.take(1).await;
                let pipe = Pipe::Tcp(self.resolver.connect(connection).await?);
                Way {
                    pipe,
                    permit,
                    said: None,
                }
            }
            Route::Jump(bastion) => {
                let pipe = self.bastions.tunnel(self, bastion, connection).await?;
                Way {
                    pipe,
                    permit: None,
                    said: None,
                }
            }
            Route::Command(command) => {
                // Its stdin, stdout and stderr.
                let permit = self.descriptors.take(3).await;
                let (command, said) =
                    ProxyCommand::start(command).map_err(|error| Unreachable::ProxyCommand {
                        command: command.clone(),
                        detail: error.to_string(),
                    })?;
                Way {
                    pipe: Pipe::Command(Box::new(command)),
                    permit,
                    said: Some(said),
                }
            }
        };
        Ok(way)
    }

    /// Key exchange, and the check of the host's key; none of ours is shown before that.
    async fn greet(
        &self,
        connection: &Connection,
        config: Arc<Config>,
        pipe: Pipe,
        expectation: Arc<Expectation>,
        permit: Option<Permit>,
    ) -> Result<Greeted, Ungreeted> {
        let token = CancellationToken::new();
        let cut = token.clone().drop_guard();
        let name = expectation.name.clone();
        let notes = Arc::new(Notes::default());
        notes.reached(match &pipe {
            Pipe::Tcp(stream) => stream.peer_addr().ok(),
            _ => None,
        });
        let first = FirstWords::default();
        let stream = Stream::new(pipe, &token, patience(connection), first.clone());
        let client = Client {
            expectation,
            notes: Arc::clone(&notes),
        };
        let handshake = async {
            russh::client::connect_stream(config, stream, client)
                .await
                .map_err(|error| match notes.refused() {
                    Some(cause) => Ungreeted {
                        stranger: notes.stranger().map(|key| {
                            Box::new(Stranger {
                                name: name.clone(),
                                address: notes.link().address,
                                key,
                            })
                        }),
                        ..cause.into()
                    },
                    None => Ungreeted {
                        turned_away: client::closed(&error),
                        ..client::broken_off(&error, &notes, &first).into()
                    },
                })
        };
        let after = connection.connect_timeout;
        let phase = ConnectPhase::Handshake;
        let late = Unreachable::Timeout { phase, after };
        let handle = tokio::time::timeout(after, handshake)
            .await
            .unwrap_or_else(|_| Err(late.into()))?;
        if let Some(key) = notes.learned() {
            self.trust.learn(connection, &name, key).await?;
        }
        Ok(Greeted {
            handle,
            notes,
            cut,
            _permit: permit,
        })
    }

    fn config(&self, connection: &Connection, expectation: &Expectation) -> Result<Arc<Config>, Unreachable> {
        let types: Vec<&str> = expectation.types();
        let defaults = Config::default();
        let policy = Policy {
            types: types.iter().map(ToString::to_string).collect(),
            certificates: expectation.certificates(),
            algorithms: Arc::clone(&connection.algorithms),
            keepalive: (connection.keepalive, connection.keepalive_max),
            window: match connection.route {
                Route::Jump(_) => INNER_WINDOW,
                _ => defaults.window_size,
            },
        };
        let mut configs = self.configs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = configs.get(&policy) {
            return Ok(Arc::clone(known));
        }
        let preferred = algorithms::preferred(&types, &connection.algorithms, expectation.certificates());
        let config = Arc::new(Config {
            client_id: SshId::Standard(Cow::Borrowed(concat!(
                "SSH-2.0-provision_",
                env!("CARGO_PKG_VERSION")
            ))),
            preferred: preferred.map_err(|detail| Unreachable::Protocol {
                phase: ConnectPhase::Handshake,
                detail,
            })?,
            keepalive_interval: Some(connection.keepalive).filter(|interval| !interval.is_zero()),
            keepalive_max: connection.keepalive_max as usize,
            window_size: policy.window,
            // `Stream` bounds what this would bound, and does not take a suspended laptop for a dead host.
            inactivity_timeout: None,
            channel_buffer_size: 32,
            ..defaults
        });
        configs.insert(policy, Arc::clone(&config));
        Ok(config)
    }
}

/// A failure on the way of a `ProxyCommand`, with what that had to say.
async fn told(connection: &Connection, cause: Unreachable, said: Said) -> Unreachable {
    let (Route::Command(command), Unreachable::Protocol { detail, .. }) = (&connection.route, &cause) else {
        return cause;
    };
    let said = said.text().await;
    let detail = if said.is_empty() { detail.clone() } else { said };
    Unreachable::ProxyCommand {
        command: command.clone(),
        detail,
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
