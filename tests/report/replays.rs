//! A run that is read from its record is told as it was told live, to the byte.

use std::io::Write;

use proptest::prelude::*;
use provision::event::Stamped;
use provision::record::{Reader, Unreadable};
use provision::report::ndjson::Ndjson;
use provision::report::plain::Plain;
use provision::report::redact::Redactor;
use provision::report::{Options, Reporter, Telling};

use super::canned;
use super::formats::{OPTIONS, Sink};
use super::screens::Emulator;

fn runs() -> [(&'static str, Vec<Stamped>); 6] {
    [
        ("push", canned::push()),
        ("unreachable", canned::unreachable()),
        ("cancelled", canned::cancelled()),
        ("dry_run", canned::dry_run()),
        ("settled", canned::settled()),
        ("command", canned::command()),
    ]
}

/// The NDJSON of a run, and what people see of it in three ways.
fn told(events: Vec<Stamped>, secret: &str) -> [String; 4] {
    let sinks = [(); 4].map(|()| Sink::default());
    let [ndjson, plain, colour, digest] = &sinks;
    let verbose = Options {
        colour: true,
        verbose: true,
        ..OPTIONS
    };
    let reporters: Vec<Box<dyn Reporter>> = vec![
        Box::new(Ndjson::new("x", ndjson.boxed())),
        Box::new(Plain::new(plain.boxed(), OPTIONS)),
        Box::new(Plain::new(colour.boxed(), verbose)),
        Box::new(Plain::digest(digest.boxed(), OPTIONS)),
    ];
    let mut telling = Telling::new(reporters, Redactor::new([secret.to_owned()]));
    for event in events {
        telling.observe(event);
    }
    telling.finish();
    sinks.map(|sink| sink.text())
}

fn read(record: &str) -> Vec<Stamped> {
    Reader::new(record.as_bytes()).map(Result::unwrap).collect()
}

#[test]
fn every_format_has_the_same_bytes() {
    for (name, mut events) in runs() {
        // Times as a clock gives them, not as a test writes them.
        for (number, stamped) in events.iter_mut().enumerate() {
            stamped.at += std::time::Duration::from_nanos(number as u64 * 37_037);
        }
        let live = told(events, "hunter22");
        let again = told(read(&live[0]), "of no use any more");
        assert_eq!(live, again, "{name}");
    }
}

#[test]
fn the_screen_shows_the_same_at_every_tick() {
    for (name, events) in runs() {
        let record = &told(events.clone(), "hunter22")[0];
        let seen = |events: Vec<Stamped>| {
            let emulator = Emulator::new(30, 100);
            let mut seen = Vec::new();
            emulator.play(events, OPTIONS, |emulator, _| seen.push(emulator.lines()));
            seen.push(emulator.lines());
            seen
        };
        assert_eq!(seen(events), seen(read(record)), "{name}");
    }
}

/// As after a power cut or a full disk.
#[test]
fn a_record_cut_anywhere_is_read_to_the_cut() {
    for (name, events) in [("cancelled", canned::cancelled()), ("command", canned::command())] {
        let record = &told(events, "hunter22")[0];
        let all = read(record);
        for end in 0..record.len() {
            // Bytes, for the cut may be within a character.
            let mut reader = Reader::new(&record.as_bytes()[..end]);
            let read: Vec<_> = reader.by_ref().collect();
            let lines = record.as_bytes()[..end].split(|&byte| byte == b'\n').count() - 1;
            assert!(!reader.is_whole());
            if lines == 0 {
                assert!(
                    matches!(read[..], [Err(Unreadable::Empty)]),
                    "{name} {end}: {read:?}"
                );
            } else {
                let read: Vec<Stamped> = read.into_iter().map(Result::unwrap).collect();
                assert_eq!(read, all[..lines], "{name} {end}");
            }
        }
        // Blocks that were never written are zeros.
        let mut torn = record.as_bytes()[..record.len() / 2].to_vec();
        torn.extend([0; 4096]);
        assert!(Reader::new(torn.as_slice()).all(|event| event.is_ok()));
    }
}

#[test]
fn files_that_are_no_records_are_refused() {
    let record = &told(canned::command(), "hunter22")[0];
    let lines: Vec<&str> = record.lines().collect();
    let twice = format!("{record}{record}");
    let unplanned = format!("{}\n{}\n", lines[0], lines[1].replace("web1", "web9"));
    let headless = lines[1..].join("\n") + "\n";
    for (what, text) in [
        ("empty", ""),
        ("text", "hello\nworld\n"),
        ("an end alone", "\n"),
        ("zeros", "\0\0\0\0\n"),
        ("another run behind", &twice),
        ("a host nobody planned", &unplanned),
        ("no beginning", &headless),
        ("a later version", "{\"v\":7,\"event\":\"run-started\"}\n"),
    ] {
        let refused = Reader::new(text.as_bytes()).find_map(Result::err);
        let message = refused.unwrap_or_else(|| panic!("{what} was taken")).to_string();
        assert!(
            message.len() < 10_000,
            "{what}: {} bytes of message",
            message.len()
        );
    }
}

#[test]
fn a_line_without_end_takes_bounded_memory() {
    let endless = std::io::BufReader::new(std::io::repeat(b'x'));
    let refused = Reader::new(endless).limit(1 << 20).next().unwrap().unwrap_err();
    assert!(matches!(refused, Unreadable::Long(1)), "{refused}");
}

proptest! {
    #[test]
    fn bytes_changed_anywhere_do_no_harm(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)) {
        let mut record = told(canned::cancelled(), "hunter22")[0].clone().into_bytes();
        for (place, byte) in changes {
            let place = place.index(record.len());
            record[place] = byte;
        }
        let mut sink = Sink::default();
        let mut plain = Plain::new(sink.boxed(), OPTIONS);
        for stamped in Reader::new(record.as_slice()).map_while(Result::ok) {
            plain.observe(&stamped).unwrap();
        }
        plain.finish().unwrap();
        sink.flush().unwrap();
        prop_assert!(sink.text().chars().all(|c| c == '\n' || !c.is_control()));
    }
}
