//! An authenticated connection, and programs at work in its channels.

use std::sync::Arc;
use std::time::Duration;

use russh::client::{Handle, Msg};
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Disconnect};
use tokio_util::sync::DropGuard;

use super::client::{Client, Notes, words};
use super::descriptors::Permit;
use super::{Greeted, bounded};
use crate::event::{ConnectPhase, Unreachable};
use crate::inventory::Connection;
use crate::transport::input::{Changes, Input, Stage};
use crate::transport::{BoxFuture, ExitStatus, Link, Output, Running, Session};

/// How long goodbyes may take; a host that does not take them is left without.
const GOODBYE: Duration = Duration::from_secs(1);

/// How long a program that has ended may stay silent before its channel is left. A background process it started
/// may hold the channel open for ever; what the program itself wrote is long here.
const LINGER: Duration = Duration::from_secs(5);

/// How much of a program is given to russh at once: it keeps buffers as large for as long as the connection lives, and
/// a key exchange needs 4 KiB anyway, into which this fits with all that a packet has around it.
const PIECE: usize = 3584;

/// The extended data type of stderr (RFC 4254, section 5.2), the only one there is.
const STDERR: u32 = 1;

/// A connection to one host.
pub(super) struct SshSession {
    handle: Handle<Client>,
    notes: Arc<Notes>,
    connection: Arc<Connection>,
    /// Dropped last: cuts the stream, so that neither socket nor task outlives the session.
    cut: DropGuard,
    permit: Option<Permit>,
}

impl SshSession {
    pub(super) fn new(greeted: Greeted, connection: &Arc<Connection>) -> Self {
        let Greeted {
            handle,
            notes,
            cut,
            _permit: permit,
        } = greeted;
        Self {
            handle,
            notes,
            connection: Arc::clone(connection),
            cut,
            permit,
        }
    }

    async fn start(&self, head: Vec<u8>, body: Arc<[u8]>) -> Result<SshRunning, Unreachable> {
        let failed = |error: &russh::Error| Unreachable::Protocol {
            phase: ConnectPhase::Session,
            detail: match error {
                russh::Error::ChannelOpenFailure(reason) => {
                    format!("the host opens no session: {}", reason.description())
                }
                other => self.notes.ended().unwrap_or_else(|| words(other)),
            },
        };
        let open = async {
            let channel = self
                .handle
                .channel_open_session()
                .await
                .map_err(|error| failed(&error))?;
            let (reader, writer) = channel.split();
            // No reply is wanted, and none is waited for: the program follows as soon as there is window for it.
            // OpenSSH gives a session none before it knows the command, which makes the ninth round trip of a run.
            for (name, value) in &self.connection.environment {
                let sent = writer.set_env(false, name.as_str(), value.as_str());
                sent.await.map_err(|error| failed(&error))?;
            }
            let line = self.connection.r#become.exec_line();
            writer.exec(false, line).await.map_err(|error| failed(&error))?;
            Ok((reader, writer))
        };
        let (reader, writer) = bounded(&self.connection, ConnectPhase::Session, open).await?;
        let (input, changes) = Input::open();
        tokio::spawn(feed(writer, head, body, changes));
        Ok(SshRunning {
            reader,
            input,
            notes: Arc::clone(&self.notes),
            status: None,
            complete: false,
            done: false,
        })
    }
}

impl Session for SshSession {
    fn run(&mut self, program: Vec<u8>) -> BoxFuture<'_, Result<Box<dyn Running>, Unreachable>> {
        self.run_shared(Vec::new(), program.into())
    }

    fn run_shared(
        &mut self,
        head: Vec<u8>,
        body: Arc<[u8]>,
    ) -> BoxFuture<'_, Result<Box<dyn Running>, Unreachable>> {
        Box::pin(async move { Ok(Box::new(self.start(head, body).await?) as Box<dyn Running>) })
    }

    fn link(&self) -> Option<Link> {
        Some(self.notes.link())
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        let Self {
            handle, cut, permit, ..
        } = *self;
        Box::pin(async move {
            let goodbye = async {
                if handle.disconnect(Disconnect::ByApplication, "", "").await.is_ok() {
                    // Ends with an error, since it is we who disconnected.
                    let _ = handle.await;
                }
            };
            let _ = tokio::time::timeout(GOODBYE, goodbye).await;
            drop((cut, permit));
        })
    }
}

