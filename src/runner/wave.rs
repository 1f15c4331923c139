//! A fleet in waves: who is in which, and what must hold between them.

use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

use super::scene::Job;
use super::tail::Bounded;
use crate::inventory::Host;
use crate::plan;
use crate::profile::{Gate, Http, Rollout};
use crate::transport::{ExitStatus, Output, Transport};

/// How long one try of a gate may take.
const TRY: Duration = Duration::from_secs(10);
/// How long is waited between two tries.
const BETWEEN: Duration = Duration::from_millis(500);

/// Parts `jobs` into waves, each of which ends before the next begins.
pub(super) fn part(jobs: Vec<Job>, rollout: &Rollout) -> Vec<Vec<Job>> {
    let all = jobs.len();
    let mut groups: Vec<Vec<Job>> = (0..=rollout.order.len()).map(|_| Vec::new()).collect();
    for job in jobs {
        let place = rollout
            .order
            .iter()
            .position(|group| job.host().groups.contains(group));
        groups[place.unwrap_or(rollout.order.len())].push(job);
    }
    let mut waves = Vec::new();
    for group in groups {
        let mut sizes = rollout.waves.iter().map(|share| share.of(all).max(1));
        let mut size = sizes.next().unwrap_or(usize::MAX);
        let mut wave = Vec::new();
        for job in group {
            if wave.len() == size {
                waves.push(std::mem::take(&mut wave));
                size = sizes.next().unwrap_or(size);
            }
            wave.push(job);
        }
        if !wave.is_empty() {
            waves.push(wave);
        }
    }
    waves
}

/// Tries `gate` until it lets through or `within` is over; what it said last where it does not. Hosts that it asks take
/// places among those at work.
pub(super) async fn pass(
    gate: &Gate,
    within: Duration,
    hosts: &[Arc<Host>],
    transport: &Arc<dyn Transport>,
    places: &Arc<Semaphore>,
) -> Result<(), Vec<u8>> {
    if let Gate::Pause(time) = gate {
        tokio::time::sleep(*time).await;
        return Ok(());
    }
    let deadline = Instant::now() + within;
    loop {
        let tried = match gate {
            Gate::Command(command) => here(command).await,
            Gate::Host(command) => there(command, hosts, transport, places).await,
            Gate::Http(http) => timeout(TRY, get(http))
                .await
                .unwrap_or_else(|_| Err(b"no answer in time".to_vec())),
            Gate::Port(address) => connect(address).await.map(drop),
            Gate::Pause(_) => Ok(()),
        };
        let Err(said) = tried else {
            return Ok(());
        };
        if Instant::now() + BETWEEN >= deadline {
            return Err(said);
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

/// A command at the controller: `sh -c`, by the one who runs us.
async fn here(command: &str) -> Result<(), Vec<u8>> {
    let child = tokio::process::Command::new("sh")
        .args(["-c", command])
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        // What it starts ends with it, when nobody waits for it any more.
        .process_group(0)
        .kill_on_drop(true)
        .spawn();
    let child = child.map_err(|error| error.to_string().into_bytes())?;
    let group = Group::of(&child);
    let child = child.wait_with_output();
    // Ten tries' time: a smoke test is no mere question.
    let output = match timeout(TRY * 10, child).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return Err(error.to_string().into_bytes()),
        Err(_) => return Err(b"it did not end in time".to_vec()),
    };
    group.ended();
    if output.status.success() {
        return Ok(());
    }
    let mut said = Bounded::default();
    said.push(&output.stdout);
    said.push(&output.stderr);
    let mut said = said.take();
    said.extend_from_slice(output.status.to_string().as_bytes());
    Err(said)
}

/// The processes of a command, which are killed with this value.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &tokio::process::Child) -> Self {
        Self(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)))
    }

    /// The command has ended by itself: what it left behind it meant to.
    fn ended(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // None of it may be left, which is as good.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// A command on every host of the wave, as many at once as may be at work.
async fn there(
    command: &str,
    hosts: &[Arc<Host>],
    transport: &Arc<dyn Transport>,
    places: &Arc<Semaphore>,
) -> Result<(), Vec<u8>> {
    let program = plan::command(&[command.to_owned()]).map_err(|error| error.to_string().into_bytes())?;
    let mut asked = JoinSet::new();
    for host in hosts {
        let (host, transport, program) = (Arc::clone(host), Arc::clone(transport), program.clone());
        let places = Arc::clone(places);
        asked.spawn(async move {
            let _place = places.acquire().await;
            let answer = on(&host, program, &transport).await;
            answer.map_err(|mut said| {
                said.splice(..0, format!("{}: ", host.name).into_bytes());
                said
            })
        });
    }
    let mut failed = Ok(());
    while let Some(answer) = asked.join_next().await {
        match answer {
            Ok(Ok(())) => {}
            Ok(Err(said)) => failed = Err(said),
            // Whoever could not ask has not heard that all is well.
            Err(died) => failed = Err(died.to_string().into_bytes()),
        }
    }
    failed
}

async fn on(host: &Host, program: Vec<u8>, transport: &Arc<dyn Transport>) -> Result<(), Vec<u8>> {
    let deadline = Instant::now() + TRY * 10;
    let late = |_| b"it did not end in time".to_vec();
    let mut session = transport
        .connect(host)
        .await
        .map_err(|_| b"not reached".to_vec())?;
    let mut said = Bounded::default();
    let status = async {
        let mut running = session.run(program).await.map_err(|_| b"not reached".to_vec())?;
        loop {
            match running.next().await {
                Some(Output::Stdout(bytes) | Output::Stderr(bytes)) => said.push(&bytes),
                Some(Output::Exit(status)) => return Ok(status),
                Some(Output::Lost { .. }) | None => return Err(b"connection lost".to_vec()),
            }
        }
    };
    let status = timeout_at(deadline, status)
        .await
        .map_err(late)
        .and_then(std::convert::identity);
    session.close().await;
    match status? {
        ExitStatus::Code(0) => Ok(()),
        status => {
            let mut said = said.take();
            let status = match status {
                ExitStatus::Code(code) => format!("exit status: {code}"),
                ExitStatus::Signal(signal) => format!("signal: {signal}"),
            };
            said.extend_from_slice(status.as_bytes());
            Err(said)
        }
    }
}

async fn connect(address: &str) -> Result<TcpStream, Vec<u8>> {
    match timeout(TRY, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(error.to_string().into_bytes()),
        Err(_) => Err(b"no answer in time".to_vec()),
    }
}

/// One GET (RFC 9112), of which only the status line is read.
async fn get(http: &Http) -> Result<(), Vec<u8>> {
    let failed = |error: std::io::Error| error.to_string().into_bytes();
    let mut stream = connect(&http.address).await?;
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAccept: */*\r\n\r\n",
        http.path, http.host
    );
    stream.write_all(request.as_bytes()).await.map_err(failed)?;
    let mut answer = Vec::new();
    stream.take(64).read_to_end(&mut answer).await.map_err(failed)?;
    let line = answer
        .split(|&byte| byte == b'\r' || byte == b'\n')
        .next()
        .unwrap_or_default();
    let text = String::from_utf8_lossy(line).into_owned();
    let mut words = text.split(' ');
    match (
        words.next(),
        words.next().and_then(|status| status.parse::<u16>().ok()),
    ) {
        (Some(version), Some(status)) if version.starts_with("HTTP/") && (200..400).contains(&status) => {
            Ok(())
        }
        _ => Err(text.into_bytes()),
    }
}
