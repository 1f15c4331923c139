//! Ten thousand simulated hosts: the terminal view redraws ten times a second at most, and costs next to nothing; what
//! a run holds does not grow with what it has done.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use provision::inventory::Host;
use provision::plan::Plan;
use provision::report::ndjson::Ndjson;
use provision::report::redact::Redactor;
use provision::report::tty::{Size, Tty};
use provision::report::{self, Reporter, Telling};
use provision::resource::{Resource, Sh};
use provision::runner::{Cancel, Fleet, Work};
use provision::transport::replay::{Act, Replay, Script};
use provision::transport::{ExitStatus, Output};
use provision::{event::Stamped, name::Name};

use super::formats::{OPTIONS, Sink};
use crate::kit::shell::plan;

const HOSTS: usize = 10_000;
const STEPS: usize = 20;

/// CPU time of this thread.
fn spent() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_THREAD).unwrap();
    let time = |time: nix::sys::time::TimeVal| {
        Duration::new(time.tv_sec().unsigned_abs(), 0) + Duration::from_micros(time.tv_usec().unsigned_abs())
    };
    time(usage.user_time()) + time(usage.system_time())
}

/// Sums the CPU time of a reporter's redraws, and counts them.
struct Measured {
    inner: Tty,
    drawing: Arc<AtomicU64>,
    draws: Arc<AtomicUsize>,
}

impl Reporter for Measured {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn observe(&mut self, stamped: &Stamped) -> std::io::Result<()> {
        self.inner.observe(stamped)
    }

    fn tick(&mut self) -> std::io::Result<()> {
        let before = spent();
        let done = self.inner.tick();
        let cost = u64::try_from(spent().saturating_sub(before).as_micros()).unwrap();
        self.drawing.fetch_add(cost, Ordering::Relaxed);
        self.draws.fetch_add(1, Ordering::Relaxed);
        done
    }

    fn finish(&mut self) -> std::io::Result<()> {
        self.inner.finish()
    }
}

/// Plans that share their steps, and hosts on which every step holds.
fn fleet(hosts: usize) -> (Vec<Plan>, Replay) {
    let steps = (0..STEPS).map(|number| {
        let step = format!("true {number}");
        Resource::from(Sh::new(&step, &step))
    });
    let shared = plan(steps.collect());
    let names = (1..=hosts).map(|number| Name::parse(&format!("host{number:05}")).unwrap());
    let plans: Vec<Plan> = names
        .map(|name| Plan {
            host: Arc::new(Host {
                name,
                ..(*shared.host).clone()
            }),
            steps: shared.steps.clone(),
        })
        .collect();
    let answer = Act::Answer(Arc::new(|program: &[u8]| {
        let text = String::from_utf8_lossy(program);
        let nonce = text.lines().find_map(|line| line.strip_prefix("nonce="));
        let nonce = nonce.unwrap_or_default();
        let frames = ["hello 1".to_owned(), format!("plan {STEPS}"), "end".to_owned()];
        let said = frames.map(|words| format!("\n\x1e{nonce} {words}\n")).concat();
        vec![
            Output::Stdout(said.into_bytes()),
            Output::Exit(ExitStatus::Code(0)),
        ]
    }));
    let scripts = plans.iter().map(|plan| {
        let script = Script::Runs(vec![vec![answer.clone()]]);
        (plan.host.name.clone(), script)
    });
    let scripts: HashMap<Name, Script> = scripts.collect();
    (plans, Replay::new(scripts))
}

