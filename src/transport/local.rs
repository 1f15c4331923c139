//! The shell on this machine: no connection, the same contract.

use std::process::Stdio;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use super::input::{Changes, Input, Stage};
use super::{BoxFuture, ExitStatus, Feed, Output, Running, Session, Transport};
use crate::event::{ConnectPhase, Unreachable};
use crate::inventory::Host;

/// How much is read at once.
const CHUNK: usize = 32 << 10;

/// Runs programs here, whatever the host's address says.
#[derive(Clone, Debug, Default)]
pub struct Local {
    shell: Option<Vec<String>>,
}

impl Local {
    /// Uses `shell`, such as `busybox sh`, in place of what the host's `become` says.
    pub fn with_shell(shell: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            shell: Some(shell.into_iter().map(Into::into).collect()),
        }
    }
}

impl Transport for Local {
    fn connect<'a>(&'a self, host: &'a Host) -> BoxFuture<'a, Result<Box<dyn Session>, Unreachable>> {
        // The exec lines are constants without quoting, so splitting them is what a login shell would do.
        let connection = &host.connection;
        let line = connection.r#become.exec_line(&connection.become_user);
        let words = self.shell.clone();
        let words = words.unwrap_or_else(|| line.split(' ').map(str::to_owned).collect());
        Box::pin(async move { Ok(Box::new(LocalSession { words }) as Box<dyn Session>) })
    }
}

struct LocalSession {
    words: Vec<String>,
}

impl LocalSession {
    fn start(&self, program: Vec<u8>) -> Result<LocalRunning, Unreachable> {
        let name = self.words.first().map_or("sh", String::as_str);
        let mut child = Command::new(name)
            .args(self.words.iter().skip(1))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // As on a host: Ctrl-C on this terminal is for us, not for a program in the middle of an apply.
            .process_group(0)
            .spawn()
            .map_err(|error| Unreachable::Protocol {
                phase: ConnectPhase::Session,
                detail: format!("{name}: {error}"),
            })?;
        let (input, changes) = Input::open();
        if let Some(stdin) = child.stdin.take() {
            tokio::spawn(feed(stdin, program, changes));
        }
        Ok(LocalRunning {
            stdout: child.stdout.take(),
            stderr: child.stderr.take(),
            child: Some(child),
            input,
        })
    }
}

impl Session for LocalSession {
    fn run(&mut self, program: Vec<u8>) -> BoxFuture<'_, Result<Box<dyn Running>, Unreachable>> {
        Box::pin(async move { Ok(Box::new(self.start(program)?) as Box<dyn Running>) })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// Feeds a program to its shell, and what comes behind it, until told otherwise.
async fn feed(mut stdin: ChildStdin, program: Vec<u8>, changes: Changes) {
    let feeding = async {
        // An error says that nobody reads; what that means the program's end will say.
        stdin.write_all(&program).await?;
        drop(program);
        while let Some(more) = changes.more().await {
            stdin.write_all(&more).await?;
        }
        std::io::Result::Ok(())
    };
    tokio::select! {
        _ = changes.reached(Stage::Closed) => {}
        fed = feeding => if fed.is_err() { changes.reached(Stage::Closed).await; }
    }
}

struct LocalRunning {
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    child: Option<Child>,
    input: Input,
}

impl LocalRunning {
    async fn output(&mut self) -> Option<Output> {
        while self.stdout.is_some() || self.stderr.is_some() {
            let output = tokio::select! {
                bytes = read(&mut self.stdout), if self.stdout.is_some() => bytes.map(Output::Stdout),
                bytes = read(&mut self.stderr), if self.stderr.is_some() => bytes.map(Output::Stderr),
            };
            if output.is_some() {
                return output;
            }
        }
        // Awaited in place: whoever stops waiting here may come back.
        let status = self.child.as_mut()?.wait().await;
        self.child = None;
        self.input.over();
        Some(match status {
            Ok(status) => end(status),
            Err(error) => Output::Lost {
                detail: error.to_string(),
            },
        })
    }
}

/// The next bytes; `None`, and no pipe any more, after the last.
async fn read(pipe: &mut Option<impl AsyncRead + Unpin>) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(CHUNK);
    let read = pipe.as_mut()?.read_buf(&mut bytes).await;
    if matches!(read, Ok(1..)) {
        bytes.shrink_to_fit();
        return Some(bytes);
    }
    *pipe = None;
    None
}

fn end(status: std::process::ExitStatus) -> Output {
    use std::os::unix::process::ExitStatusExt;
    let code = status.code().and_then(|code| u32::try_from(code).ok());
    match (code, status.signal()) {
        (Some(code), _) => Output::Exit(ExitStatus::Code(code)),
        (None, Some(signal)) => Output::Exit(ExitStatus::Signal(super::signal_name(signal))),
        (None, None) => Output::Lost {
            detail: format!("the program ended with {status}"),
        },
    }
}

impl Running for LocalRunning {
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
