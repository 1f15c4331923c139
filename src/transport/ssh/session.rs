//! An authenticated connection, and programs at work in its channels.

use std::sync::Arc;
use std::time::Duration;

use russh::client::{Handle, Msg};
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Disconnect};
use tokio_util::sync::DropGuard;

use super::becoming::{Becoming, Next, RAW};
use super::client::{Client, Notes, words};
use super::descriptors::Permit;
use super::{Greeted, bounded};
use crate::event::{BecomeRefusal, ConnectPhase, Unreachable};
use crate::inventory::{Become, Connection};
use crate::transport::input::{Changes, Input, Stage};
use crate::transport::{BoxFuture, ExitStatus, Feed, Link, Output, Running, Session};
use crate::wire::Nonce;

/// How long goodbyes may take; a host that does not take them is left without.
const GOODBYE: Duration = Duration::from_secs(1);

/// How long a program that has ended may stay silent before its channel is left. A background process it started
/// may hold the channel open for ever; what the program itself wrote is long here.
const LINGER: Duration = Duration::from_secs(5);

/// How long becoming another user may take, at least: PAM waits for seconds after a wrong password.
const BECOME_PATIENCE: Duration = Duration::from_secs(30);

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
        let becoming = self.becoming()?;
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
            for (name, value) in &self.connection.environment {
                let sent = writer.set_env(false, name.as_str(), value.as_str());
                sent.await.map_err(|error| failed(&error))?;
            }
            if let Some(becoming) = &becoming {
                if becoming.wants_terminal() {
                    let asked = writer.request_pty(false, "dumb", 80, 24, 0, 0, RAW).await;
                    asked.map_err(|error| failed(&error))?;
                }
                let asked = writer.exec(false, becoming.line()).await;
                asked.map_err(|error| failed(&error))?;
                return Ok((reader, writer));
            }
            // No reply is wanted, and none is waited for: the program follows as soon as there is window for it.
            // OpenSSH gives a session none before it knows the command, which makes the ninth round trip of a run.
            let line = self.connection.r#become.exec_line(&self.connection.become_user);
            writer.exec(false, line).await.map_err(|error| failed(&error))?;
            Ok((reader, writer))
        };
        let (mut reader, writer) = bounded(&self.connection, ConnectPhase::Session, open).await?;
        let mut early = None;
        let mut last = None;
        if let Some(becoming) = becoming {
            last = becoming.end_of_input();
            match self.converse(becoming, &mut reader, &writer).await {
                Ok(bytes) => early = Some(bytes).filter(|bytes| !bytes.is_empty()),
                Err(refused) => {
                    let _ = tokio::time::timeout(GOODBYE, writer.close()).await;
                    return Err(refused);
                }
            }
        }
        let (input, changes) = Input::open();
        tokio::spawn(feed(writer, head, body, last, changes));
        Ok(SshRunning {
            reader,
            early,
            input,
            notes: Arc::clone(&self.notes),
            status: None,
            complete: false,
            done: false,
        })
    }

    /// Who is to be asked for a password before the program begins; nobody where none is known, but su would take
    /// the program for one.
    fn becoming(&self) -> Result<Option<Becoming>, Unreachable> {
        let Connection {
            r#become,
            become_user,
            become_password,
            ..
        } = &*self.connection;
        let asks = match r#become {
            Become::None => false,
            Become::Sudo | Become::Doas => become_password.is_some(),
            Become::Su => true,
        };
        if !asks {
            return Ok(None);
        }
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| Unreachable::Protocol {
            phase: ConnectPhase::Become,
            detail: format!("no random bytes: {error}"),
        })?;
        Ok(Some(Becoming::new(*r#become, become_user, &Nonce::new(random))))
    }

    /// Becomes another user; returns what its `sh` said already.
    async fn converse(
        &self,
        mut becoming: Becoming,
        reader: &mut ChannelReadHalf,
        writer: &ChannelWriteHalf<Msg>,
    ) -> Result<Vec<u8>, Unreachable> {
        let refused = |refusal, detail| Unreachable::Become {
            command: self.connection.r#become.as_str().to_owned(),
            refusal,
            detail,
        };
        let talk = async {
            loop {
                let next = match reader.wait().await {
                    Some(ChannelMsg::Data { data }) => becoming.stdout(&data),
                    Some(ChannelMsg::ExtendedData { data, ext: STDERR }) => becoming.stderr(&data),
                    // The status may come before the last words; the close comes after both.
                    Some(ChannelMsg::Close) => {
                        let (refusal, said) = becoming.refused();
                        return Err(refused(refusal, said));
                    }
                    Some(_) => continue,
                    None => {
                        let ended = self.notes.ended();
                        return Err(Unreachable::Protocol {
                            phase: ConnectPhase::Become,
                            detail: ended.unwrap_or_else(|| "the connection ended".to_owned()),
                        });
                    }
                };
                match (next, &self.connection.become_password) {
                    (Next::Listen, _) => {}
                    (Next::Ready(bytes), _) => return Ok(bytes),
                    (Next::Refused(refusal), _) => return Err(refused(refusal, becoming.refused().1)),
                    (Next::Answer, None) => {
                        return Err(refused(BecomeRefusal::PasswordNeeded, String::new()));
                    }
                    (Next::Answer, Some(password)) => {
                        let line = format!("{}\n", password.expose()).into_bytes();
                        // Whether it arrived, the next words tell.
                        let _ = writer.data_bytes(line).await;
                    }
                }
            }
        };
        let after = self.connection.connect_timeout.max(BECOME_PATIENCE);
        let phase = ConnectPhase::Become;
        let late = Unreachable::Timeout { phase, after };
        tokio::time::timeout(after, talk).await.unwrap_or(Err(late))
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
    /// Output that came with the last word of becoming another user.
    early: Option<Vec<u8>>,
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
        if let Some(early) = self.early.take() {
            return Some(Output::Stdout(early));
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

    fn feed(&self) -> Feed {
        self.input.feed()
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
async fn feed(
    writer: ChannelWriteHalf<Msg>,
    head: Vec<u8>,
    body: Arc<[u8]>,
    last: Option<Vec<u8>>,
    changes: Changes,
) {
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
        () = end(&writer, last) => changes.reached(Stage::Over).await,
    };
    if !over {
        let _ = tokio::time::timeout(GOODBYE, writer.close()).await;
    }
}

/// Ends a program's stdin: by the line that does so, or by the channel's own end.
async fn end(writer: &ChannelWriteHalf<Msg>, last: Option<Vec<u8>>) {
    // Errors mean that nobody listens any more.
    let _ = match last {
        Some(line) => writer.data_bytes(line).await,
        None => writer.eof().await,
    };
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