/// Everything is measured within the one run, on the threads that do it, so other tests and slow machines do not matter.
#[test]
fn the_view_of_ten_thousand_hosts_costs_little() {
    let (plans, replay) = fleet(HOSTS);
    let (drawing, draws) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicUsize::new(0)));
    let began = std::time::Instant::now();
    let sink = Sink::default();
    let tty = Tty::over(
        sink.boxed(),
        || Size {
            rows: 50,
            columns: 160,
        },
        move || began.elapsed(),
        OPTIONS,
    );
    let measured = Measured {
        inner: tty,
        drawing: Arc::clone(&drawing),
        draws: Arc::clone(&draws),
    };
    let (events, receiver) = tokio::sync::mpsc::channel(1024);
    let thread = report::spawn(
        receiver,
        Telling::new(vec![Box::new(measured)], Redactor::new([])),
    )
    .unwrap();
    // One thread drives all hosts: its time is the controller's, but for the telling.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let before = spent();
    let summary = runtime.block_on(async {
        let fleet = Fleet::new(Arc::new(replay)).parallel(NonZeroUsize::new(256).unwrap());
        fleet
            .run(None, Work::Push(plans), events, &Cancel::default())
            .await
    });
    let driving = spent().saturating_sub(before);
    let told = thread.join().unwrap();
    assert!(told.complete && told.broken.is_empty());
    assert_eq!((summary.hosts.ok, summary.steps.ok), (HOSTS, HOSTS * STEPS));
    let elapsed = began.elapsed();
    let draws = draws.load(Ordering::Relaxed);
    let most = usize::try_from(elapsed.as_millis() / 100).unwrap() + 2;
    assert!(draws <= most, "{draws} redraws in {elapsed:?}");
    let drawing = Duration::from_micros(drawing.load(Ordering::Relaxed));
    let total = driving + drawing;
    println!("drawing took {drawing:?} of {total:?} CPU, {draws} redraws in {elapsed:?}");
    assert!(
        drawing * 20 <= total,
        "redraws took {drawing:?} of {total:?}: more than 5 %"
    );
    assert!(sink.text().contains("10000 hosts ok"));
}

/// Says how many hosts a process of this test is to run.
const SIMULATED: &str = "PROVISION_TEST_SIMULATED_HOSTS";

/// The most memory that a process held at once, in KiB, which ran this test's fleet of `hosts`, told as it is told on a
/// terminal and to machines.
fn peak(hosts: usize) -> u64 {
    let told = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "report::scale::memory_does_not_grow_with_hosts_that_are_done",
            "--exact",
            "--nocapture",
        ])
        .env(SIMULATED, hosts.to_string())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let peak = told.split("peak ").nth(1).and_then(|rest| rest.split(' ').next());
    peak.unwrap_or_else(|| panic!("no peak in {told}"))
        .parse()
        .unwrap()
}

/// As [`peak`] wants it, in this process.
fn simulate(hosts: usize) {
    let (plans, replay) = fleet(hosts);
    let began = std::time::Instant::now();
    let size = || Size {
        rows: 50,
        columns: 160,
    };
    let tty = Tty::over(Box::new(std::io::sink()), size, move || began.elapsed(), OPTIONS);
    let machines = Ndjson::new("nowhere", Box::new(std::io::sink()));
    let (events, receiver) = tokio::sync::mpsc::channel(1024);
    let telling = Telling::new(vec![Box::new(tty), Box::new(machines)], Redactor::new([]));
    let thread = report::spawn(receiver, telling).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let summary = runtime.unwrap().block_on(async {
        let fleet = Fleet::new(Arc::new(replay)).parallel(NonZeroUsize::new(64).unwrap());
        fleet
            .run(None, Work::Push(plans), events, &Cancel::default())
            .await
    });
    assert!(thread.join().unwrap().complete);
    assert_eq!((summary.hosts.ok, summary.steps.ok), (hosts, hosts * STEPS));
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    println!("peak {} KiB", line.unwrap().trim().trim_end_matches(" kB"));
}

/// Hosts at work cost what they cost; one more that waits, or is done, costs its name, its place and its outcome. The
/// readings are of processes of their own, so other tests do not matter.
#[test]
fn memory_does_not_grow_with_hosts_that_are_done() {
    if let Ok(hosts) = std::env::var(SIMULATED) {
        return simulate(hosts.parse().unwrap());
    }
    let (few, many) = (peak(HOSTS / 10), peak(HOSTS));
    let more = u64::try_from(HOSTS - HOSTS / 10).unwrap();
    let each = (many.saturating_sub(few) * 1024) / more;
    println!(
        "{few} KiB for {} hosts, {many} KiB for {HOSTS}: {each} bytes for one more",
        HOSTS / 10
    );
    assert!(each <= 6144, "one more host takes {each} bytes");
}
