//! Asks hosts what they are before their plans are made, and keeps the connections for what follows.
//!
//! The one promise: it costs one round trip, since the shell that has told the facts is the one that is given the host's
//! program, and nothing where no module asks.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::cancel::Cancel;
use super::limits::{BEGIN_WITHIN, unbegun};
use super::scene::not_let_in;
use crate::config::Value;
use crate::event::{ConnectPhase, Unreachable};
use crate::inventory::{Become, Host};
use crate::name::Name;
use crate::transport::{BoxFuture, Link, Output, Running, Session, Transport};
use crate::wire::{self, Nonce};

/// What became of asking a host.
type Asked = Result<(Box<dyn Session>, Arc<Value>), Unreachable>;

/// Connections that were made to ask; each is handed out once, and then new ones are made as ever.
pub struct Held {
    inner: Arc<dyn Transport>,
    held: Mutex<HashMap<Name, Connected>>,
}

/// What became of connecting to a host.
type Connected = Result<Box<dyn Session>, Unreachable>;

impl Held {
    /// Says goodbye on every connection that nobody has taken, and why hosts were not reached.
    pub async fn close(self) -> HashMap<Name, Unreachable> {
        let held = self.held.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut silent = HashMap::new();
        for (name, held) in held {
            match held {
                Ok(session) => session.close().await,
                Err(cause) => {
                    silent.insert(name, cause);
                }
            }
        }
        silent
    }
}

impl Transport for Held {
    fn connect<'a>(&'a self, host: &'a Host) -> BoxFuture<'a, Result<Box<dyn Session>, Unreachable>> {
        let held = self
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&host.name);
        match held {
            Some(held) => Box::pin(async move { held }),
            None => self.inner.connect(host),
        }
    }
}

/// A connection with a shell that has told the host's facts and reads on: what is run first is run by it, without the
/// round trips that another one would cost.
struct Waiting {
    session: Box<dyn Session>,
    shell: Option<Box<dyn Running>>,
}

impl Session for Waiting {
    fn run(&mut self, program: Vec<u8>) -> BoxFuture<'_, Result<Box<dyn Running>, Unreachable>> {
        self.run_shared(Vec::new(), program.into())
    }

    fn run_shared(
        &mut self,
        head: Vec<u8>,
        body: Arc<[u8]>,
    ) -> BoxFuture<'_, Result<Box<dyn Running>, Unreachable>> {
        match self.shell.take() {
            None => self.session.run_shared(head, body),
            Some(mut shell) => Box::pin(async move {
                if !head.is_empty() {
                    shell.send(head.into()).await;
                }
                shell.send(body).await;
                Ok(shell)
            }),
        }
    }

    fn link(&self) -> Option<Link> {
        self.session.link()
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        // The shell ends with its input, and that with whoever could feed it.
        drop(self.shell);
        self.session.close()
    }
}

/// Asks `hosts`, `parallel` at once. Gives the facts of those that answered, and a way to all of them on which a host
/// that did not answer is as unreachable as it was.
pub async fn gather(
    transport: Arc<dyn Transport>,
    hosts: &[Arc<Host>],
    parallel: NonZeroUsize,
    cancel: &Cancel,
) -> (Held, HashMap<Name, Arc<Value>>) {
    let permits = Arc::new(Semaphore::new(parallel.get()));
    let mut tasks = JoinSet::new();
    for host in hosts {
        let (host, transport) = (Arc::clone(host), Arc::clone(&transport));
        let (permits, cancel) = (Arc::clone(&permits), cancel.clone());
        tasks.spawn(async move {
            let asked = tokio::select! {
                biased;
                () = cancel.requested() => None,
                asked = async {
                    let _permit = permits.acquire().await;
                    ask(transport.as_ref(), &host).await
                } => Some(asked),
            };
            (host.name.clone(), asked)
        });
    }
    let (mut held, mut facts) = (HashMap::new(), HashMap::new());
    while let Some(done) = tasks.join_next().await {
        match done {
            Ok((name, Some(Ok((session, of_host))))) => {
                facts.insert(name.clone(), of_host);
                held.insert(name, Ok(session));
            }
            Ok((name, Some(Err(cause)))) => {
                held.insert(name, Err(cause));
            }
            // Cancelled, or a panic of that host's own: it is connected to again, or not at all.
            Ok((_, None)) | Err(_) => {}
        }
    }
    let held = Held {
        inner: transport,
        held: Mutex::new(held),
    };
    (held, facts)
}

async fn ask(transport: &dyn Transport, host: &Host) -> Asked {
    let protocol = |detail: String| Unreachable::Protocol {
        phase: ConnectPhase::Session,
        detail,
    };
    let mut session = transport.connect(host).await?;
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random).map_err(|error| protocol(format!("no random bytes: {error}")))?;
    let nonce = Nonce::new(random);
    let mut running = session.run(wire::facts_program(&nonce)).await?;
    let (mut answer, mut said) = (Vec::new(), Vec::new());
    let by = Instant::now() + BEGIN_WITHIN;
    let ended = loop {
        let Ok(output) = tokio::time::timeout_at(by, running.next()).await else {
            break unbegun(BEGIN_WITHIN);
        };
        match output {
            Some(Output::Stdout(bytes)) => {
                answer.extend_from_slice(&bytes);
                if answer.len() > wire::MAX_ANSWER {
                    break "its facts have more than 256 KiB".to_owned();
                }
                if let Some(facts) = wire::read_facts(&answer, &nonce) {
                    let waiting = Waiting {
                        session,
                        shell: Some(running),
                    };
                    return Ok((Box::new(waiting), Arc::new(facts)));
                }
            }
            Some(Output::Stderr(bytes)) if said.len() < 4096 => said.extend_from_slice(&bytes),
            Some(Output::Stderr(_)) => {}
            Some(Output::Exit(_)) | None => break String::from_utf8_lossy(&said).trim().to_owned(),
            Some(Output::Lost { detail }) => break detail,
        }
    };
    drop(running);
    session.close().await;
    let r#become = host.connection.r#become;
    Err(if r#become == Become::None {
        protocol(format!("it did not tell its facts: {ended}"))
    } else {
        not_let_in(host, ended)
    })
}
