//! The terminal view, seen through a terminal emulator.

use std::io::{self, Write};
use std::num::NonZero;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use provision::event::{Event, HostStatus, Mode, Outcome, Phase, Stamped};
use provision::report::redact::Redactor;
use provision::report::tty::{Size, Tty};
use provision::report::{Options, Telling};

use super::canned::{self, DB, Run};
use super::formats::{OPTIONS, golden};

const TICK: Duration = Duration::from_millis(100);

/// A terminal that can be looked at and resized while a run is drawn on it.
#[derive(Clone)]
pub struct Emulator {
    parser: Arc<Mutex<vt100::Parser>>,
    writes: Arc<AtomicUsize>,
    clock: Arc<AtomicU64>,
}

fn nonzero(number: u16) -> NonZero<u16> {
    NonZero::new(number).unwrap()
}

impl Write for Emulator {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A terminal's driver makes CR LF of LF.
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
        self.parser.lock().unwrap().process(text.as_bytes());
        if !bytes.is_empty() {
            self.writes.fetch_add(1, Ordering::Relaxed);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Emulator {
    pub fn new(rows: u16, columns: u16) -> Self {
        Self {
            parser: Arc::new(Mutex::new(vt100::Parser::new(nonzero(rows), nonzero(columns), 0))),
            writes: Arc::default(),
            clock: Arc::default(),
        }
    }

    fn tty(&self, options: Options) -> Tty {
        let (parser, clock) = (Arc::clone(&self.parser), Arc::clone(&self.clock));
        let size = move || {
            let (rows, columns) = parser.lock().unwrap().screen().size();
            Size {
                rows: rows.get(),
                columns: columns.get(),
            }
        };
        let now = move || Duration::from_millis(clock.load(Ordering::Relaxed));
        Tty::over(Box::new(self.clone()), size, now, options)
    }

    /// The lines seen, without empty ones at the end.
    pub fn lines(&self) -> Vec<String> {
        let parser = self.parser.lock().unwrap();
        let (_, columns) = parser.screen().size();
        let mut lines: Vec<String> = parser
            .screen()
            .rows(0, columns.get())
            .map(|row| row.trim_end().to_owned())
            .collect();
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines
    }

    /// Plays events in their own time, with ten ticks a second, and looks after every tick.
    pub fn play(&self, events: Vec<Stamped>, options: Options, mut look: impl FnMut(&Self, Duration)) {
        let mut telling = Telling::new(
            vec![Box::new(self.tty(options))],
            Redactor::new(["hunter22".to_owned()]),
        );
        let mut next = TICK;
        for event in events {
            while next <= event.at {
                self.clock
                    .store(u64::try_from(next.as_millis()).unwrap(), Ordering::Relaxed);
                telling.tick();
                look(self, next);
                next += TICK;
            }
            telling.observe(event);
        }
        let told = telling.finish();
        assert!(told.broken.is_empty(), "{:?}", told.broken);
    }
}

/// Many hosts, some of them at work at once, each with a step that takes a while.
fn fleet(hosts: usize, parallel: usize) -> Vec<Stamped> {
    let names: Vec<String> = (1..=hosts).map(|n| format!("web{n:03}.example.com")).collect();
    let mut run = Run::new(Mode::Push, DB, names.iter().map(String::as_str));
    for group in names.chunks(parallel) {
        for host in group {
            run.connect(host).ok(host, 0..4).begin(host, 4, Phase::Apply);
        }
        for (place, host) in group.iter().enumerate() {
            if place == 1 {
                run.end(host, 4, Outcome::Failed, None, b"no such package\n", 300);
                run.skipped(host, 5..10, &provision::event::Reason::AfterFailure { of: 4 });
                run.done(host, HostStatus::Failed, 900);
            } else {
                run.end(host, 4, Outcome::Changed, None, b"", 300).ok(host, 5..10);
                run.done(host, HostStatus::Ok, 900);
            }
        }
    }
    run.finish()
}

fn finished(events: &[Stamped], by: Duration) -> usize {
    let before = events.iter().filter(|stamped| stamped.at < by);
    before
        .filter(|stamped| matches!(stamped.event, Event::HostFinished { .. }))
        .count()
}

#[test]
fn every_width_and_every_number_of_hosts_keeps_its_lines() {
    for (hosts, parallel) in [(3, 3), (300, 50)] {
        for (rows, columns) in [(24, 20), (24, 80), (50, 250), (5, 40), (2, 12), (1, 1)] {
            let emulator = Emulator::new(rows, columns);
            let events = fleet(hosts, parallel);
            let all = events.clone();
            emulator.play(events, OPTIONS, |emulator, at| {
                let lines = emulator.lines();
                let total = format!("{}/{hosts}", finished(&all, at));
                let last = lines.last().unwrap();
                if columns >= 20 {
                    assert!(
                        last.contains(&total),
                        "{columns} columns, {at:?}: {last:?} lacks {total}"
                    );
                }
                let rows_at_work = lines.iter().filter(|line| line.contains("applying")).count();
                assert!(
                    rows_at_work <= usize::from(rows).saturating_sub(4).min(12),
                    "{lines:#?}"
                );
                // The cursor stands behind the last line, which did not wrap.
                let parser = emulator.parser.lock().unwrap();
                let (row, _) = parser.screen().cursor_position();
                assert_eq!(usize::from(row) + 1, lines.len());
                assert!(!parser.screen().row_wrapped(row));
            });
            let end = emulator.lines();
            if columns >= 80 {
                let summary = end.concat();
                let failed = hosts.div_ceil(parallel);
                assert!(
                    summary.contains(&format!("{} hosts ok, {failed} failed", hosts - failed)),
                    "{summary}"
                );
                let total = end.iter().any(|line| line.contains(&format!("/{hosts} hosts")));
                assert!(!total, "the total stands no more");
            }
        }
    }
}

#[test]
fn a_screen_in_mid_run() {
    for (rows, columns) in [(24, 20), (24, 80), (24, 250)] {
        let emulator = Emulator::new(rows, columns);
        let mut seen = String::new();
        emulator.play(fleet(300, 50), OPTIONS, |emulator, at| {
            if at == Duration::from_secs(8) {
                seen = emulator.lines().join("\n") + "\n";
            }
        });
        golden(&format!("fleet_{columns}.screen"), &seen);
    }
    let emulator = Emulator::new(24, 80);
    let mut seen = String::new();
    emulator.play(canned::push(), OPTIONS, |emulator, at| {
        if at == Duration::from_secs(5) {
            seen = emulator.lines().join("\n") + "\n";
        }
    });
    golden("push.screen", &seen);
}

#[test]
fn what_stays_on_the_screen() {
    let cases: [(&str, Vec<Stamped>); 5] = [
        ("push", canned::push()),
        ("cancelled", canned::cancelled()),
        ("dry_run", canned::dry_run()),
        ("settled", canned::settled()),
        ("command", canned::command()),
    ];
    for (name, events) in cases {
        let emulator = Emulator::new(100, 250);
        emulator.play(events, OPTIONS, |_, _| ());
        golden(&format!("{name}.tty"), &(emulator.lines().join("\n") + "\n"));
    }
}

#[test]
fn nothing_is_drawn_when_nothing_moves() {
    let emulator = Emulator::new(24, 80);
    let mut telling = Telling::new(vec![Box::new(emulator.tty(OPTIONS))], Redactor::new([]));
    for event in canned::push().into_iter().take(10) {
        telling.observe(event);
    }
    for _ in 0..50 {
        telling.tick();
    }
    assert_eq!(emulator.writes.load(Ordering::Relaxed), 1);
}

#[test]
fn a_tick_is_one_write() {
    let emulator = Emulator::new(24, 80);
    let mut ticks = 0;
    emulator.play(fleet(60, 20), OPTIONS, |_, _| ticks += 1);
    // The bar's end and the last lines come on top.
    let writes = emulator.writes.load(Ordering::Relaxed);
    assert!(writes <= ticks + 2, "{writes} writes in {ticks} ticks");
}

#[test]
fn a_window_that_gets_narrower_leaves_no_rubbish() {
    let emulator = Emulator::new(24, 100);
    let mut widths = (40..100).rev().step_by(7).chain((20..120).step_by(9)).cycle();
    emulator.play(fleet(40, 10), OPTIONS, |emulator, at| {
        let lines = emulator.lines();
        let totals = lines
            .iter()
            .filter(|line| line.contains("/40") && !line.contains("example"))
            .count();
        assert_eq!(totals, 1, "{at:?}: {lines:#?}");
        let wider = widths.next().unwrap();
        emulator
            .parser
            .lock()
            .unwrap()
            .screen_mut()
            .set_size(nonzero(24), nonzero(wider));
    });
}

#[test]
fn colours_are_there_only_when_wanted() {
    for colour in [true, false] {
        let emulator = Emulator::new(24, 80);
        let mut coloured = false;
        let options = Options { colour, ..OPTIONS };
        emulator.play(canned::push(), options, |emulator, _| {
            let parser = emulator.parser.lock().unwrap();
            let (rows, columns) = parser.screen().size();
            let cells = (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column)));
            let mut cells = cells.filter_map(|(row, column)| parser.screen().cell(row, column));
            coloured |= cells.any(|cell| cell.fgcolor() != vt100::Color::Default || cell.bold());
        });
        assert_eq!(coloured, colour);
    }
}

