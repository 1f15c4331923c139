//! Ctrl-C: once ends the run between two steps, twice at once; 130 either way.

use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use super::called::Place;
use crate::kit::host::TestHost;

/// A push to a host inside this process, whose first step waits to be let go.
struct Push {
    _place: Place,
    child: Child,
    events: Lines<BufReader<ChildStdout>>,
    /// Where the program keeps what it works with.
    place: PathBuf,
}

impl Push {
    fn start(host: &TestHost) -> Self {
        let at = host.path("home");
        let (begun, go, done) = (at.join("begun"), at.join("go"), at.join("done"));
        let module = format!(
            r#"description = "A step that takes its time"

[[step]]
title = "slow"
[step.sh]
check = "test -e {done}"
apply = "echo $run >{begun}; until [ -e {go} ]; do sleep 0.02; done; touch {done}"

[[step]]
file = "{second}"
content = "x"
"#,
            done = done.display(),
            begun = begun.display(),
            go = go.display(),
            second = at.join("second").display(),
        );
        let inventory = format!(
            "[hosts.slow]\naddress = \"127.0.0.1\"\nport = {}\nidentity_file = '{}'\nknown_hosts = '{}'\nidentities_only = true\n",
            host.server.port(),
            host.path("id").display(),
            host.path("known_hosts").display(),
        );
        let place = Place::new(&[
            ("inventory.toml", &inventory),
            ("profiles/main.toml", "modules = [\"slow\"]\n"),
            ("profiles/modules/slow.toml", &module),
        ]);
        let mut child = place
            .command(&["push", "--profile", "main", "--output", "ndjson"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let events = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut push = Self {
            _place: place,
            child,
            events,
            place: PathBuf::new(),
        };
        let place = || std::fs::read_to_string(&begun).unwrap_or_default();
        until("the step begins", || place().ends_with('\n'));
        push.place = place().trim().into();
        assert!(push.child.try_wait().unwrap().is_none(), "it still runs");
        push
    }

    fn interrupt(&self) {
        let sent = Command::new("kill")
            .args(["-INT", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Reads events up to the one named so.
    fn hear(&mut self, event: &str) -> String {
        let named = format!("\"event\":\"{event}\"");
        loop {
            let line = self
                .events
                .next()
                .unwrap_or_else(|| panic!("no {event}"))
                .unwrap();
            if line.contains(&named) {
                return line;
            }
        }
    }

    /// Waits until the host knows that no other step is to begin: that is not when we are told.
    fn is_heard(&self) {
        until("the host has heard", || self.place.join("stop").exists());
    }

    fn ends_with_130(mut self) {
        let ended = self.child.wait().unwrap();
        assert_eq!(ended.code(), Some(130));
    }
}

pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: not within 30 s");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn let_go(home: &Path) {
    std::fs::write(home.join("go"), "").unwrap();
}

#[test]
fn once_the_step_at_work_ends_and_no_other_begins() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let host = runtime.block_on(TestHost::start());
    let mut push = Push::start(&host);
    push.interrupt();
    push.hear("cancelling");
    push.is_heard();
    let_go(&host.path("home"));
    let end = push.hear("run-finished");
    assert!(
        end.contains("\"changed\":1") && end.contains("\"skipped\":1"),
        "{end}"
    );
    push.ends_with_130();
    assert!(host.path("home/done").exists() && !host.path("home/second").exists());
}

#[test]
fn twice_the_controller_leaves_and_the_step_still_ends() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let host = runtime.block_on(TestHost::start());
    let mut push = Push::start(&host);
    push.interrupt();
    push.hear("cancelling");
    push.interrupt();
    let place = push.place.clone();
    push.ends_with_130();
    assert!(!host.path("home/done").exists());
    until("the host has heard", || place.join("stop").exists());
    let_go(&host.path("home"));
    until("the step ends without its controller", || {
        host.path("home/done").exists()
    });
    assert!(!host.path("home/second").exists());
}
