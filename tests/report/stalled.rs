//! What stands still: a terminal or a pipe that nobody reads must not hold up a run, nor take memory without end.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use provision::event::{Mode, Stamped};
use provision::report::outlet::{LIMIT, Outlet};
use provision::report::plain::Plain;
use provision::report::redact::Redactor;
use provision::report::tty::{Size, Tty};
use provision::report::{Reporter, Telling};

use super::canned::{DB, Run};
use super::formats::{OPTIONS, Sink};

/// A terminal after Ctrl-S: takes nothing until it is let go.
#[derive(Clone, Default)]
struct Stopped {
    gate: Arc<(Mutex<bool>, Condvar)>,
    taken: Sink,
}

impl Stopped {
    fn let_go(&self) {
        *self.gate.0.lock().unwrap() = true;
        self.gate.1.notify_all();
    }
}

impl Write for Stopped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let open = self.gate.0.lock().unwrap();
        drop(self.gate.1.wait_while(open, |open| !*open).unwrap());
        self.taken.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Every host fails in a way of its own, so that every one has lines to tell.
fn failing(hosts: usize) -> Vec<Stamped> {
    use provision::event::{HostStatus, Outcome, Reason};
    let names: Vec<String> = (1..=hosts).map(|n| format!("web{n:05}.example.com")).collect();
    let mut run = Run::new(Mode::Push, DB, names.iter().map(String::as_str));
    for host in &names {
        run.connect(host).ok(host, 0..4);
        let output = format!("{host} has no such package\n");
        run.end(host, 4, Outcome::Failed, None, output.as_bytes(), 30);
        run.skipped(host, 5..10, &Reason::AfterFailure { of: 4 });
        run.done(host, HostStatus::Failed, 200);
    }
    run.finish()
}

fn tell(reporter: Box<dyn Reporter>, events: Vec<Stamped>) -> Telling {
    let mut telling = Telling::new(vec![reporter], Redactor::new([]));
    for (number, event) in events.into_iter().enumerate() {
        // Nobody takes anything: did the telling wait for that, it would wait here for ever.
        telling.observe(event);
        if number % 100 == 0 {
            telling.tick();
            telling.flush();
        }
    }
    telling
}

#[test]
fn a_terminal_that_stands_still_holds_up_nothing() {
    let terminal = Stopped::default();
    let outlet = Outlet::new(Box::new(terminal.clone())).unwrap();
    let size = || Size {
        rows: 24,
        columns: 80,
    };
    let tty = Tty::behind(outlet, size, || Duration::from_secs(5), OPTIONS);
    let telling = tell(Box::new(tty), failing(5000));
    assert_eq!(terminal.taken.text(), "", "nothing was taken so far");
    terminal.let_go();
    let told = telling.finish();
    assert!(told.complete && told.broken.is_empty());
    let text = terminal.taken.text();
    assert!(
        text.contains("left out here: the terminal stood still"),
        "what is missing is said"
    );
    assert!(text.contains("5000 failed"), "and how it ended");
    assert!(
        text.lines().count() < 30_000,
        "{} lines waited",
        text.lines().count()
    );
}

#[test]
fn a_pipe_that_nobody_reads_holds_up_nothing() {
    let pipe = Stopped::default();
    let outlet = Outlet::new(Box::new(pipe.clone())).unwrap();
    let plain = Plain::new(Box::new(outlet), OPTIONS);
    // Much more than may wait.
    let telling = tell(Box::new(plain), failing(30_000));
    pipe.let_go();
    let told = telling.finish();
    assert!(told.complete && told.broken.is_empty());
    let text = pipe.taken.text();
    assert!(text.len() < LIMIT + LIMIT, "{} bytes waited", text.len());
    assert!(text.contains("lines left out here: nobody read on"));
}
