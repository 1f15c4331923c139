//! Ways to hosts.

mod accepted;
mod contract;
mod faults;
mod fido;
mod host_certificates;
mod hostile;
mod identity;
mod known_hosts;
mod lies;
mod login;
mod round_trips;
mod routes;
mod scan;
mod small;
mod ssh;
mod storms;
mod strangers;
mod traps;
mod trust;
mod unreachable;

use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;

use provision::transport::{ExitStatus, Output, Running};

use crate::kit::proxy::Proxy;

/// No test may wait longer than this for anything.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work)
        .await
        .expect("it should not take this long")
}

/// How many bytes a host has got rid of, when every buffer on the way is full and nobody reads.
pub async fn held_back(proxy: &Proxy) -> u64 {
    let mut before = 0;
    within(async {
        loop {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let now = proxy.passed.down.load(Ordering::SeqCst);
            if now == before {
                break now;
            }
            before = now;
        }
    })
    .await
}

/// Runs a command, which says nothing here; its exit code, and the most it had in memory at any time, in KiB.
pub fn most_memory(command: &mut Command) -> (Option<i32>, u64) {
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let path = format!("/proc/{}/status", child.id());
    let mut most = 0;
    loop {
        let status = std::fs::read_to_string(&path).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        most = most.max(now.unwrap_or_default());
        if let Some(status) = child.try_wait().unwrap() {
            return (status.code(), most);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// All a program said, and how it ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Transcript {
    pub stdout: String,
    pub stderr: String,
    pub end: Output,
}

/// Reads until the end, and checks that the end is the end.
pub async fn finish(running: &mut dyn Running) -> Transcript {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let end = loop {
        match within(running.next()).await.expect("an end comes before nothing") {
            Output::Stdout(bytes) => stdout.extend(bytes),
            Output::Stderr(bytes) => stderr.extend(bytes),
            end => break end,
        }
    };
    assert_eq!(within(running.next()).await, None, "the end comes last");
    Transcript {
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
        end,
    }
}

pub fn exited(code: u32) -> Output {
    Output::Exit(ExitStatus::Code(code))
}
