//! One program of an embedded host, between its channel and its process.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};

use russh::server::{Handle, Msg};
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio_util::sync::CancellationToken;

/// What is read from a pipe at once: what fits into one packet.
const CHUNK: usize = 32 << 10;

/// The exit status of a command that could not be started, as a shell has it.
const NOT_STARTED: u32 = 126;

pub(super) struct Exec {
    pub(super) line: String,
    pub(super) home: PathBuf,
    pub(super) user: String,
    pub(super) stop: CancellationToken,
}

impl Exec {
    /// Runs the line, and closes the channel when it has ended and its output is out.
    pub(super) async fn run(self, channel: Channel<Msg>, handle: Handle) {
        let id = channel.id();
        let (reader, writer) = channel.split();
        let Ok(mut child) = self.spawn() else {
            let _ = writer.exit_status(NOT_STARTED).await;
            let _ = writer.close().await;
            return;
        };
        let closed = CancellationToken::new();
        let input = tokio::spawn(input(reader, child.stdin.take(), closed.clone()));
        let output = async {
            tokio::join!(
                pass(child.stdout.take(), &writer, None, &closed),
                pass(child.stderr.take(), &writer, Some(1), &closed),
            );
        };
        let ended = tokio::select! {
            () = self.stop.cancelled() => None,
            () = output => tokio::select! {
                () = self.stop.cancelled() => None,
                ended = child.wait() => ended.ok(),
            },
        };
        if ended.is_none() {
            kill(&mut child).await;
        }
        if let Some(status) = ended.filter(|_| !closed.is_cancelled()) {
            let goodbye = goodbye(status, &writer, &handle, id);
            // As on any writer: with the channel gone it could wait for ever.
            tokio::select! {
                () = goodbye => {}
                () = closed.cancelled() => {}
                () = self.stop.cancelled() => {}
            }
        }
        input.abort();
    }

    fn spawn(&self) -> std::io::Result<Child> {
        Command::new("sh")
            .arg("-c")
            .arg(&self.line)
            .current_dir(&self.home)
            .env_clear()
            .env(
                "PATH",
                std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into()),
            )
            .env("HOME", &self.home)
            // Several hosts share this machine; each keeps its unfinished business to itself.
            .env("PROVISION_STATE", self.home.join(".provision"))
            .env("USER", &self.user)
            .env("LOGNAME", &self.user)
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own: the terminal's Ctrl-C is not for it, and all of it can be killed.
            .process_group(0)
            .spawn()
    }
}

async fn goodbye(status: ExitStatus, writer: &ChannelWriteHalf<Msg>, handle: &Handle, id: russh::ChannelId) {
    // The order OpenSSH has. Errors mean that nobody listens any more.
    let _ = writer.eof().await;
    if let Some(signal) = status.signal() {
        let name = Sig::Custom(crate::transport::signal_name(signal));
        let _ = handle
            .exit_signal_request(id, name, status.core_dumped(), String::new(), String::new())
            .await;
    } else {
        let code = status.code().and_then(|code| u32::try_from(code).ok());
        let _ = writer.exit_status(code.unwrap_or(NOT_STARTED)).await;
    }
    let _ = writer.close().await;
}

/// Kills the whole group; the standard library kills only its leader.
async fn kill(child: &mut Child) {
    if let Some(leader) = child.id() {
        let group = Command::new("kill")
            .args(["-KILL", "--", &format!("-{leader}")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .await;
        if !group.is_ok_and(|status| status.success()) {
            let _ = child.start_kill();
        }
    }
    let _ = child.wait().await;
}

/// Passes the client's bytes on. A program that closed its stdin gets no more, and the channel is drained all the same.
async fn input(mut reader: ChannelReadHalf, mut stdin: Option<ChildStdin>, closed: CancellationToken) {
    loop {
        match reader.wait().await {
            Some(ChannelMsg::Data { data }) => {
                if let Some(pipe) = &mut stdin
                    && pipe.write_all(&data).await.is_err()
                {
                    stdin = None;
                }
            }
            Some(ChannelMsg::Eof) => stdin = None,
            Some(ChannelMsg::Close) | None => break,
            Some(_) => {}
        }
    }
    closed.cancel();
}

/// Passes the program's bytes on until it closes the pipe. When the channel is gone the pipe is closed on our side:
/// as with sshd, a program that goes on writing gets SIGPIPE.
async fn pass(
    pipe: Option<impl AsyncRead + Unpin>,
    writer: &ChannelWriteHalf<Msg>,
    stream: Option<u32>,
    closed: &CancellationToken,
) {
    let Some(mut pipe) = pipe else { return };
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = tokio::select! {
            read = pipe.read(&mut chunk) => read,
            () = closed.cancelled() => return,
        };
        let bytes = match read {
            Ok(length @ 1..) => chunk[..length].to_vec(),
            _ => return,
        };
        let sent = async {
            match stream {
                None => writer.data_bytes(bytes).await,
                Some(stream) => writer.extended_data_bytes(stream, bytes).await,
            }
        };
        tokio::select! {
            sent = sent => if sent.is_err() { return },
            () = closed.cancelled() => return,
        }
    }
}
