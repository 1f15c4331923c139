//! OpenSSH's agent on a socket of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::{UnixListener, UnixStream};

/// A running agent, killed when dropped, behind a socket that counts.
pub struct SshAgent {
    pub socket: PathBuf,
    pub connections: Arc<AtomicUsize>,
    real: PathBuf,
    child: Child,
    _dir: TempDir,
}

impl SshAgent {
    pub async fn start() -> Self {
        let dir = TempDir::new().unwrap();
        let (real, socket) = (dir.path().join("real"), dir.path().join("counted"));
        let child = Command::new("ssh-agent")
            .args(["-D", "-a"])
            .arg(&real)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        while UnixStream::connect(&real).await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let connections = Arc::new(AtomicUsize::new(0));
        let listener = UnixListener::bind(&socket).unwrap();
        tokio::spawn(relay(listener, real.clone(), Arc::clone(&connections)));
        Self {
            socket,
            connections,
            real,
            child,
            _dir: dir,
        }
    }

    /// Adds the key of a file without a passphrase.
    pub fn add(&self, key: &Path) {
        let mut command = Command::new("ssh-add");
        let command = command.arg("-q").arg(key).env("SSH_AUTH_SOCK", &self.real);
        assert!(command.status().unwrap().success());
    }
}

async fn relay(listener: UnixListener, real: PathBuf, connections: Arc<AtomicUsize>) {
    while let Ok((mut client, _)) = listener.accept().await {
        connections.fetch_add(1, Ordering::SeqCst);
        let mut agent = UnixStream::connect(&real).await.unwrap();
        tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut agent).await });
    }
}

impl Drop for SshAgent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes a key file with ssh-keygen.
pub fn keygen(path: &Path, arguments: &[&str]) {
    let _ = std::fs::remove_file(path);
    let mut command = Command::new("ssh-keygen");
    let command = command.args(["-q", "-f"]).arg(path).args(arguments);
    assert!(command.status().unwrap().success());
}
