//! Rounds of pairs on real hosts.

use std::sync::Arc;

use provision::event::Summary;
use provision::inventory::{Connection, Host};
use provision::plan::{self, Options};
use provision::transport::{Transport, ssh::Ssh};
use provision::wire::Nonce;

use super::hosts::Hosts;
use super::kit::proxy::{Fault, Proxy};
use super::measure::{Clock, Reading, Spread, peak_of};
use super::profile::{LARGE, SMALL, Size, Steps};
use super::runs::{Project, finish, fleet};
use super::table::{Target, heading, line};
use super::{Outcome, Wishes, references};

/// Names in the inventory.
const NAMES: usize = 50;

/// One profile's readings, round by round; each with the `true` that ran right before it.
#[derive(Default)]
struct Readings {
    fleet: Vec<(Reading, Reading)>,
    program: Vec<(Reading, Reading)>,
    script: Vec<Reading>,
    /// One host, through the fleet.
    alone: Vec<(Reading, Reading)>,
}

struct Bench {
    transport: Arc<dyn Transport>,
    project: Project,
    hosts: Vec<Arc<Host>>,
}

/// Measures and prints everything.
pub(super) async fn run(wishes: &Wishes) -> Outcome<()> {
    let hosts = Hosts::find(wishes).await?;
    let transport: Arc<dyn Transport> = Arc::new(Ssh::new());
    let facts = hosts.facts(&transport).await?;
    let profiles = [SMALL, LARGE].map(|size| (size, Steps::new(&size, &facts)));
    let named: Vec<(Size, &Steps)> = profiles.iter().map(|(size, steps)| (*size, steps)).collect();
    let project = Project::new(&hosts, &named, &[hosts.real.len(), 1, NAMES])?;
    let bench = Bench {
        transport: Arc::clone(&transport),
        hosts: project.hosts(NAMES)?,
        project,
    };
    println!(
        "{NAMES} names for {}, {} rounds of pairs",
        hosts.description, wishes.rounds
    );
    let measured = bench.measure(&hosts, &profiles, wishes.rounds).await;
    hosts.clean(&transport).await?;
    measured
}

impl Bench {
    async fn measure(&self, hosts: &Hosts, profiles: &[(Size, Steps); 2], rounds: usize) -> Outcome<()> {
        for (size, steps) in profiles {
            let real = self.project.hosts(hosts.real.len())?;
            fleet(&self.transport, self.project.plans(size.name, &real)?).await?;
            self.unchanged(self.push(size, &real).await?.1, steps, real.len())?;
        }
        let mut readings = [Readings::default(), Readings::default()];
        for round in 1..=rounds {
            for ((size, steps), readings) in profiles.iter().zip(&mut readings) {
                self.round(size, steps, readings).await?;
            }
            println!("round {round} of {rounds}");
        }
        for ((size, steps), readings) in profiles.iter().zip(&readings) {
            self.tell(size, steps, readings).await?;
        }
        Ok(())
    }

    async fn round(&self, size: &Size, steps: &Steps, readings: &mut Readings) -> Outcome<()> {
        let bare = self.bare(&self.hosts).await?;
        let (reading, summary) = self.push(size, &self.hosts).await?;
        self.unchanged(summary, steps, NAMES)?;
        readings.fleet.push((bare, reading));

        let clock = Clock::of_process()?;
        let script = steps.script();
        let answers = references::run(&self.transport, &self.hosts, script.as_bytes(), NAMES).await?;
        readings.script.push(clock.stop()?);
        if let Some(wrong) = answers
            .iter()
            .find(|answer| **answer != b"ok\n".repeat(steps.len()))
        {
            return Err(format!("the script says {}", String::from_utf8_lossy(wrong)).into());
        }

        let bare = self.bare(&self.hosts).await?;
        let clock = Clock::of_children()?;
        finish(self.project.push(size.name, NAMES)?)?;
        readings.program.push((bare, clock.stop()?));

        let bare = self.bare(&self.hosts[..1]).await?;
        let (reading, _) = self.push(size, &self.hosts[..1]).await?;
        readings.alone.push((bare, reading));
        Ok(())
    }

    async fn bare(&self, hosts: &[Arc<Host>]) -> Outcome<Reading> {
        let clock = Clock::of_process()?;
        references::run(&self.transport, hosts, references::TRUE, NAMES).await?;
        clock.stop()
    }

    async fn push(&self, size: &Size, hosts: &[Arc<Host>]) -> Outcome<(Reading, Summary)> {
        let plans = self.project.plans(size.name, hosts)?;
        let clock = Clock::of_process()?;
        let summary = fleet(&self.transport, plans).await?;
        Ok((clock.stop()?, summary))
    }

    #[expect(clippy::unused_self, reason = "a question about a run of this bench")]
    fn unchanged(&self, summary: Summary, steps: &Steps, hosts: usize) -> Outcome<()> {
        if summary.steps.ok == steps.len() * hosts && summary.steps.changed == 0 {
            return Ok(());
        }
        Err(format!("a run that should change nothing did: {:?}", summary.steps).into())
    }

