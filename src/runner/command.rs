//! One program for people on a host: its output is kept, bounded, or told as it comes; it may be fed.

use std::io;
use std::time::Instant;

use super::listener::{Heard, Listener};
use super::scene::Scene;
use super::spool::Spool;
use super::tail::Bounded;
use crate::event::{Channel, Event, HostStatus, StepCounts};
use crate::inventory::Host;
use crate::plan;
use crate::transport::{ExitStatus, Feed, Output, Session};
use crate::wire::Nonce;

/// A longer line is told in parts.
const LONGEST: usize = 4096;

/// The exit status told of a program that a signal ended.
const BY_SIGNAL: u32 = 255;

/// What is run on every host.
#[derive(Clone, Debug)]
pub struct Command {
    /// The program, which comes behind [`plan::head`] and says [`plan::ready`] when it begins.
    pub program: Vec<u8>,
    /// What it finds on its stdin; nothing is nothing.
    pub input: Option<Spool>,
    /// Whether its output is told as it comes, too.
    pub live: bool,
    /// Whether it ends when its input does; one that does not is left to itself when nobody waits for it any more.
    pub watched: bool,
}

impl Command {
    /// A program whose output is told at its end.
    pub fn new(program: Vec<u8>) -> Self {
        Self {
            program,
            input: None,
            live: false,
            watched: false,
        }
    }
}

/// What is still to be heard before a program has begun, and may be fed.
struct Waiting {
    ready: Vec<u8>,
    heard: Vec<u8>,
}

impl Waiting {
    /// Takes what came; what of it is output, and whether the program's word has come.
    fn hear(&mut self, bytes: &[u8]) -> (Vec<u8>, bool) {
        self.heard.extend_from_slice(bytes);
        let mut windows = self.heard.windows(self.ready.len());
        let at = windows.position(|window| window == self.ready);
        if let Some(at) = at {
            self.heard.drain(at..at + self.ready.len());
            return (std::mem::take(&mut self.heard), true);
        }
        // The word may have begun.
        let kept = self.heard.len().min(self.ready.len() - 1);
        let rest = self.heard.split_off(self.heard.len() - kept);
        (std::mem::replace(&mut self.heard, rest), false)
    }
}

/// One of the program's two outputs.
struct Heap {
    channel: Channel,
    kept: Bounded,
    /// The beginning of a line that is not told yet.
    line: Vec<u8>,
}

impl Heap {
    fn new(channel: Channel) -> Self {
        Self {
            channel,
            kept: Bounded::default(),
            line: Vec::new(),
        }
    }

    /// Takes what came, and tells whole lines of it: a secret that is cut in two is recognised by nobody.
    async fn take(&mut self, bytes: &[u8], command: &Command, scene: &Scene, host: &Host) {
        self.kept.push(bytes);
        if !command.live {
            return;
        }
        self.line.extend_from_slice(bytes);
        let end = self.line.iter().rposition(|&byte| byte == b'\n');
        let end = end.map_or(0, |at| at + 1);
        let long = self.line.len() - end > LONGEST;
        let rest = self.line.split_off(if long { self.line.len() } else { end });
        let told = std::mem::replace(&mut self.line, rest);
        self.tell(told, scene, host).await;
    }

    async fn tell(&self, output: Vec<u8>, scene: &Scene, host: &Host) {
        if !output.is_empty() {
            scene
                .emit(Event::CommandOutput {
                    host: host.name.clone(),
                    channel: self.channel,
                    output,
                })
                .await;
        }
    }

    /// All that is kept.
    async fn end(mut self, scene: &Scene, host: &Host) -> Vec<u8> {
        let line = std::mem::take(&mut self.line);
        self.tell(line, scene, host).await;
        self.kept.take()
    }
}

