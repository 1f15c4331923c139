//! The folder of records: who may read it, what stays, what is meant by a word.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use provision::event::{Event, Mode, Stamped, Summary};
use provision::record::{Keep, Reader, Standing, Store};
use provision::report::Reporter;
use tempfile::TempDir;

const KEEP: Keep = Keep {
    runs: 3,
    age: Duration::from_secs(24 * 60 * 60),
};

fn events() -> [Stamped; 2] {
    let started = Event::RunStarted {
        mode: Mode::Push,
        profile: None,
        hosts: std::sync::Arc::default(),
    };
    let finished = Event::RunFinished {
        summary: Summary::new(Mode::Push),
    };
    [started, finished].map(|event| Stamped {
        at: Duration::ZERO,
        event,
    })
}

fn record(store: &Store) -> String {
    let mut recorder = store.record(KEEP, None).unwrap();
    for event in events() {
        recorder.observe(&event).unwrap();
    }
    recorder.finish().unwrap();
    recorder.recording().run
}

fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn only_the_owner_may_read() {
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join("state/provision/runs");
    let store = Store::at(&folder);
    let run = record(&store);
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&dir.path().join("state")), 0o700);
    assert_eq!(mode(&folder.join(format!("{run}.ndjson"))), 0o600);
    // A folder that somebody opened is closed again.
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    record(&store);
    assert_eq!(mode(&folder), 0o700);
}

/// Waits for `holds`, and gives up loudly.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(
            std::time::Instant::now() < deadline,
            "it never came to be: {what}"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_oldest_make_room_and_nothing_else_is_touched() {
    let dir = TempDir::new().unwrap();
    let store = Store::at(dir.path());
    let strangers = [
        "notes.txt",
        "20200101-000000-zzzzz.ndjson",
        "20200101-000000.ndjson",
        "x.ndjson",
    ];
    for name in strangers {
        fs::write(dir.path().join(name), "").unwrap();
    }
    fs::write(dir.path().join("20200101-000000-00001.ndjson"), "").unwrap();
    let first = record(&store);
    assert_eq!(names(dir.path()).len(), strangers.len() + 1, "old by age");
    // At work, and then as many as are kept.
    let mut at_work = store.record(KEEP, None).unwrap();
    at_work.observe(&events()[0]).unwrap();
    for _ in 0..KEEP.runs {
        record(&store);
    }
    let left = names(dir.path());
    for name in strangers {
        assert!(left.iter().any(|left| left == name), "{name} is no record");
    }
    let running = at_work.recording().run;
    let entry = store.find(&running).unwrap();
    assert_eq!(entry.standing, Standing::Running, "a run at work stays");
    let listed = || -> Vec<String> { store.list().unwrap().into_iter().map(|entry| entry.run).collect() };
    // A child of another test may hold a finished record's lock until it comes to its own program; then it makes room
    // for the next one.
    until("there is room", || {
        let fits = listed().len() <= KEEP.runs + 1;
        if !fits {
            record(&store);
        }
        fits
    });
    let ids = listed();
    assert!(ids.len() < KEEP.runs + 1 || !ids.contains(&first) || ids.contains(&running));
    drop(at_work);
    until("nobody is at work on it", || {
        store.find(&running).unwrap().standing == Standing::Interrupted
    });
}

#[test]
fn a_run_is_found_by_its_beginning() {
    let dir = TempDir::new().unwrap();
    let store = Store::at(dir.path());
    let now = record(&store);
    for id in ["20251231-235959-000aa", "20251231-235959-000ab"] {
        fs::copy(
            dir.path().join(format!("{now}.ndjson")),
            dir.path().join(format!("{id}.ndjson")),
        )
        .unwrap();
    }
    assert_eq!(store.find("last").unwrap().run, now);
    assert_eq!(
        store.find("20251231-235959-000ab").unwrap().run,
        "20251231-235959-000ab"
    );
    let entry = store.find(&now[..19]).unwrap();
    assert_eq!(entry.run, now);
    assert!(matches!(entry.standing, Standing::Finished(..)));
    assert_eq!(
        entry.label.as_ref().map(|label| label.run.as_str()),
        Some(now.as_str())
    );
    for (wanted, message) in [
        ("2025", "\"2025\" is the beginning of 2 runs"),
        ("", "no recorded run is called"),
        ("../../etc/passwd", "no recorded run is called"),
    ] {
        let error = store.find(wanted).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    let file = fs::File::open(&entry.path).unwrap();
    let mut reader = Reader::new(std::io::BufReader::new(file));
    assert_eq!(reader.by_ref().map(Result::unwrap).collect::<Vec<_>>(), events());
    assert!(reader.is_whole() && reader.label() == entry.label.as_ref());
}
