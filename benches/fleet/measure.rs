//! Clocks, and what is left of many readings.

use std::process::Child;
use std::time::{Duration, Instant};

use nix::sys::resource::{Usage, UsageWho, getrusage};

use super::Outcome;

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) wall: Duration,
    /// Of the controller alone, user and system.
    pub(super) cpu: Duration,
}

/// A running measurement.
pub(super) struct Clock {
    who: UsageWho,
    began: Instant,
    cpu: Duration,
}

impl Clock {
    /// Starts one that counts the CPU time of this process.
    pub(super) fn of_process() -> Outcome<Self> {
        Self::start(UsageWho::RUSAGE_SELF)
    }

    /// Starts one that counts the CPU time of children that have ended.
    pub(super) fn of_children() -> Outcome<Self> {
        Self::start(UsageWho::RUSAGE_CHILDREN)
    }

    fn start(who: UsageWho) -> Outcome<Self> {
        let cpu = cpu(&getrusage(who)?)?;
        let began = Instant::now();
        Ok(Self { who, began, cpu })
    }

    pub(super) fn stop(&self) -> Outcome<Reading> {
        let wall = self.began.elapsed();
        let cpu = cpu(&getrusage(self.who)?)?.saturating_sub(self.cpu);
        Ok(Reading { wall, cpu })
    }
}

fn cpu(usage: &Usage) -> Outcome<Duration> {
    let time = usage.user_time() + usage.system_time();
    Ok(Duration::from_secs(time.tv_sec().try_into()?) + Duration::from_micros(time.tv_usec().try_into()?))
}

/// The most memory a child held at once, in KiB, read over and over for as long as it lives.
pub(super) fn peak_of(mut child: Child) -> Outcome<u64> {
    let mut stdout = child.stdout.take();
    let reader = std::thread::spawn(move || {
        stdout
            .as_mut()
            .map(|from| std::io::copy(from, &mut std::io::sink()))
    });
    let mut peak = 0;
    while child.try_wait()?.is_none() {
        peak = peak.max(peak_memory(&child.id().to_string()).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(1));
    }
    let _ = reader.join();
    Ok(peak)
}

/// The most memory a process has held at once, in KiB; `process` is its number or `self`.
pub(super) fn peak_memory(process: &str) -> Option<u64> {
    field(process, "VmHWM:")
}

/// The memory a process holds now, in KiB.
pub(super) fn memory(process: &str) -> Option<u64> {
    field(process, "VmRSS:")
}

fn field(process: &str, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// The median of readings, and how far they spread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Spread {
    /// Of at least one reading.
    pub(super) fn of(readings: impl IntoIterator<Item = f64>) -> Self {
        let mut readings: Vec<f64> = readings.into_iter().collect();
        readings.sort_by(f64::total_cmp);
        let at = |index: usize| readings.get(index).copied().unwrap_or(f64::NAN);
        let last = readings.len().saturating_sub(1);
        Self {
            median: f64::midpoint(at(last / 2), at(readings.len() / 2)),
            least: at(0),
            most: at(last),
        }
    }
}
