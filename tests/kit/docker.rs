//! The hosts of docker/, pristine once per process, each leased to one test at a time.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Set where a missing engine is a failure instead of a reason to pass.
const REQUIRED: &str = "PROVISION_REQUIRE_DOCKER";

/// All hosts. Who leases several gets them in this order, so that no two tests wait for each other.
const NAMES: [&str; 5] = ["db1", "db2", "db3", "edge1", "bastion"];
static LEASED: [Mutex<()>; NAMES.len()] = [const { Mutex::new(()) }; NAMES.len()];

/// The prefix of the containers' names, or why there are none.
static UP: LazyLock<Result<Up, String>> = LazyLock::new(up);

struct Up {
    project: String,
    /// Held as long as this process lives: another one would throw away the hosts under our feet.
    _alone: File,
}

/// Hosts nobody else works with.
pub struct Lease {
    _guards: Vec<MutexGuard<'static, ()>>,
}

/// A host.
#[derive(Clone, Copy, Debug)]
pub struct Host(pub &'static str);

/// What a host is, as far as a dry-run must leave it alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub packages: String,
    pub accounts: String,
    pub tree: String,
}

/// Whether there are hosts; said aloud where no engine answers.
pub fn are_there() -> bool {
    match &*UP {
        Ok(_) => true,
        Err(reason) if std::env::var_os(REQUIRED).is_some_and(|value| value == "1") => {
            panic!("{REQUIRED}=1, and there are no Docker hosts: {reason}")
        }
        Err(reason) => {
            let test = std::thread::current().name().unwrap_or("a test").to_owned();
            // Not through eprintln!, which nobody sees when the test passes.
            let line = format!("\nLEFT OUT: {test} was not run on real hosts: {reason}\n");
            std::io::stderr().write_all(line.as_bytes()).unwrap();
            false
        }
    }
}

/// The prefix of the containers' names; `None`, and said aloud, where there are no hosts.
pub fn project() -> Option<&'static str> {
    are_there().then(|| UP.as_ref().unwrap().project.as_str())
}

