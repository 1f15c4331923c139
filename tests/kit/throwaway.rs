//! A host of one test's own: fresh from an image, thrown away at its end.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::ops::Deref;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::docker::{self, Host, eventually};

/// The images of docker/Dockerfile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Image {
    /// Debian with systemd as PID 1; root logs in.
    Systemd,
    /// busybox as `sh` and as init, no systemd; `deploy` logs in and has sudo.
    Busybox,
    /// Debian with sshd as PID 1; `deploy` logs in and has sudo.
    Plain,
}

impl Image {
    fn name(self) -> &'static str {
        match self {
            Self::Systemd => "systemd",
            Self::Busybox => "busybox",
            Self::Plain => "plain",
        }
    }

    fn login(self) -> &'static str {
        match self {
            Self::Systemd => "root",
            Self::Busybox | Self::Plain => "deploy",
        }
    }
}

/// A host that ends with its value.
pub struct Throwaway {
    host: Host,
    image: Image,
    container: String,
    known_hosts: PathBuf,
    port: u16,
}

impl Deref for Throwaway {
    type Target = Host;

    fn deref(&self) -> &Host {
        &self.host
    }
}

impl Drop for Throwaway {
    fn drop(&mut self) {
        // Also in the middle of a panic, where a second one would hide the first.
        let _ = Command::new("docker")
            .args(["rm", "-f", "-v", &self.container])
            .output();
        let _ = std::fs::remove_file(&self.known_hosts);
    }
}

/// How many there have been in this process.
static COUNT: AtomicU32 = AtomicU32::new(0);

impl Throwaway {
    /// Starts one and waits until it answers; `None`, and said aloud, where there is no engine.
    pub fn start(image: Image) -> Option<Self> {
        Self::start_with(image, &[])
    }

    /// The same, with more arguments for `docker run`.
    pub fn start_with(image: Image, more: &[&str]) -> Option<Self> {
        Self::launch(image, "127.0.0.1::22", more)
    }

    /// One that comes back, on the same port, when it has gone down.
    pub fn start_again_and_again(image: Image) -> Option<Self> {
        // Docker would choose another port each time. Ours is free once nobody listens, and few others want one.
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        Self::launch(image, &format!("127.0.0.1:{port}:22"), &["--restart=always"])
    }

    fn launch(image: Image, publish: &str, more: &[&str]) -> Option<Self> {
        let project = docker::project()?;
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}{count}", image.name());
        let container = format!("{project}-{name}");
        let keys = docker::run().join("hosts/db1");
        let tag = docker::image(image.name());
        let label = format!("com.docker.compose.project={project}");
        let volume = format!("{}:/mnt/keys:ro", keys.display());
        let login = format!("LOGIN={}", image.login());
        let _ = Command::new("docker")
            .args(["rm", "-f", "-v", &container])
            .output();
        let mut command = Command::new("docker");
        command.args([
            "run",
            "-d",
            "--name",
            &container,
            "--hostname",
            &name,
            "--label",
            &label,
        ]);
        command.args(["-p", publish, "-v", &volume, "-e", &login]);
        if image == Image::Systemd {
            // As docker/compose.yml has it.
            command.args([
                "--cap-add=SYS_ADMIN",
                "--cap-add=NET_ADMIN",
                "--cap-add=SYS_PTRACE",
            ]);
            command.args([
                "--security-opt=seccomp=unconfined",
                "--security-opt=apparmor=unconfined",
            ]);
            command.args([
                "--tmpfs=/run:exec,mode=755",
                "--tmpfs=/run/lock:mode=1777",
                "--tmpfs=/tmp:exec,mode=1777",
            ]);
            command.args(["-v", "/sys/fs/cgroup:/sys/fs/cgroup:rw"]);
        }
        let started = command.args(more).arg(tag).output().unwrap();
        assert!(
            started.status.success(),
            "{}",
            String::from_utf8_lossy(&started.stderr)
        );
        let mut throwaway = Self {
            // A host is named by a text that lives as long as the process; there are a few dozen of them.
            host: Host(name.leak()),
            image,
            known_hosts: docker::run().join(format!("known_hosts.{container}")),
            container,
            port: 0,
        };
        throwaway.port = throwaway.published();
        throwaway.write_known_hosts(&keys);
        eventually(&format!("{} answers", throwaway.container), || {
            throwaway.answers()
        });
        if image == Image::Systemd {
            throwaway.until("every unit has started", "systemctl is-system-running");
        }
        Some(throwaway)
    }

    /// The line of an inventory for it, under `name`.
    pub fn entry(&self, name: &str) -> String {
        let become_root = if self.image.login() == "root" {
            ""
        } else {
            "become = \"sudo\"\n"
        };
        format!(
            "[hosts.{name}]\naddress = \"127.0.0.1\"\nport = {}\nuser = \"{}\"\nknown_hosts = \"{}\"\n{become_root}",
            self.port,
            self.image.login(),
            self.known_hosts.display(),
        )
    }

    fn published(&self) -> u16 {
        let output = Command::new("docker")
            .args(["port", &self.container, "22/tcp"])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let port = text.lines().find_map(|line| line.strip_prefix("127.0.0.1:"));
        port.unwrap_or_else(|| panic!("{} has stopped", self.container))
            .parse()
            .unwrap()
    }

    fn write_known_hosts(&self, keys: &std::path::Path) {
        let lines = ["ed25519", "ecdsa"].map(|kind| {
            let key = std::fs::read_to_string(keys.join(format!("ssh_host_{kind}_key.pub"))).unwrap();
            format!("[127.0.0.1]:{} {}\n", self.port, key.trim())
        });
        std::fs::write(&self.known_hosts, lines.concat()).unwrap();
    }

    fn answers(&self) -> bool {
        let mut banner = [0; 4];
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else {
            return false;
        };
        // Docker's own forwarder accepts before the host does, and then says nothing.
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream.read_exact(&mut banner).is_ok() && banner == *b"SSH-"
    }
}