/// A large fleet in which some steps write, and some fail and go on.
#[test]
fn troubles_and_last_lines_stay_in_sight() {
    let names: Vec<String> = (1..=40).map(|n| format!("web{n:02}")).collect();
    let mut run = Run::new(Mode::Push, DB, names.iter().map(String::as_str));
    for host in &names[..20] {
        run.connect(host).ok(host, 0..4);
        let output = b"Reading package lists...\nE: no such package \x1b]0;taken\x07\n\n";
        run.end(host, 4, Outcome::Failed, None, output, 30);
        run.skipped(host, 5..10, &provision::event::Reason::AfterFailure { of: 4 });
        run.done(host, HostStatus::Failed, 200);
    }
    for host in &names[20..24] {
        run.connect(host).ok(host, 0..4).begin(host, 4, Phase::Apply);
    }
    run.says(
        "web21",
        4,
        b"Unpacking \x1b[2J\x1b[31mpostgresql\x1b[0m (15.4) ...\r\n",
    );
    run.says("web22", 4, "Setting up\u{202e} \u{9b}2J\n\n".as_bytes());
    run.push(3000, Event::Cancelling);
    let emulator = Emulator::new(30, 100);
    let mut seen = Vec::new();
    let events = std::mem::take(&mut run.events);
    emulator.play(events, OPTIONS, |emulator, _| seen = emulator.lines());
    let text = seen.join("\n");
    assert!(
        text.contains(
            "✗ 20 hosts, last web20  postgresql: package postgresql  | E: no such package \\x1b]0;taken\\x07"
        ),
        "{text}"
    );
    assert!(
        text.contains("  | Unpacking \\x1b[2Jpostgresql (15.4) ..."),
        "{text}"
    );
    assert!(text.contains("  | Setting up\\u{202e} \\u{9b}2J"), "{text}");
    let last = seen.last().unwrap();
    assert!(
        last.contains("20/40") && last.contains("/s") && last.contains(" left"),
        "{last}"
    );
}

/// `-v` tells what steps write as they write it; `--tail` does so for one host.
#[test]
fn outputs_are_streamed_behind_their_hosts() {
    use super::formats::Sink;
    use provision::report::plain::Plain;
    let told = |verbose: bool, tail: Option<&str>| {
        let sink = Sink::default();
        let options = Options { verbose, ..OPTIONS };
        let plain = Plain::new(sink.boxed(), options).tail(tail.map(canned::name));
        let mut telling = Telling::new(vec![Box::new(plain)], Redactor::new(["hunter22".to_owned()]));
        for event in canned::push() {
            telling.observe(event);
        }
        telling.finish();
        sink.text()
    };
    let all = told(true, None);
    assert!(all.contains("\ndb1 | Setting up postgresql\n"), "{all}");
    assert!(all.contains("\ndb2 | the password is ********\n"), "{all}");
    let one = told(false, Some("db1"));
    assert!(
        one.contains("\ndb1 | Setting up postgresql\n") && !one.contains("db2 |"),
        "{one}"
    );
    assert!(one.contains("applying"), "{one}");
    assert!(!told(false, None).contains("Setting up"));
}
