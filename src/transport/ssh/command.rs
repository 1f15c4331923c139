//! A way over a command's stdin and stdout, as `ProxyCommand` has it.

use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

/// How much of its stderr is kept: the end.
const MAX_SAID: usize = 2 << 10;

/// How long it may take to end once nobody needs it, before it is killed.
const LEAVE: Duration = Duration::from_secs(1);

/// How long one that made no connection may go on, to say why: it may close its stdout before it does.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A running command; it ends with this value.
pub(super) struct ProxyCommand {
    pub(super) stdin: ChildStdin,
    pub(super) stdout: ChildStdout,
    _stop: Arc<DropGuard>,
}

/// What it said on stderr, told when something went wrong.
pub(super) struct Said {
    text: Arc<Mutex<Vec<u8>>>,
    ended: watch::Receiver<bool>,
    stop: Arc<DropGuard>,
}

impl ProxyCommand {
    /// Starts `command` by the user's shell. An error is the system's.
    pub(super) fn start(command: &str) -> std::io::Result<(Self, Said)> {
        let shell = std::env::var_os("SHELL").filter(|shell| !shell.is_empty());
        let mut child = Command::new(shell.unwrap_or_else(|| "/bin/sh".into()))
            // The shell makes room for the command where that is one.
            .args(["-c", &format!("exec {command}")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C on this terminal is for us; and what it starts ends with it.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(std::io::Error::other("it has no stdin or stdout"));
        };
        let stop = CancellationToken::new();
        let (ended, receiver) = watch::channel(false);
        let text = Arc::new(Mutex::new(Vec::new()));
        tokio::spawn(keep(child, stderr, stop.clone(), Arc::clone(&text), ended));
        let stop = Arc::new(stop.drop_guard());
        let said = Said {
            text,
            ended: receiver,
            stop: Arc::clone(&stop),
        };
        let command = Self {
            stdin,
            stdout,
            _stop: stop,
        };
        Ok((command, said))
    }
}

impl Said {
    /// Its words, once it has ended; bounded in time.
    pub(super) async fn text(mut self) -> String {
        let by_itself = self.ended.wait_for(|ended| *ended);
        let _ = tokio::time::timeout(LAST_WORDS, by_itself).await;
        drop(self.stop);
        let ended = self.ended.wait_for(|ended| *ended);
        let _ = tokio::time::timeout(2 * LEAVE, ended).await;
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).trim().to_owned()
    }
}

/// Sees to it that it ends, and that nothing of its process group is left.
async fn keep(
    mut child: Child,
    stderr: ChildStderr,
    stop: CancellationToken,
    text: Arc<Mutex<Vec<u8>>>,
    ended: watch::Sender<bool>,
) {
    let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let listening = tokio::spawn(listen(stderr, text));
    tokio::select! {
        _ = child.wait() => {}
        () = stop.cancelled() => {
            signal(group, Signal::HUP);
            if tokio::time::timeout(LEAVE, child.wait()).await.is_err() {
                signal(group, Signal::KILL);
                let _ = child.wait().await;
            }
        }
    }
    // Others of its group may hold stderr open.
    signal(group, Signal::TERM);
    let listening = listening;
    let abort = listening.abort_handle();
    if tokio::time::timeout(LEAVE, listening).await.is_err() {
        abort.abort();
        signal(group, Signal::KILL);
    }
    let _ = ended.send(true);
}

fn signal(group: Option<Pid>, signal: Signal) {
    if let Some(group) = group {
        // None of it may be left, which is as good.
        let _ = kill_process_group(group, signal);
    }
}

async fn listen(mut stderr: ChildStderr, text: Arc<Mutex<Vec<u8>>>) {
    let mut piece = [0; 512];
    while let Ok(length @ 1..) = stderr.read(&mut piece).await {
        let mut text = text.lock().unwrap_or_else(PoisonError::into_inner);
        text.extend_from_slice(&piece[..length]);
        let surplus = text.len().saturating_sub(MAX_SAID);
        text.drain(..surplus);
    }
}
