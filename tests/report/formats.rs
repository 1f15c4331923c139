//! Every canned run in every format, against `tests/golden/report/<case>.<format>`. `UPDATE_GOLDEN=1` rewrites them.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use provision::event::Stamped;
use provision::report::ndjson::Ndjson;
use provision::report::plain::Plain;
use provision::report::redact::Redactor;
use provision::report::{Options, Reporter, Telling, Told, spawn};

use super::canned;

pub const OPTIONS: Options = Options {
    colour: false,
    unicode: true,
    verbose: false,
};

/// What was written, to be read while the writer is owned by a reporter.
#[derive(Clone, Default)]
pub struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    pub fn boxed(&self) -> Box<dyn Write + Send> {
        Box::new(self.clone())
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn tell(events: Vec<Stamped>, reporters: Vec<Box<dyn Reporter>>) -> Told {
    let mut telling = Telling::new(reporters, Redactor::new(vec!["hunter22".into()]));
    for event in events {
        telling.observe(event);
    }
    telling.finish()
}

pub fn golden(file: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/report")
        .join(file);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    let pairs = text.lines().zip(wanted.lines());
    let first = pairs.enumerate().find(|(_, (is, was))| is != was);
    assert!(
        text == wanted,
        "{file} differs, first at {first:#?}; look at it, then UPDATE_GOLDEN=1"
    );
}

fn case(name: &str, events: Vec<Stamped>) {
    let [plain, colour, verbose, ndjson] = [(); 4].map(|()| Sink::default());
    let in_colour = Options {
        colour: true,
        ..OPTIONS
    };
    let with_more = Options {
        verbose: true,
        unicode: false,
        ..OPTIONS
    };
    let reporters: Vec<Box<dyn Reporter>> = vec![
        Box::new(Plain::new(plain.boxed(), OPTIONS)),
        Box::new(Plain::new(colour.boxed(), in_colour)),
        Box::new(Plain::new(verbose.boxed(), with_more)),
        Box::new(Ndjson::new("stdout", ndjson.boxed())),
    ];
    let told = tell(events, reporters);
    assert!(told.complete && told.broken.is_empty());
    golden(&format!("{name}.plain"), &plain.text());
    if matches!(name, "push" | "dry_run") {
        golden(&format!("{name}.colour"), &colour.text());
        golden(&format!("{name}.verbose"), &verbose.text());
    }
    if name != "dry_run_fleet" {
        golden(&format!("{name}.ndjson"), &ndjson.text());
    }
    let stripped = anstream::adapter::strip_str(&colour.text()).to_string();
    assert_eq!(stripped, plain.text(), "colour changes nothing but colour");
    for text in [plain.text(), verbose.text(), ndjson.text()] {
        assert!(!text.contains("hunter22"), "a secret came out");
        assert!(
            text.chars().all(|c| c == '\n' || !c.is_control()),
            "a control character came out"
        );
    }
    assert!(
        verbose.text().is_ascii() || name == "unreachable",
        "a sign beyond ASCII came out"
    );
}

#[test]
fn push() {
    case("push", canned::push());
}

#[test]
fn unreachable() {
    case("unreachable", canned::unreachable());
}

#[test]
fn cancelled() {
    case("cancelled", canned::cancelled());
}

#[test]
fn dry_run() {
    case("dry_run", canned::dry_run());
}

#[test]
fn dry_run_fleet() {
    case("dry_run_fleet", canned::dry_run_fleet());
}

#[test]
fn settled() {
    case("settled", canned::settled());
}

#[test]
fn command() {
    case("command", canned::command());
}

#[test]
fn ndjson_lines_are_objects_with_the_promised_fields() {
    let sink = Sink::default();
    tell(
        canned::push(),
        vec![Box::new(Ndjson::new("stdout", sink.boxed()))],
    );
    let text = sink.text();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(
        lines
            .iter()
            .all(|line| line["v"] == 1 && line["at"].is_f64() && line["event"].is_string())
    );
    let step = lines
        .iter()
        .find(|line| line["event"] == "step-finished" && line["outcome"] == "changed")
        .unwrap();
    assert_eq!(
        (&step["host"], &step["module"], &step["step"]),
        (&"db1".into(), &"base".into(), &"file /etc/motd".into())
    );
    let away = lines.iter().find(|line| line["status"] == "unreachable").unwrap();
    assert_eq!(away["cause"], "host-key-unknown");
    let last = lines.last().unwrap();
    assert_eq!(last["event"], "run-finished");
    assert_eq!(
        (&last["hosts"]["unreachable"], &last["steps"]["failed"]),
        (&1.into(), &4.into())
    );
}

/// Fails at every write, after the first few.
struct Broken(usize, io::ErrorKind);

impl Write for Broken {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(1).ok_or(self.1)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_broken_reporter_stops_no_other() {
    let sink = Sink::default();
    let reporters: Vec<Box<dyn Reporter>> = vec![
        Box::new(Plain::new(
            Box::new(Broken(1, io::ErrorKind::BrokenPipe)),
            OPTIONS,
        )),
        Box::new(Ndjson::new(
            "run.ndjson",
            Box::new(Broken(0, io::ErrorKind::StorageFull)),
        )),
        Box::new(Plain::new(sink.boxed(), OPTIONS)),
    ];
    let told = tell(canned::settled(), reporters);
    let broken: Vec<String> = told.broken.iter().map(ToString::to_string).collect();
    assert_eq!(broken, ["output to run.ndjson stopped: no storage space"]);
    assert_eq!(told.summary.steps.ok, 30);
    assert!(sink.text().contains("3 hosts ok"));
}

#[test]
fn a_stream_that_breaks_off_is_still_told_to_its_end() {
    let sink = Sink::default();
    let mut events = canned::push();
    events.truncate(events.len() - 1);
    let told = tell(events, vec![Box::new(Plain::new(sink.boxed(), OPTIONS))]);
    assert!(!told.complete);
    assert_eq!(
        (
            told.summary.hosts.ok,
            told.summary.hosts.failed,
            told.summary.hosts.unreachable
        ),
        (2, 4, 1)
    );
    assert!(sink.text().contains("2 hosts ok, 4 failed, 1 unreachable"));
}

#[test]
fn events_are_told_on_a_thread_of_their_own() {
    let (sender, receiver) = tokio::sync::mpsc::channel(4);
    let sink = Sink::default();
    let telling = Telling::new(
        vec![Box::new(Plain::new(sink.boxed(), OPTIONS))],
        Redactor::new(vec![]),
    );
    let thread = spawn(receiver, telling).unwrap();
    for event in canned::settled() {
        sender.blocking_send(event).unwrap();
    }
    drop(sender);
    let told = thread.join().unwrap();
    assert!(told.complete);
    assert_eq!(told.summary.exit_code(), 0);
    assert!(sink.text().ends_with(" s\n") || sink.text().ends_with(" ms\n"));
}
