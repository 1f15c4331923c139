//! The loop that hands events to reporters.

use std::io;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{self, MissedTickBehavior};

use super::Reporter;
use super::redact::Redactor;
use crate::event::{Event, Mode, Stamped, Summary};

/// Ten redraws a second are as much as an eye follows.
const TICK: Duration = Duration::from_millis(100);

/// How many waiting events are told before the clock is looked at again.
const BATCH: usize = 256;

/// What is known when the last event was told.
#[derive(Debug)]
pub struct Told {
    /// The run in numbers: the runner's own, or what was counted when the stream broke off.
    pub summary: Summary,
    /// Whether the stream came to its last event.
    pub complete: bool,
    /// Reporters that could not go on, in the order they broke. A reader that went away (`| head`) is not among them.
    pub broken: Vec<Broken>,
}

/// A reporter that could not go on.
#[derive(Debug, thiserror::Error)]
#[error("output to {reporter} stopped: {error}")]
pub struct Broken {
    /// The reporter's name.
    pub reporter: String,
    /// What happened.
    #[source]
    pub error: io::Error,
}

/// Hands events to reporters until the channel closes, on a thread of its own.
///
/// # Errors
/// The system gives no thread or no timer.
pub fn spawn(events: mpsc::Receiver<Stamped>, telling: Telling) -> io::Result<JoinHandle<Told>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    thread::Builder::new()
        .name("report".to_owned())
        .spawn(move || runtime.block_on(drive(events, telling)))
}

async fn drive(mut events: mpsc::Receiver<Stamped>, mut telling: Telling) -> Told {
    let mut clock = time::interval(TICK);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            // The clock first: a flood of events must not stop the screen.
            biased;
            _ = clock.tick() => telling.tick(),
            event = events.recv() => match event {
                Some(event) => {
                    telling.observe(event);
                    // What waits already is told with it, and written out at once.
                    for _ in 0..BATCH {
                        match events.try_recv() {
                            Ok(event) => telling.observe(event),
                            Err(_) => break,
                        }
                    }
                    telling.flush();
                }
                None => return telling.finish(),
            },
        }
    }
}

/// Several reporters of one run, and what is counted on the way.
pub struct Telling {
    reporters: Vec<Box<dyn Reporter>>,
    redactor: Redactor,
    summary: Summary,
    complete: bool,
    broken: Vec<Broken>,
}

impl Telling {
    /// Nothing told yet.
    pub fn new(reporters: Vec<Box<dyn Reporter>>, redactor: Redactor) -> Self {
        Self {
            reporters,
            redactor,
            summary: Summary::new(Mode::Push),
            complete: false,
            broken: Vec::new(),
        }
    }

    /// Tells one event to every reporter.
    pub fn observe(&mut self, mut event: Stamped) {
        event.settle();
        match &event.event {
            Event::RunStarted { mode, .. } => self.summary = Summary::new(*mode),
            Event::RunFinished { summary } => {
                self.summary = *summary;
                self.complete = true;
            }
            event => self.summary.observe(event),
        }
        for event in self.redactor.pass(event) {
            self.each(|reporter| reporter.observe(&event));
        }
    }

    /// Lets reporters write out what they have gathered; nothing more is known at this moment.
    pub fn flush(&mut self) {
        self.each(Reporter::flush);
    }

    /// Lets time pass.
    pub fn tick(&mut self) {
        self.each(Reporter::tick);
    }

    /// Ends all reporters.
    pub fn finish(mut self) -> Told {
        self.each(Reporter::finish);
        Told {
            summary: self.summary,
            complete: self.complete,
            broken: self.broken,
        }
    }

    fn each(&mut self, mut act: impl FnMut(&mut (dyn Reporter + 'static)) -> io::Result<()>) {
        let broken = &mut self.broken;
        self.reporters
            .retain_mut(|reporter| match act(reporter.as_mut()) {
                Ok(()) => true,
                Err(error) => {
                    // Nobody reads any more: that is the reader's will, and no news.
                    if error.kind() != io::ErrorKind::BrokenPipe {
                        broken.push(Broken {
                            reporter: reporter.name().to_owned(),
                            error,
                        });
                    }
                    false
                }
            });
    }
}