    async fn tell(&self, size: &Size, steps: &Steps, readings: &Readings) -> Outcome<()> {
        let small = size.name == SMALL.name;
        heading(&format!("{} satisfied steps", steps.len()));
        let over_true = |pairs: &[(Reading, Reading)]| {
            Spread::of(
                pairs
                    .iter()
                    .map(|(bare, run)| run.wall.div_duration_f64(bare.wall)),
            )
        };
        let over_script = Spread::of(
            readings
                .fleet
                .iter()
                .zip(&readings.script)
                .map(|((_, run), script)| run.wall.div_duration_f64(script.wall)),
        );
        let bare = readings.fleet.iter().map(|(bare, _)| bare.wall.as_secs_f64());
        line(
            &format!("{NAMES} hosts, `true`"),
            "s",
            Spread::of(bare),
            Target::None,
        );
        let script = readings.script.iter().map(|script| script.wall.as_secs_f64());
        line(
            &format!("{NAMES} hosts, the script"),
            "s",
            Spread::of(script),
            Target::None,
        );
        let own = readings.fleet.iter().map(|(_, run)| run.wall.as_secs_f64());
        line(
            &format!("{NAMES} hosts, a fleet's run"),
            "s",
            Spread::of(own),
            Target::None,
        );
        let (most, aim) = if small { (1.4, 1.25) } else { (1.5, 1.5) };
        line(
            "  over `true`",
            "x",
            over_true(&readings.fleet),
            Target::AtMost(most, aim),
        );
        let most = if small { 1.0 } else { 0.25 };
        line("  over the script", "x", over_script, Target::AtMost(most, most));
        let whole = "the whole program, start to end, over `true`";
        let target = if small {
            Target::AtMost(1.4, 1.25)
        } else {
            Target::None
        };
        line(whole, "x", over_true(&readings.program), target);
        line(
            "1 host, a fleet's run over `true`",
            "x",
            over_true(&readings.alone),
            Target::None,
        );

        let milliseconds = |reading: &Reading, hosts: f64| reading.cpu.as_secs_f64() * 1000.0 / hosts;
        let count = 50.0;
        let cpu = |pairs: &[(Reading, Reading)], hosts| {
            Spread::of(pairs.iter().map(|(_, run)| milliseconds(run, hosts)))
        };
        let bare = Spread::of(readings.fleet.iter().map(|(bare, _)| milliseconds(bare, count)));
        line("controller CPU per host, `true`", "ms", bare, Target::None);
        line(
            "controller CPU per host, a fleet's run",
            "ms",
            cpu(&readings.fleet, count),
            Target::AtMost(2.0, 2.0),
        );
        line(
            "controller CPU per host, the whole program",
            "ms",
            cpu(&readings.program, count),
            Target::AtMost(2.0, 2.0),
        );
        line(
            "controller CPU for 1 host, a fleet's run",
            "ms",
            cpu(&readings.alone, 1.0),
            Target::None,
        );

        self.memory(size)?;
        self.sizes(size, steps).await
    }

    /// What a host at work takes of the whole program's memory, beside one that has nothing to do.
    fn memory(&self, size: &Size) -> Outcome<()> {
        let mut nothing = Vec::new();
        let mut per_host = Vec::new();
        for _ in 0..3 {
            let one = peak_of(self.project.nothing(1)?)?;
            nothing.push(apiece(one, peak_of(self.project.nothing(NAMES)?)?));
            let one = peak_of(self.project.push(size.name, 1)?)?;
            per_host.push(apiece(one, peak_of(self.project.push(size.name, NAMES)?)?));
        }
        line(
            "controller memory per host at work, `true`",
            "KiB",
            Spread::of(nothing),
            Target::None,
        );
        line(
            "controller memory per host at work",
            "KiB",
            Spread::of(per_host),
            Target::AtMost(64.0, 64.0),
        );
        Ok(())
    }

    async fn sizes(&self, size: &Size, steps: &Steps) -> Outcome<()> {
        let plans = self.project.plans(size.name, &self.hosts[..1])?;
        let nonce = Nonce::new([0; 16]);
        for (what, apply) in [("both halves", true), ("the half that asks", false)] {
            let program = plan::compile(&plans[0], &nonce, Options { apply, diff: false })?;
            let per_step = program.len() / steps.len();
            println!("program, {what}: {} bytes, {per_step} per step", program.len());
        }
        let proxy = Proxy::start(self.hosts[0].connection.port, Fault::default()).await;
        let host = behind(&self.hosts[0], proxy.port, &self.project)?;
        let passed = || {
            use std::sync::atomic::Ordering::SeqCst;
            (proxy.passed.up.load(SeqCst), proxy.passed.down.load(SeqCst))
        };
        self.bare(&[Arc::clone(&host)]).await?;
        let (bare_up, bare_down) = passed();
        self.push(size, &[host]).await?;
        let (up, down) = passed();
        println!(
            "bytes on the wire, to the host and back: `true` {bare_up} and {bare_down}, a fleet's run {} and {}",
            up - bare_up,
            down - bare_down
        );
        Ok(())
    }
}

/// What each host but the first takes, of the most memory with one and with all of them.
#[expect(clippy::cast_precision_loss, reason = "KiB of a process")]
fn apiece(one: u64, all: u64) -> f64 {
    (all as f64 - one as f64) / (NAMES as f64 - 1.0)
}

/// The same host on another port.
fn behind(host: &Host, port: u16, project: &Project) -> Outcome<Arc<Host>> {
    let connection = &*host.connection;
    let known = known_as(
        &std::fs::read_to_string(&connection.known_hosts[0])?,
        connection.port,
        port,
    );
    let file = project.path(&format!("known_hosts-{port}"));
    std::fs::write(&file, known)?;
    let connection = Connection {
        port,
        known_hosts: vec![file],
        ..connection.clone()
    };
    Ok(Arc::new(Host {
        connection: Arc::new(connection),
        ..host.clone()
    }))
}

/// The lines about `port`, as if it were `other`; hashed names or not, the keys are the same.
fn known_as(known: &str, port: u16, other: u16) -> String {
    let named = format!("[127.0.0.1]:{port}");
    let about = known
        .lines()
        .filter(|line| line.split([' ', ',']).any(|name| name == named));
    about
        .map(|line| format!("{}\n", line.replace(&named, &format!("[127.0.0.1]:{other}"))))
        .collect()
}
