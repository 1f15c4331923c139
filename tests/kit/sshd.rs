//! OpenSSH's server on a free loopback port, where it is installed and we are root.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use provision::inventory::Connection;
use provision::transport::ssh::embedded::ClientKey;
use tempfile::TempDir;

use super::host::connection;
use super::tools::left_out;

const SSHD: &str = "/usr/sbin/sshd";

/// A running sshd, killed when dropped.
pub struct Sshd {
    pub port: u16,
    pub dir: TempDir,
    child: Child,
}

impl Sshd {
    /// Starts it with these lines added to its configuration; `None`, said aloud, when that cannot be done here.
    pub async fn start(lines: &str) -> Option<Self> {
        Self::prepared(lines, |_| {}).await
    }

    /// The same, with more files put beside its keys; `DIR` in the lines is where they are.
    pub async fn prepared(lines: &str, prepare: impl FnOnce(&Path)) -> Option<Self> {
        if !Path::new(SSHD).exists() || !running_as_root() {
            left_out(&format!(
                "no {SSHD} that could be started, so nothing was tried against OpenSSH"
            ));
            return None;
        }
        // Its place for separated privileges; Debian makes it when the service starts.
        std::fs::create_dir_all("/run/sshd").unwrap();
        let dir = TempDir::new().unwrap();
        let key = ClientKey::generate().unwrap();
        key.write(&dir.path().join("id")).unwrap();
        std::fs::write(
            dir.path().join("authorized_keys"),
            key.public_line().unwrap() + "\n",
        )
        .unwrap();
        let keygen = |kind: &str| {
            let path = dir.path().join(format!("host_{kind}"));
            let mut command = Command::new("ssh-keygen");
            command.args(["-q", "-t", kind, "-N", "", "-f"]).arg(&path);
            assert!(command.status().unwrap().success());
            path
        };
        let host_keys = ["ed25519", "ecdsa"].map(keygen);
        prepare(dir.path());
        let lines = &lines.replace("DIR", &dir.path().display().to_string());
        let port = free_port();
        let config = config(dir.path(), &host_keys, port, lines);
        std::fs::write(dir.path().join("sshd_config"), config).unwrap();
        let known = std::fs::read_to_string(dir.path().join("host_ed25519.pub")).unwrap();
        std::fs::write(
            dir.path().join("known_hosts"),
            format!("[127.0.0.1]:{port} {known}"),
        )
        .unwrap();
        let child = Command::new(SSHD)
            .args(["-D", "-e", "-f"])
            .arg(dir.path().join("sshd_config"))
            .stdin(Stdio::null())
            .stderr(std::fs::File::create(dir.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let sshd = Self { port, dir, child };
        sshd.listens().await;
        Some(sshd)
    }

    async fn listens(&self) {
        for _ in 0..500 {
            if tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))
                .await
                .is_ok()
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("sshd does not listen: {}", self.log());
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap()
    }

    pub fn connection(&self) -> Connection {
        let mut connection = connection(self.port, self.dir.path());
        "root".clone_into(&mut connection.user);
        connection
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn running_as_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout == b"0\n"
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

fn config(dir: &Path, host_keys: &[PathBuf], port: u16, lines: &str) -> String {
    let dir = dir.display();
    let mut config = format!(
        "ListenAddress 127.0.0.1\nPort {port}\nPidFile none\nUsePAM no\nStrictModes no\nLogLevel VERBOSE\n\
         PermitRootLogin prohibit-password\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
         AuthorizedKeysFile {dir}/authorized_keys\n"
    );
    for key in host_keys {
        config = format!("{config}HostKey {}\n", key.display());
    }
    config + lines + "\n"
}