impl Scene {
    pub(super) async fn command(
        &self,
        host: &Host,
        command: &Command,
        session: &mut dyn Session,
    ) -> (HostStatus, StepCounts) {
        let nothing = StepCounts::default();
        let unsupported = |detail| (HostStatus::Unsupported { detail }, nothing);
        let mut random = [0_u8; 16];
        if let Err(error) = getrandom::fill(&mut random) {
            return unsupported(format!("no random bytes: {error}"));
        }
        let nonce = Nonce::new(random);
        let mut program = plan::head(&nonce);
        let mut waiting = Some(Waiting {
            ready: plan::ready(&nonce),
            heard: Vec::new(),
        });
        program.extend_from_slice(&command.program);
        let mut running = match session.run(program).await {
            Ok(running) => running,
            Err(cause) => return (HostStatus::Unreachable { cause }, nothing),
        };
        self.emit(Event::HostConnected {
            host: host.name.clone(),
        })
        .await;
        let (mut stdout, mut stderr) = (Heap::new(Channel::Stdout), Heap::new(Channel::Stderr));
        let feed = running.feed();
        let mut listener = Listener::new(running.as_mut(), &self.cancel);
        let mut feeding: Option<std::pin::Pin<Box<dyn Future<Output = io::Result<()>> + Send>>> = None;
        let begun_by = Instant::now() + self.begin;
        let status = loop {
            let heard = match &mut feeding {
                None => {
                    let silent = waiting.is_some().then_some(begun_by);
                    self.in_good_time(silent, listener.heard()).await
                }
                // What is half fed is fed to its end: a program takes half its input for the whole.
                Some(fed) => tokio::select! {
                    heard = listener.heard_to_the_end() => heard,
                    fed = fed => {
                        feeding = None;
                        match fed {
                            Ok(()) => continue,
                            Err(error) => return unsupported(format!("its input cannot be read again here: {error}")),
                        }
                    }
                },
            };
            match heard {
                Heard::Output(Output::Stdout(bytes)) => {
                    let (bytes, ready) = match &mut waiting {
                        Some(waiting) => waiting.hear(&bytes),
                        None => (bytes, false),
                    };
                    stdout.take(&bytes, command, self, host).await;
                    if ready {
                        waiting = None;
                        let input = command.input.clone();
                        feeding = input.map(|input| Box::pin(pour(input, feed.clone())) as _);
                    }
                }
                Heard::Output(Output::Stderr(bytes)) => stderr.take(&bytes, command, self, host).await,
                Heard::Output(Output::Exit(ExitStatus::Code(code))) => break code,
                Heard::Output(Output::Exit(ExitStatus::Signal(signal))) => {
                    let said = format!("\nended by signal {signal}\n");
                    stderr.take(said.as_bytes(), command, self, host).await;
                    break BY_SIGNAL;
                }
                Heard::Output(Output::Lost { detail }) if waiting.is_some() => {
                    return unsupported(format!("the program did not start: {detail}"));
                }
                Heard::Output(Output::Lost { detail }) => return (HostStatus::Lost { detail }, nothing),
                Heard::Left => return (HostStatus::Left, nothing),
            }
        };
        let begun = waiting.is_none();
        if let Some(waiting) = waiting {
            stdout.take(&waiting.heard, command, self, host).await;
        }
        let stdout = stdout.end(self, host).await;
        let stderr = stderr.end(self, host).await;
        self.emit(Event::CommandFinished {
            host: host.name.clone(),
            status,
            stdout,
            stderr,
        })
        .await;
        match status {
            // A forced command, or a start-up file of the login shell, that ended well in its place.
            0 if !begun => unsupported(
                "something else ran there in its place: a forced command, or a start-up file of the login shell"
                    .to_owned(),
            ),
            0 => (HostStatus::Ok, nothing),
            _ if command.watched && self.cancel.is_requested() => (HostStatus::Cancelled, nothing),
            _ => (HostStatus::Failed, nothing),
        }
    }
}

/// Feeds a program all of `input`, as fast as it takes it; one that takes no more is fed no more.
async fn pour(input: Spool, feed: Feed) -> io::Result<()> {
    let mut at = 0;
    loop {
        let piece = input.piece(at).await?;
        if piece.is_empty() {
            feed.end();
            return Ok(());
        }
        at += piece.len() as u64;
        if !feed.push(piece).await {
            return Ok(());
        }
    }
}
