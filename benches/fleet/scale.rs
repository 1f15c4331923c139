//! Ten thousand hosts that are only simulated: what the controller itself costs, without SSH.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use provision::event::Unreachable;
use provision::inventory::Host;
use provision::report::{self, Telling, ndjson::Ndjson, redact::Redactor};
use provision::runner::{Cancel, Fleet, Work};
use provision::transport::{BoxFuture, Output, Running, Session, Transport};
use tempfile::TempDir;

use super::Outcome;
use super::measure::{Clock, Reading, memory, peak_memory};
use super::runs::{hosts, plans};

const HOSTS: usize = 10_000;

/// How long a simulated host thinks: about what a real one takes.
const THINKS: Duration = Duration::from_millis(50);

/// Measures and prints; the steps of each profile are half files with a host's own content, half packages.
pub(super) async fn run() -> Outcome<()> {
    println!(
        "{HOSTS} simulated hosts, 64 at once, every host its own files; events written as NDJSON to nowhere"
    );
    println!(
        "{:<34} {:>9} {:>9} {:>12} {:>12}",
        "", "wall s", "CPU s", "CPU/host us", "RSS MiB"
    );
    for steps in [20, 200] {
        profile(steps).await?;
    }
    println!("peak of all: {} MiB", peak_memory("self").unwrap_or(0) / 1024);
    Ok(())
}

async fn profile(steps: usize) -> Outcome<()> {
    let dir = TempDir::new()?;
    write(dir.path(), steps)?;
    let clock = Clock::of_process()?;
    let hosts = hosts(&dir.path().join("inventory.toml"))?;
    tell(&format!("{steps} steps: read the inventory"), clock.stop()?);
    let clock = Clock::of_process()?;
    let plans = plans(&dir.path().join("profiles"), "scale", &hosts)?;
    tell(&format!("{steps} steps: plan"), clock.stop()?);
    let clock = Clock::of_process()?;
    let (events, receiver) = tokio::sync::mpsc::channel(1024);
    let reporter = Ndjson::new("nowhere", Box::new(std::io::sink()));
    let thread = report::spawn(
        receiver,
        Telling::new(vec![Box::new(reporter)], Redactor::new([])),
    )?;
    let fleet = Fleet::new(Arc::new(Simulated { steps }));
    let summary = fleet
        .run(None, Work::Push(plans), events, &Cancel::default())
        .await;
    let told = thread.join().map_err(|_| "the reporter panicked")?;
    tell(&format!("{steps} steps: run"), clock.stop()?);
    if summary.steps.ok != steps * HOSTS || !told.complete {
        return Err(format!("not every host ended well: {summary:?}").into());
    }
    Ok(())
}

fn tell(what: &str, reading: Reading) {
    let seconds = reading.cpu.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a count of hosts")]
    let each = seconds * 1e6 / HOSTS as f64;
    let resident = memory("self").unwrap_or(0) / 1024;
    println!(
        "{what:<34} {:>9.2} {seconds:>9.2} {each:>12.0} {resident:>12}",
        reading.wall.as_secs_f64()
    );
}

fn write(folder: &Path, steps: usize) -> Outcome<()> {
    use std::fmt::Write as _;
    std::fs::create_dir_all(folder.join("profiles/modules"))?;
    std::fs::write(
        folder.join("inventory.toml"),
        format!("[defaults]\nuser = \"root\"\n\n[hosts.\"host[00001-{HOSTS:05}]\"]\n"),
    )?;
    std::fs::write(folder.join("profiles/scale.toml"), "modules = [\"scale\"]\n")?;
    let mut text = "description = \"Steps for many\"\n".to_owned();
    for number in 0..steps / 2 {
        let _ = writeln!(text, "[[step]]\npackage = \"package-{number:03}\"");
        let whose = if number % 10 == 0 {
            " on {{ host.name }}"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "[[step]]\nfile = \"/etc/service/settings-{number:03}.conf\"\ncontent = \"setting {number}{whose}\\n\"\nmode = \"0644\""
        );
    }
    std::fs::write(folder.join("profiles/modules/scale.toml"), text)?;
    Ok(())
}

/// Hosts on which every step holds.
struct Simulated {
    steps: usize,
}

impl Transport for Simulated {
    fn connect<'a>(&'a self, _: &'a Host) -> BoxFuture<'a, Result<Box<dyn Session>, Unreachable>> {
        let session = Self { steps: self.steps };
        Box::pin(async move { Ok(Box::new(session) as Box<dyn Session>) })
    }
}

impl Session for Simulated {
    fn run(&mut self, program: Vec<u8>) -> BoxFuture<'_, Result<Box<dyn Running>, Unreachable>> {
        let nonce = program
            .split(|&byte| byte == b'\n')
            .find_map(|line| line.strip_prefix(b"nonce="));
        let nonce = String::from_utf8_lossy(nonce.unwrap_or_default()).into_owned();
        let frames = [
            "hello 1".to_owned(),
            format!("plan {}", self.steps),
            "end".to_owned(),
        ];
        let said = frames.map(|words| format!("\n\x1e{nonce} {words}\n")).concat();
        let running = Saying {
            said: Some(said.into_bytes()),
        };
        Box::pin(async move { Ok(Box::new(running) as Box<dyn Running>) })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// A program that thinks and then says everything at once.
struct Saying {
    said: Option<Vec<u8>>,
}

impl Running for Saying {
    fn next(&mut self) -> BoxFuture<'_, Option<Output>> {
        Box::pin(async move {
            tokio::time::sleep(THINKS).await;
            self.said.take().map(Output::Stdout)
        })
    }

    fn send(&mut self, _: Arc<[u8]>) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn close_input(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
