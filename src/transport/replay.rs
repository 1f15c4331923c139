//! Recorded output, played back: hosts for tests, without hosts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use super::input::{Changes, Input, Stage};
use super::{BoxFuture, Feed, Output, Running, Session, Transport};
use crate::event::{ConnectPhase, Unreachable};
use crate::inventory::Host;
use crate::name::Name;

/// How a host behaves.
pub enum Script {
    /// It is not reached, for this reason.
    Unreachable(Unreachable),
    /// It does not answer: connecting takes the host's whole timeout.
    Silent,
    /// It answers, and the n-th program started on it does the n-th of these. Programs without acts end as lost.
    Runs(Vec<Vec<Act>>),
    /// The same, with other programs on the n-th connection; there is none behind the last.
    Connections(Vec<Vec<Vec<Act>>>),
}

/// Makes a program's output from its text.
pub type Answer = Arc<dyn Fn(&[u8]) -> Vec<Output> + Send + Sync>;

/// What a program does next.
#[derive(Clone)]
pub enum Act {
    /// Says something, or ends; nothing is played after an end.
    Say(Output),
    /// Says what the function makes of the program's text; that is how a script learns a run's nonce.
    Answer(Answer),
    /// Waits until it is fed something behind the program's text.
    AwaitMore,
    /// Waits until its input is closed.
    AwaitInputClosed,
    /// Waits until the test cancels the token.
    Await(CancellationToken),
    /// Never does anything again.
    Hang,
}

impl Script {
    /// One program that says all of `outputs`.
    pub fn says(outputs: impl IntoIterator<Item = Output>) -> Self {
        Self::Runs(vec![outputs.into_iter().map(Act::Say).collect()])
    }

    /// Every program is answered by `answer`.
    pub fn answers(answer: impl Fn(&[u8]) -> Vec<Output> + Send + Sync + 'static) -> Self {
        Self::Runs(vec![vec![Act::Answer(Arc::new(answer))]])
    }
}

/// What a replayed host was asked to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Connections made.
    pub connections: usize,
    /// Texts of the programs, in the order they were started.
    pub programs: Vec<Vec<u8>>,
    /// What they were fed behind their texts, in order.
    pub more: Vec<Arc<[u8]>>,
    /// How many of them had their input closed.
    pub inputs_closed: usize,
}

/// A transport to scripted hosts.
pub struct Replay {
    scripts: HashMap<Name, Script>,
    heard: Arc<Mutex<HashMap<Name, Heard>>>,
}

impl Replay {
    /// Hosts by name; any other name does not resolve.
    pub fn new(scripts: HashMap<Name, Script>) -> Self {
        Self {
            scripts,
            heard: Arc::default(),
        }
    }

    /// What the host was asked so far.
    pub fn heard(&self, host: &Name) -> Heard {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.get(host).cloned().unwrap_or_default()
    }

    async fn open(&self, host: &Host) -> Result<ReplaySession, Unreachable> {
        note(&self.heard, &host.name, |heard| heard.connections += 1);
        let session = |runs: &Vec<Vec<Act>>| ReplaySession {
            host: host.name.clone(),
            runs: runs.clone().into_iter(),
            heard: Arc::clone(&self.heard),
        };
        match self.scripts.get(&host.name) {
            Some(Script::Runs(runs)) => Ok(session(runs)),
            Some(Script::Connections(all)) => {
                let this = self.heard(&host.name).connections - 1;
                all.get(this).map(session).ok_or_else(|| Unreachable::Connect {
                    address: host.name.to_string(),
                    detail: "the script has no further connection".to_owned(),
                })
            }
            Some(Script::Unreachable(cause)) => Err(cause.clone()),
            Some(Script::Silent) => {
                let after = host.connection.connect_timeout;
                tokio::time::sleep(after).await;
                let phase = ConnectPhase::Connect;
                Err(Unreachable::Timeout { phase, after })
            }
            None => Err(Unreachable::Resolve {
                address: host.name.to_string(),
                detail: "no script has this name".to_owned(),
            }),
        }
    }
}

fn note(heard: &Mutex<HashMap<Name, Heard>>, host: &Name, change: impl FnOnce(&mut Heard)) {
    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
    change(heard.entry(host.clone()).or_default());
}

impl Transport for Replay {
    fn connect<'a>(&'a self, host: &'a Host) -> BoxFuture<'a, Result<Box<dyn Session>, Unreachable>> {
        Box::pin(async move { Ok(Box::new(self.open(host).await?) as Box<dyn Session>) })
    }
}

struct ReplaySession {
    host: Name,
    runs: std::vec::IntoIter<Vec<Act>>,
    heard: Arc<Mutex<HashMap<Name, Heard>>>,
}

impl Session for ReplaySession {
    fn run(&mut self, program: Vec<u8>) -> BoxFuture<'_, Result<Box<dyn Running>, Unreachable>> {
        note(&self.heard, &self.host, |heard| {
            heard.programs.push(program.clone());
        });
        let (input, changes) = Input::open();
        let mut acts = self.runs.next().unwrap_or_default();
        acts.reverse();
        let running = ReplayRunning {
            host: self.host.clone(),
            heard: Arc::clone(&self.heard),
            program,
            acts,
            closed: false,
            done: false,
            input,
            changes,
        };
        Box::pin(async move { Ok(Box::new(running) as Box<dyn Running>) })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

struct ReplayRunning {
    host: Name,
    heard: Arc<Mutex<HashMap<Name, Heard>>>,
    program: Vec<u8>,
    /// What is still to come, the next one last.
    acts: Vec<Act>,
    closed: bool,
    done: bool,
    input: Input,
    changes: Changes,
}

impl ReplayRunning {
    async fn output(&mut self) -> Option<Output> {
        if self.done {
            return None;
        }
        loop {
            // An act is taken off only when it is over, for `next` may be dropped while it waits.
            match self.acts.last().cloned() {
                Some(Act::Say(output)) => {
                    self.acts.pop();
                    self.done = matches!(output, Output::Exit(_) | Output::Lost { .. });
                    return Some(output);
                }
                Some(Act::Answer(answer)) => {
                    self.acts.pop();
                    self.acts
                        .extend(answer(&self.program).into_iter().rev().map(Act::Say));
                }
                Some(Act::AwaitMore) => {
                    if self.changes.more().await.is_none() {
                        std::future::pending::<()>().await;
                    }
                    self.acts.pop();
                }
                Some(Act::AwaitInputClosed) => {
                    self.changes.reached(Stage::Closed).await;
                    self.acts.pop();
                }
                Some(Act::Await(token)) => {
                    token.cancelled().await;
                    self.acts.pop();
                }
                Some(Act::Hang) => std::future::pending().await,
                None => {
                    self.done = true;
                    let detail = "the script is over".to_owned();
                    return Some(Output::Lost { detail });
                }
            }
        }
    }
}

impl Running for ReplayRunning {
    fn next(&mut self) -> BoxFuture<'_, Option<Output>> {
        Box::pin(self.output())
    }

    fn send(&mut self, more: Arc<[u8]>) -> BoxFuture<'_, ()> {
        note(&self.heard, &self.host, |heard| {
            heard.more.push(Arc::clone(&more));
        });
        self.input.send(more);
        Box::pin(std::future::ready(()))
    }

    fn feed(&self) -> Feed {
        self.input.feed()
    }

    fn close_input(&mut self) -> BoxFuture<'_, ()> {
        if !self.closed {
            self.closed = true;
            note(&self.heard, &self.host, |heard| heard.inputs_closed += 1);
        }
        self.input.close();
        Box::pin(std::future::ready(()))
    }
}
