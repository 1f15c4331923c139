//! Ctrl-C at questions, and while hosts are asked: it is heard at once, and the terminal is left as it was.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use provision::transport::ssh::embedded::ClientKey;

use super::called::Place;
use super::signals::until;
use crate::kit::host::TestHost;

/// A shell command at a terminal of its own.
struct Terminal {
    child: Child,
    keys: ChildStdin,
    screen: ChildStdout,
    said: String,
}

impl Terminal {
    fn start(place: &Place, shell: &str) -> Self {
        let mut command = Command::new("script");
        // The same surroundings as any other call.
        let like = place.command(&[]);
        command.args(["-qec", shell, "/dev/null"]).env_clear();
        command.envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let mut child = command
            .env("provision", env!("CARGO_BIN_EXE_provision"))
            .env("TERM", "xterm")
            .current_dir(place.dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            keys: child.stdin.take().unwrap(),
            screen: child.stdout.take().unwrap(),
            child,
            said: String::new(),
        }
    }

    /// Reads on until the terminal shows `what`.
    fn shows(&mut self, what: &str) {
        let mut piece = [0; 1024];
        while !self.said.contains(what) {
            let length = self.screen.read(&mut piece).unwrap();
            assert_ne!(length, 0, "it ended without {what:?}: {}", self.said);
            self.said += &String::from_utf8_lossy(&piece[..length]);
        }
    }

    fn press(&mut self, keys: &[u8]) {
        self.keys.write_all(keys).unwrap();
    }

    fn ends(mut self) -> (Option<i32>, String) {
        self.screen.read_to_string(&mut self.said).unwrap();
        (self.child.wait().unwrap().code(), self.said)
    }
}

const CTRL_C: &[u8] = b"\x03";

#[test]
fn ctrl_c_at_a_password_leaves_the_terminal_as_it_was() {
    let place = Place::new(&[("inventory.toml", "[hosts.a]\naddress = '127.0.0.1:1'\n")]);
    let shell = "$provision run -k -- true; echo it ended with $?; stty -a";
    let mut terminal = Terminal::start(&place, shell);
    terminal.shows("Password to log in: ");
    terminal.press(b"half");
    terminal.press(CTRL_C);
    terminal.shows("it ended with 130");
    let (_, said) = terminal.ends();
    let modes: Vec<&str> = said.split_whitespace().collect();
    for mode in ["echo", "icanon", "isig"] {
        assert!(modes.contains(&mode), "{mode}: {said}");
    }
    assert!(!said.contains("half"), "{said}");
}

#[test]
fn an_answer_is_taken_from_the_terminal_unseen() {
    let place = Place::new(&[("inventory.toml", "[hosts.a]\naddress = '127.0.0.1:1'\n")]);
    let mut terminal = Terminal::start(&place, "exec $provision run -k -- true");
    terminal.shows("Password to log in: ");
    terminal.press(b"canary\n");
    let (code, said) = terminal.ends();
    assert_eq!(code, Some(3), "{said}");
    assert!(
        said.contains("no connection") && !said.contains("canary"),
        "{said}"
    );
}

fn removing(host: &TestHost) -> Place {
    let home = host.path("home");
    let module = format!(
        "description = 'x'\n[[step]]\nfile = '{}/old'\nstate = 'absent'\n",
        home.display()
    );
    let inventory = format!(
        "[hosts.web1]\naddress = \"127.0.0.1\"\nport = {}\nidentity_file = '{}'\nknown_hosts = '{}'\nidentities_only = true\n",
        host.server.port(),
        host.path("id").display(),
        host.path("known_hosts").display(),
    );
    fs::write(home.join("old"), "").unwrap();
    Place::new(&[
        ("inventory.toml", &inventory),
        ("profiles/main.toml", "modules = [\"clean\"]\n"),
        ("profiles/modules/clean.toml", &module),
    ])
}

#[test]
fn ctrl_c_at_a_question_about_destructive_changes_is_a_cancelled_run() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let host = runtime.block_on(TestHost::start());
    let place = removing(&host);
    let mut terminal = Terminal::start(&place, "exec $provision push --profile main --output plain");
    terminal.shows("Make them? [y/N] ");
    terminal.press(CTRL_C);
    let (code, said) = terminal.ends();
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("nothing was done"), "{said}");
    assert!(host.path("home/old").exists());
    // The same question, answered.
    let mut terminal = Terminal::start(&place, "exec $provision push --profile main --output plain");
    terminal.shows("Make them? [y/N] ");
    terminal.press(b"y\n");
    let (code, said) = terminal.ends();
    assert_eq!(code, Some(0), "{said}");
    assert!(!host.path("home/old").exists());
}

/// A call that is ended while it waits for a host that says nothing.
fn ended_while_waiting(args: &[&str]) -> (Option<i32>, String) {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    silent.set_nonblocking(true).unwrap();
    let port = silent.local_addr().unwrap().port();
    let inventory = format!(
        "[defaults]\nidentity_file = 'id'\n[hosts.gone]\naddress = '127.0.0.1:1'\n[hosts.silent]\naddress = '127.0.0.1:{port}'\nconnect_timeout = '60s'\n"
    );
    let place = Place::new(&[("inventory.toml", &inventory)]);
    // Who has no key at all contacts nobody.
    ClientKey::generate().unwrap().write(&place.path("id")).unwrap();
    let child = place
        .command(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut contact = None;
    until("the silent host is contacted", || {
        contact = silent.accept().ok();
        contact.is_some()
    });
    let sent = Command::new("kill").arg(child.id().to_string()).status();
    assert!(sent.unwrap().success());
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn what_only_asks_tells_what_it_knows_when_it_is_cancelled() {
    let (code, said) = ended_while_waiting(&["hosts", "test"]);
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("silent\n    not tested "), "{said}");
    let (code, said) = ended_while_waiting(&["hosts", "test", "--output", "ndjson"]);
    assert_eq!(code, Some(130), "{said}");
    assert!(
        said.lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .any(|one| one["host"] == "silent" && one["status"] == "cancelled"),
        "{said}"
    );
    let (code, said) = ended_while_waiting(&["facts"]);
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("silent\n  not asked"), "{said}");
}
