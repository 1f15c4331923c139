//! The real binary, run as a person runs it, and what it told.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use serde_json::Value;
use tempfile::TempDir;

use super::docker;

/// A folder with an inventory, profiles and modules of one test.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file, and the directories it is in.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A profile with this text, and its modules, as (name, text).
    pub fn profile(&self, name: &str, text: &str, modules: &[(&str, &str)]) {
        self.write(&format!("profiles/{name}.toml"), text);
        for (module, text) in modules {
            let text = format!("description = \"{module}, of a test\"\n{text}");
            self.write(&format!("profiles/modules/{module}.toml"), &text);
        }
    }

    /// An inventory whose hosts are reached with the keys docker/up made.
    pub fn inventory(&self, text: &str) -> PathBuf {
        let run = docker::run();
        let run = run.display();
        let defaults = format!(
            "[defaults]\nuser = \"root\"\nidentity_file = \"{run}/id_ed25519\"\nknown_hosts = \"{run}/known_hosts\"\n"
        );
        self.write("inventory.toml", &(defaults + text))
    }

    /// A push of this folder's profile.
    pub fn push(&self, profile: &str) -> Provision {
        Provision::new("push")
            .arg("--hosts")
            .arg(self.path("inventory.toml"))
            .arg("--profiles")
            .arg(self.path("profiles"))
            .args(["--profile", profile, "--yes"])
    }
}

/// A command line to be run.
pub struct Provision {
    command: Command,
    /// Where it records its runs.
    state: TempDir,
}

impl Provision {
    /// Without anything of this machine's own settings.
    pub fn new(subcommand: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_provision"));
        command
            .arg(subcommand)
            .current_dir(docker::checkout())
            .env("PROVISION_SSH_CONFIG", "none")
            .stdin(Stdio::null());
        for name in ["SSH_AUTH_SOCK", "PROVISION_HOSTS", "PROVISION_PROFILES"] {
            command.env_remove(name);
        }
        let state = TempDir::new().unwrap();
        command.env("XDG_STATE_HOME", state.path());
        Self { command, state }
    }

    /// A push of one of the repository's profiles to the test hosts.
    pub fn push(profile: &str, limit: &str) -> Self {
        Self::new("push").arg("--hosts").arg(docker::inventory()).args([
            "--profile",
            profile,
            "--limit",
            limit,
            "--yes",
        ])
    }

    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    /// With a variable in its environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it for people.
    pub fn plain(self) -> Told {
        self.start().finish()
    }

    /// Runs it for machines.
    pub fn ndjson(self) -> Told {
        self.args(["--output", "ndjson"]).plain()
    }

    pub fn start(mut self) -> Started {
        let mut child = self
            .command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = reader(child.stdout.take().unwrap());
        let stderr = reader(child.stderr.take().unwrap());
        Started {
            child,
            stdout,
            stderr,
            _state: self.state,
        }
    }
}

/// Reads on the side: a full pipe would hold the writer.
fn reader(mut from: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    })
}

/// A command at work.
pub struct Started {
    child: Child,
    stdout: JoinHandle<String>,
    stderr: JoinHandle<String>,
    _state: TempDir,
}

impl Started {
    /// Sends a signal by its name, such as `INT`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status();
        assert!(status.unwrap().success());
    }

    /// Whether it is still there.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub fn finish(mut self) -> Told {
        let status = self.child.wait().unwrap();
        let stdout = self.stdout.join().unwrap();
        Told {
            code: status.code(),
            events: events(&stdout),
            stdout,
            stderr: self.stderr.join().unwrap(),
        }
    }
}

fn events(text: &str) -> Vec<Value> {
    let lines = text.lines().filter(|line| line.starts_with('{'));
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What a command told.
#[derive(Debug)]
pub struct Told {
    /// None when a signal ended it.
    pub code: Option<i32>,
    pub events: Vec<Value>,
    pub stdout: String,
    pub stderr: String,
}

/// Steps as `module: title`.
pub type Steps = BTreeSet<String>;

/// The steps of a set, for comparing.
pub fn steps(list: &[&str]) -> Steps {
    list.iter().map(|&step| step.to_owned()).collect()
}

impl Told {
    /// With the events of a report file instead of stdout's.
    pub fn with_report(mut self, path: &Path) -> Self {
        self.events = events(&std::fs::read_to_string(path).unwrap());
        self
    }

    /// Fails unless it ended with this code; shows all it said.
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        assert_eq!(self.stderr, "");
        self
    }

    fn of(&self, kind: &str, host: &str) -> Vec<&Value> {
        let all = self.events.iter();
        all.filter(|event| event["event"] == kind && event["host"] == host)
            .collect()
    }

    /// How every step of `host` ended.
    pub fn outcomes(&self, host: &str) -> BTreeMap<String, String> {
        let named = |event: &Value| {
            let word = |key: &str| event[key].as_str().unwrap().to_owned();
            (format!("{}: {}", word("module"), word("step")), word("outcome"))
        };
        self.of("step-finished", host).into_iter().map(named).collect()
    }

    /// The steps of `host` that ended with `outcome`.
    pub fn steps(&self, host: &str, outcome: &str) -> Steps {
        let all = self.outcomes(host).into_iter();
        all.filter(|(_, word)| word == outcome)
            .map(|(step, _)| step)
            .collect()
    }

    /// What was told of the files of `host`.
    pub fn diffs(&self, host: &str) -> Vec<&Value> {
        let events = self.of("step-diff", host).into_iter();
        events.map(|event| &event["diff"]).collect()
    }

    /// The end of a step, named by its title.
    pub fn step(&self, host: &str, title: &str) -> &Value {
        let all = self.of("step-finished", host);
        all.into_iter()
            .find(|event| event["step"] == title)
            .unwrap_or_else(|| panic!("no end of {title} on {host}: {}", self.stdout))
    }

    /// The end of a host.
    pub fn host(&self, host: &str) -> &Value {
        self.of("host-finished", host)
            .pop()
            .unwrap_or_else(|| panic!("no end of {host}: {}", self.stdout))
    }

    /// The numbers at the end.
    pub fn summary(&self) -> &Value {
        let last = self.events.last().unwrap();
        assert_eq!(last["event"], "run-finished");
        last
    }
}
