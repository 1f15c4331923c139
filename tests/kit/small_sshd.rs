//! SSH servers of other people than OpenSSH's, each connection in a process of its own, as inetd has it.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use provision::inventory::Connection;
use provision::transport::ssh::embedded::ClientKey;
use tempfile::TempDir;

use super::host::connection;
use super::tools;

/// Whose server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Make {
    Dropbear,
    Tinyssh,
}

/// A listening server; its processes end when it is dropped.
pub struct SmallSshd {
    pub port: u16,
    pub dir: TempDir,
    stop: Arc<AtomicBool>,
    children: Arc<Mutex<Vec<Child>>>,
}

impl SmallSshd {
    /// Starts it for root, whose home it sees elsewhere; `None`, said aloud, when that cannot be done here.
    pub fn start(make: Make) -> Option<Self> {
        let program = match make {
            Make::Dropbear => "dropbear",
            Make::Tinyssh => "tinysshd",
        };
        let program = tools::find(program, "nothing was tried against it")?;
        let private = Command::new("unshare")
            .args(["--mount", "true"])
            .stderr(Stdio::null())
            .status();
        if !private.is_ok_and(|status| status.success()) {
            tools::left_out(&format!(
                "no mounts of our own, so nothing was tried against {}",
                program.display()
            ));
            return None;
        }
        let dir = TempDir::new().unwrap();
        let key = ClientKey::generate().unwrap();
        key.write(&dir.path().join("id")).unwrap();
        // Both look for this file in the home that the system's list of users names, and nowhere else.
        let ssh = dir.path().join("home/.ssh");
        std::fs::create_dir_all(&ssh).unwrap();
        std::fs::write(ssh.join("authorized_keys"), key.public_line().unwrap() + "\n").unwrap();
        for path in [dir.path().join("home"), ssh.clone(), ssh.join("authorized_keys")] {
            private_to_us(&path);
        }
        let (host_key, command) = prepared(make, &program, dir.path());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::fs::write(
            dir.path().join("known_hosts"),
            format!("[127.0.0.1]:{port} {host_key}\n"),
        )
        .unwrap();
        let log = File::create(dir.path().join("log")).unwrap();
        let mount = format!(
            "mount --bind {}/home /root && exec {command}",
            dir.path().display()
        );
        let (stop, children) = (Arc::new(AtomicBool::default()), Arc::new(Mutex::new(Vec::new())));
        let (stopped, all) = (Arc::clone(&stop), Arc::clone(&children));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let stdio = || Stdio::from(OwnedFd::from(stream.try_clone().unwrap()));
                let mut serve = Command::new("unshare");
                serve
                    .args(["--mount", "sh", "-c", &mount])
                    .stdin(stdio())
                    .stdout(stdio());
                let child = serve.stderr(log.try_clone().unwrap()).spawn().unwrap();
                all.lock().unwrap().push(child);
            }
        });
        Some(Self {
            port,
            dir,
            stop,
            children,
        })
    }

    pub fn connection(&self) -> Connection {
        let mut connection = connection(self.port, self.dir.path());
        "root".clone_into(&mut connection.user);
        connection
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap()
    }
}

impl Drop for SmallSshd {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // So that who waits for the next one sees it.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        for child in &mut *self.children.lock().unwrap() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Makes its host key; returns that as `type base64`, and how a connection is served.
fn prepared(make: Make, program: &Path, dir: &Path) -> (String, String) {
    let run = |command: &mut Command| {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{command:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let beside = |name: &str| -> PathBuf { tools::find(name, "a key was not made").unwrap() };
    let key = dir.join("host");
    let (shown, words) = match make {
        Make::Dropbear => {
            let keygen = beside("dropbearkey");
            run(Command::new(&keygen).args(["-t", "ed25519", "-f"]).arg(&key));
            // As a service of inetd, by key only; its log goes to the system's.
            let words = format!("{} -i -s -r {}", program.display(), key.display());
            (run(Command::new(&keygen).args(["-y", "-f"]).arg(&key)), words)
        }
        Make::Tinyssh => {
            run(Command::new(beside("tinysshd-makekey")).arg(&key));
            let words = format!("{} -v {}", program.display(), key.display());
            (run(Command::new(beside("tinysshd-printkey")).arg(&key)), words)
        }
    };
    let line = shown
        .lines()
        .find(|line| line.starts_with("ssh-ed25519 "))
        .unwrap();
    let words_of_key: Vec<&str> = line.split(' ').take(2).collect();
    (words_of_key.join(" "), words)
}

fn private_to_us(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).unwrap();
}
