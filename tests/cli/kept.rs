//! Plans kept and carried out, changes that take something away, and drift, on hosts inside this process.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::called::{Place, Said};
use crate::kit::host::TestHost;
use crate::kit::tools;

const ONE: &str = "[[step]]\nfile = \"~/one\"\ncontent = \"wanted\\n\"\n";
const TWO: &str = "[[step]]\nfile = \"~/two\"\ncontent = \"second\\n\"\n";
const GONE: &str = "[[step]]\nfile = \"~/gone\"\nstate = \"absent\"\n";

/// Three hosts, each with a home of its own, and a project that reaches them.
struct Three {
    place: Place,
    hosts: Vec<TestHost>,
}

impl Three {
    async fn start(steps: &[&str]) -> Self {
        let mut hosts = Vec::new();
        let mut inventory = String::new();
        for number in 1..=3 {
            let host = TestHost::start().await;
            inventory += &format!(
                "[hosts.h{number}]\naddress = \"127.0.0.1\"\nport = {}\nidentity_file = '{}'\nknown_hosts = '{}'\nidentities_only = true\n",
                host.server.port(),
                host.path("id").display(),
                host.path("known_hosts").display(),
            );
            hosts.push(host);
        }
        let place = Place::new(&[
            ("inventory.toml", &inventory),
            ("profiles/p.toml", "modules = [\"m\"]\n"),
        ]);
        let three = Self { place, hosts };
        three.module(steps);
        three
    }

    fn module(&self, steps: &[&str]) {
        let path = self.place.path("profiles/modules/m.toml");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("description = \"m\"\n{}", steps.concat())).unwrap();
    }

    fn call(&self, args: &[&str], code: i32) -> Said {
        self.place.call(args).fails_with(code)
    }

    /// The end of every host, by name.
    fn ends(said: &Said) -> BTreeMap<String, Value> {
        let events = said
            .stdout
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let ends = events.filter(|event| event["event"] == "host-finished");
        ends.map(|event| (event["host"].as_str().unwrap().to_owned(), event.clone()))
            .collect()
    }

    fn home(&self, host: usize) -> std::path::PathBuf {
        self.hosts[host - 1].path("home")
    }

    fn write(&self, host: usize, name: &str, text: &str) {
        fs::write(self.home(host).join(name), text).unwrap();
    }

    fn read(&self, host: usize, name: &str) -> Option<String> {
        fs::read_to_string(self.home(host).join(name)).ok()
    }
}