/// The tag of an image of docker/Dockerfile, as docker/up built it.
pub fn image(name: &str) -> String {
    let project = project().unwrap();
    let host = match name {
        "systemd" => "db1",
        "busybox" => "edge1",
        "plain" => "bastion",
        other => panic!("no host is of an image {other}"),
    };
    let output = Command::new("docker")
        .args([
            "inspect",
            "--format",
            "{{.Config.Image}}",
            &format!("{project}-{host}"),
        ])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Leases hosts; `None` where there are none.
pub fn lease(names: &[&str]) -> Option<Lease> {
    if !are_there() {
        return None;
    }
    let places = NAMES.iter().zip(&LEASED);
    let wanted = places.filter(|(name, _)| names.contains(name));
    // A test that failed has told its own story; the next one may try.
    let guards = wanted.map(|(_, lease)| lease.lock().unwrap_or_else(PoisonError::into_inner));
    Some(Lease {
        _guards: guards.collect(),
    })
}

fn up() -> Result<Up, String> {
    let engine = Command::new("docker")
        .args(["version", "--format", "{{.Server.Version}}"])
        .output();
    match engine {
        Ok(output) if output.status.success() => {}
        Ok(output) => return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => return Err(format!("docker: {error}")),
    }
    let alone = File::create(std::env::temp_dir().join(lock_name())).unwrap();
    alone.lock().unwrap();
    let output = Command::new(checkout().join("docker/up"))
        .arg("--fresh")
        .output()
        .unwrap();
    // An engine that answers but starts no hosts is a failure, and not a reason to pass.
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let project = std::fs::read_to_string(run().join("project")).unwrap();
    Ok(Up {
        project: project.trim().to_owned(),
        _alone: alone,
    })
}

fn lock_name() -> String {
    let path = checkout().to_str().unwrap().replace('/', "-");
    format!("provision-docker-tests{path}.lock")
}

pub fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where docker/up puts keys and known hosts.
pub fn run() -> PathBuf {
    checkout().join("docker/.run")
}

/// The inventory docker/up wrote.
pub fn inventory() -> PathBuf {
    checkout().join("inventory/docker.toml")
}

impl Host {
    /// The port its sshd is published on.
    pub fn port(self) -> u16 {
        let text = std::fs::read_to_string(inventory()).unwrap();
        let table: toml::Table = text.parse().unwrap();
        let port = table["hosts"][self.0]["port"].as_integer().unwrap();
        u16::try_from(port).unwrap()
    }

    /// Who logs in there, and becomes root how: the lines of an inventory.
    pub fn entry(self, name: &str) -> String {
        let login = if self.0.starts_with("db") {
            "user = \"root\""
        } else {
            "user = \"deploy\"\nbecome = \"sudo\""
        };
        format!(
            "[hosts.{name}]\naddress = \"127.0.0.1\"\nport = {}\n{login}\n",
            self.port()
        )
    }

    fn exec(self, script: &str) -> Command {
        let up = UP.as_ref().unwrap();
        let mut command = Command::new("docker");
        command.args([
            "exec",
            "-i",
            &format!("{}-{}", up.project, self.0),
            "sh",
            "-c",
            script,
        ]);
        command.stdin(Stdio::null());
        command
    }

    /// Runs `script` as root, past SSH; its exit status and what it wrote.
    pub fn ask(self, script: &str) -> (i32, String) {
        let output = self.exec(script).output().unwrap();
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text += &String::from_utf8_lossy(&output.stderr);
        (output.status.code().unwrap(), text)
    }

    /// Runs `script`, which must succeed; what it wrote.
    pub fn sh(self, script: &str) -> String {
        let (status, text) = self.ask(script);
        assert_eq!(status, 0, "{} on {}: {text}", script, self.0);
        text
    }

    /// Whether `script` succeeds.
    pub fn holds(self, script: &str) -> bool {
        self.ask(script).0 == 0
    }

    /// Runs `script` with `input` on its stdin; what it wrote to stdout, whatever its exit status.
    pub fn feed(self, script: &str, input: &str) -> String {
        let mut child = self
            .exec(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let mut text = Vec::new();
        child.stdout.take().unwrap().read_to_end(&mut text).unwrap();
        child.wait().unwrap();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Starts `script` and lets it run.
    pub fn start(self, script: &str) -> Child {
        self.exec(script)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Waits until `script` succeeds.
    pub fn until(self, what: &str, script: &str) {
        eventually(&format!("{}: {what}", self.0), || self.holds(script));
    }

    /// The state once two looks in a row see the same: a host that has just booted still has things to do.
    pub fn settled(self) -> State {
        let mut last = self.state();
        eventually(&format!("{} is at rest", self.0), || {
            let now = self.state();
            now == std::mem::replace(&mut last, now.clone())
        });
        last
    }

    /// Packages, accounts and files as they are now.
    ///
    /// The tree is all of the root file system, /tmp and /run with the times of content (mtime) and of anything else
    /// (ctime, which nobody can set). Left out: /proc, /sys and /dev, which are no files of the host; what being
    /// logged in to leaves whatever the login does, that is the journal of systemd, its sessions, /run/utmp, the
    /// message of the day that PAM puts together, and sudo's notes on who used it; and /run itself, whose own times
    /// change with them.
    pub fn state(self) -> State {
        let tree = "find / /tmp /run -xdev \\( \
             -path /proc -o -path /sys -o -path /dev -o -path /mnt/keys \
             -o -path /var/log/journal -o -path /run/log/journal -o -path /run/systemd -o -path /run/udev \
             -o -path /run/sudo -o -path /var/lib/sudo \
             \\) -prune -o ! -path /run ! -path /run/utmp ! -path /run/motd.dynamic -printf '%p %y %m %U:%G %s %T@ %C@ %l\\n' | sort -u";
        State {
            packages: self.sh("dpkg -l"),
            accounts: self.sh("getent passwd; getent group; cat /etc/shadow"),
            tree: self.sh(tree),
        }
    }
}

impl State {
    /// Fails with the lines in which the two differ.
    pub fn assert_same(&self, after: &Self, host: Host) {
        let parts = [
            ("packages", &self.packages, &after.packages),
            ("accounts", &self.accounts, &after.accounts),
            ("tree", &self.tree, &after.tree),
        ];
        for (what, before, after) in parts {
            let set = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
            let (was, is) = (set(before), set(after));
            let gone: Vec<_> = was.difference(&is).collect();
            let come: Vec<_> = is.difference(&was).collect();
            assert_eq!((gone, come), (vec![], vec![]), "{what} of {}", host.0);
            assert_eq!(before, after, "{what} of {}", host.0);
        }
        assert!(
            self.tree.lines().count() > 1000,
            "the tree was seen: {}",
            self.tree
        );
    }
}

/// Waits for `holds`, and gives up loudly after a time that only a broken test needs.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !holds() {
        assert!(Instant::now() < deadline, "it never came to be: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