/// A program in its channel.
struct SshRunning {
    reader: ChannelReadHalf,
    /// What the feeding task goes by.
    input: Input,
    notes: Arc<Notes>,
    status: Option<ExitStatus>,
    /// Whether the host said that no more output comes.
    complete: bool,
    done: bool,
}

impl SshRunning {
    async fn output(&mut self) -> Option<Output> {
        if self.done {
            return None;
        }
        loop {
            let said = match self.status {
                None => self.reader.wait().await,
                Some(_) => match tokio::time::timeout(LINGER, self.reader.wait()).await {
                    Ok(said) => said,
                    Err(_) => {
                        self.complete = true;
                        return Some(self.end());
                    }
                },
            };
            match said {
                Some(ChannelMsg::Data { data }) => return Some(Output::Stdout(data.into())),
                Some(ChannelMsg::ExtendedData { data, ext: STDERR }) => {
                    return Some(Output::Stderr(data.into()));
                }
                // OpenSSH says Eof, ExitStatus, Close; others differ in the order, some say data after the status.
                Some(ChannelMsg::Eof) => self.complete = true,
                Some(ChannelMsg::ExitStatus { exit_status }) => {
                    self.status = Some(ExitStatus::Code(exit_status));
                }
                Some(ChannelMsg::ExitSignal { signal_name, .. }) => {
                    self.status = Some(ExitStatus::Signal(name(signal_name)));
                }
                Some(ChannelMsg::Close) => {
                    self.complete = true;
                    return Some(self.end());
                }
                Some(_) => {}
                None => return Some(self.end()),
            }
        }
    }

    fn end(&mut self) -> Output {
        self.done = true;
        self.input.over();
        match (self.status.take(), self.complete) {
            (Some(status), true) => Output::Exit(status),
            (status, _) => {
                let closed = || match status {
                    Some(_) => "the connection ended before the output did".to_owned(),
                    None if self.complete => "the host closed the channel without an exit status".to_owned(),
                    None => "the connection ended".to_owned(),
                };
                Output::Lost {
                    detail: self.notes.ended().unwrap_or_else(closed),
                }
            }
        }
    }
}

fn name(signal: russh::Sig) -> String {
    match signal {
        russh::Sig::Custom(name) => name,
        known => format!("{known:?}"),
    }
}

impl Running for SshRunning {
    fn next(&mut self) -> BoxFuture<'_, Option<Output>> {
        Box::pin(self.output())
    }

    fn send(&mut self, more: Arc<[u8]>) -> BoxFuture<'_, ()> {
        self.input.send(more);
        Box::pin(std::future::ready(()))
    }

    fn close_input(&mut self) -> BoxFuture<'_, ()> {
        self.input.close();
        Box::pin(std::future::ready(()))
    }
}

/// Feeds a program to its `sh`, and what comes behind it; holds stdin open until told otherwise.
///
/// russh's writers wait for window for ever once a channel or its connection is gone, so none is awaited alone. When
/// the [`SshRunning`] was dropped the channel is closed: russh does not, and the host would count it as open.
async fn feed(writer: ChannelWriteHalf<Msg>, head: Vec<u8>, body: Arc<[u8]>, changes: Changes) {
    let feeding = async {
        send(&writer, head, body).await?;
        while let Some(more) = changes.more().await {
            send(&writer, Vec::new(), more).await?;
        }
        Ok::<_, russh::Error>(())
    };
    tokio::select! {
        _ = changes.reached(Stage::Closed) => {}
        fed = feeding => if fed.is_err() { return },
    }
    let over = tokio::select! {
        over = changes.reached(Stage::Over) => over,
        _ = writer.eof() => changes.reached(Stage::Over).await,
    };
    if !over {
        let _ = tokio::time::timeout(GOODBYE, writer.close()).await;
    }
}

/// Sends a program piece by piece.
async fn send(
    writer: &ChannelWriteHalf<Msg>,
    mut head: Vec<u8>,
    body: Arc<[u8]>,
) -> Result<(), russh::Error> {
    let (first, rest) = body.split_at(body.len().min(PIECE));
    head.extend_from_slice(first);
    writer.data_bytes(head).await?;
    for piece in rest.chunks(PIECE) {
        // Lets the connection's own task write what it has, or it would gather all pieces into one.
        tokio::task::yield_now().await;
        writer.data_bytes(piece.to_vec()).await?;
    }
    Ok(())
}