/// Every file below `folder`, with its content.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(tree(&path));
        } else {
            all.insert(path.display().to_string(), fs::read(&path).unwrap());
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_has_moved_since_the_plan_is_refused_and_not_touched() {
    let three = Three::start(&[ONE, TWO]).await;
    for host in 1..=3 {
        three.write(host, "one", "before\n");
    }
    let said = three.call(&["plan", "--profile", "p", "--out", "kept"], 0);
    assert!(said.stdout.contains("h[1-3]: 2 changes"), "{}", said.stdout);
    let mode = fs::metadata(three.place.path("kept"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(
        !fs::read_to_string(three.place.path("kept"))
            .unwrap()
            .contains("wanted\\n"),
        "contents are not in a plan"
    );

    three.write(2, "one", "Before\n");
    let before = tree(&three.home(2));
    let said = three.call(&["apply", "kept", "--output", "ndjson"], 1);
    let ends = Three::ends(&said);
    assert_eq!(ends["h1"]["status"], "ok");
    assert_eq!(ends["h3"]["steps"]["changed"], 2);
    assert_eq!(ends["h2"]["status"], "refused");
    assert_eq!(ends["h2"]["refusal"], "stale");
    assert_eq!(ends["h2"]["moved"], serde_json::json!([0]));
    assert_eq!(tree(&three.home(2)), before, "byte for byte as before");
    assert_eq!(three.read(1, "one").unwrap(), "wanted\n");

    // Once more: what was done has nothing to do, what was stale still is, and people read why.
    let said = three.call(&["apply", "kept"], 1);
    assert!(
        said.stdout.contains("it has moved since the plan was made")
            && said.stdout.contains("in another state: m: file ~/one"),
        "{}",
        said.stdout
    );
    assert!(said.stdout.contains("2 hosts ok, 1 host refused") || said.stdout.contains("1 refused"));
    assert_eq!(tree(&three.home(2)), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_whole_plan_of_the_present_files_is_refused_before_contact() {
    let three = Three::start(&[ONE]).await;
    three.call(&["plan", "--profile", "p", "--out", "kept"], 0);
    let plan = fs::read_to_string(three.place.path("kept")).unwrap();
    let cases = [
        (plan[..plan.len() - 20].to_owned(), "cut short"),
        (plan.replace("\"h2\"", "\"h4\""), "changed after it was made"),
        (
            plan.replace(env!("CARGO_PKG_VERSION"), "9.9.9"),
            "version 9.9.9 of provision has made it",
        ),
        ("[hosts.a]\n".to_owned(), "it is not a plan"),
    ];
    for (text, why) in cases {
        fs::write(three.place.path("other"), text).unwrap();
        let said = three.call(&["apply", "other"], 2);
        assert!(
            said.stderr.contains(why) && said.stdout.is_empty(),
            "{}",
            said.stderr
        );
    }
    three.module(&[ONE, TWO]);
    let said = three.call(&["apply", "kept"], 2);
    assert!(
        said.stderr.contains("h[1-3]") && said.stderr.contains("profiles/modules/m.toml"),
        "{}",
        said.stderr
    );
    assert!((1..=3).all(|host| three.read(host, "one").is_none()));
    // The files as they were: the plan is good again.
    three.module(&[ONE]);
    three.call(&["apply", "kept"], 0);
    assert!((1..=3).all(|host| three.read(host, "one").is_some()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_takes_something_away_is_agreed_to_first() {
    let three = Three::start(&[ONE, GONE]).await;
    three.write(2, "gone", "still here");
    let said = three.call(&["push", "--profile", "p", "--dry-run"], 0);
    assert!(
        said.stdout.contains("1 destructive change on 1 host")
            && said.stdout.contains("as h1, h3, and file ~/gone"),
        "{}",
        said.stdout
    );
    let said = three.call(&["push", "--profile", "p"], 1);
    assert!(
        said.stdout
            .contains("destructive and not agreed to: m: file ~/gone")
            && said.stdout.contains("--yes"),
        "{}",
        said.stdout
    );
    assert_eq!(
        (three.read(2, "gone").as_deref(), three.read(2, "one")),
        (Some("still here"), None)
    );
    assert!(three.read(1, "one").is_some(), "the others go on");
    // A kept plan is agreed to.
    three.call(&["plan", "--profile", "p", "--out", "kept"], 0);
    three.call(&["apply", "kept"], 0);
    assert_eq!(three.read(2, "gone"), None);
    three.write(3, "gone", "again");
    three.call(&["push", "--profile", "p", "--yes"], 0);
    assert_eq!(three.read(3, "gone"), None);
}

/// Pushes on a terminal where somebody types `answer`; what stands there in the end, and the exit code.
fn on_a_terminal(three: &Three, answer: &str) -> (String, Option<i32>) {
    let provision = env!("CARGO_BIN_EXE_provision");
    let plain = three.place.command(&[]);
    let mut script = Command::new("script");
    script
        .args(["-qec", &format!("{provision} push --profile p"), "/dev/null"])
        .current_dir(three.place.dir.path())
        .env_clear()
        .env("TERM", "xterm")
        .env("SHELL", "/bin/sh")
        .envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut child = script
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // The terminal keeps it until somebody asks. Its end stays open, as a person's does.
    let mut keys = child.stdin.take().unwrap();
    keys.write_all(answer.as_bytes()).unwrap();
    let mut shown = String::new();
    child.stdout.take().unwrap().read_to_string(&mut shown).unwrap();
    let code = child.wait().unwrap().code();
    (shown, code)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_terminal_what_takes_something_away_is_asked_about() {
    if tools::find("script", "the question at a terminal was not tried").is_none() {
        return;
    }
    let three = Three::start(&[ONE, GONE]).await;
    three.write(2, "gone", "still here");
    let (shown, code) = on_a_terminal(&three, "n\n");
    assert!(
        shown.contains("1 destructive change:") && shown.contains("h2  m: file ~/gone"),
        "{shown}"
    );
    assert!(shown.contains("not agreed to: nothing was changed"), "{shown}");
    assert_eq!(code, Some(2), "{shown}");
    assert!((1..=3).all(|host| three.read(host, "one").is_none()));
    assert_eq!(three.read(2, "gone").as_deref(), Some("still here"));

    let (shown, code) = on_a_terminal(&three, "y\n");
    assert_eq!(code, Some(0), "{shown}");
    assert!((1..=3).all(|host| three.read(host, "one").is_some()));
    assert_eq!(three.read(2, "gone"), None);
    // Nothing takes anything away any more, so nobody is asked.
    let (shown, code) = on_a_terminal(&three, "");
    assert_eq!(code, Some(0), "{shown}");
    assert!(!shown.contains("destructive"), "{shown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drift_tells_the_hand_from_the_profile() {
    let three = Three::start(&[ONE, TWO]).await;
    let drift = |code| {
        let said = three.call(&["drift", "--profile", "p", "--output", "ndjson"], code);
        let lines: Vec<Value> = said
            .stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        lines.last().unwrap()["drift"].clone()
    };
    let counts = |by_hand: u32, profile: u32, never_pushed: u32| serde_json::json!({"by_hand": by_hand, "profile": profile, "never_pushed": never_pushed});
    assert_eq!(drift(4), counts(0, 0, 6), "nothing was pushed yet");
    three.call(&["push", "--profile", "p"], 0);
    assert_eq!(drift(0), counts(0, 0, 0));
    three.write(2, "one", "by hand");
    assert_eq!(drift(4), counts(1, 0, 0));
    three.module(&[ONE, &TWO.replace("second", "other")]);
    assert_eq!(drift(4), counts(1, 3, 0));
    let said = three.call(&["drift", "--profile", "p"], 4);
    let told = "changed by hand since the last push:\n  h2  m: file ~/one\n\nthe profile changed since the last push:\n  h[1-3]  m: file ~/two\n";
    assert!(said.stdout.contains(told), "{}", said.stdout);
    let state = fs::read_dir(three.place.path("state/provision/left")).unwrap();
    for file in state {
        let file = file.unwrap().metadata().unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }
    three.call(&["push", "--profile", "p"], 0);
    assert_eq!(drift(0), counts(0, 0, 0));
}

/// A gate that stays closed leaves the hosts of later waves as they were, as with a push.
#[tokio::test(flavor = "multi_thread")]
async fn a_kept_plan_is_carried_out_in_waves() {
    let three = Three::start(&[ONE]).await;
    three.call(&["plan", "--profile", "p", "--out", "kept"], 0);
    let wrong = three.call(&["apply", "kept", "--order", "nobody"], 2);
    assert!(
        wrong.stderr.contains("no selected host is in the group `nobody`"),
        "{}",
        wrong.stderr
    );
    let waves = [
        "apply",
        "kept",
        "--waves",
        "1",
        "--gate",
        "command=false",
        "--gate-within",
        "1ms",
    ];
    let said = three.call(&[waves.as_slice(), &["--output", "ndjson"]].concat(), 1);
    let ends = Three::ends(&said);
    assert_eq!(ends["h1"]["status"], "ok", "{ends:?}");
    for host in ["h2", "h3"] {
        assert_eq!(ends[host]["status"], "withheld", "{ends:?}");
    }
    let done = [1, 2, 3].map(|host| three.read(host, "one").is_some());
    assert_eq!(done, [true, false, false]);
    // What the profile says of waves counts as well.
    fs::write(
        three.place.path("profiles/p.toml"),
        "modules = [\"m\"]\n\n[rollout]\nwaves = [1]\ngates = [{ command = \"false\" }]\n",
    )
    .unwrap();
    three.call(
        &["plan", "--profile", "p", "--out", "kept", "--timeout", "10m"],
        0,
    );
    let said = three.call(
        &["apply", "kept", "--gate-within", "1ms", "--output", "ndjson"],
        1,
    );
    let ends = Three::ends(&said);
    assert_eq!(
        (&ends["h1"]["status"], &ends["h2"]["status"]),
        (&"ok".into(), &"withheld".into()),
        "{ends:?}"
    );
}
