//! A throwaway SSH host, and the inventory's view of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use provision::inventory::{Connection, Host};
use provision::name::Name;
use provision::transport::ssh::embedded::{ClientKey, Embedded};
use tempfile::TempDir;

/// An embedded host with a key that opens it and a `known_hosts` file that knows it.
pub struct TestHost {
    pub server: Embedded,
    pub dir: TempDir,
}

impl TestHost {
    pub async fn start() -> Self {
        let dir = TempDir::new().unwrap();
        let key = ClientKey::generate().unwrap();
        key.write(&dir.path().join("id")).unwrap();
        let home = dir.path().join("home");
        std::fs::create_dir(&home).unwrap();
        let server = Embedded::start(&home, &key).await.unwrap();
        std::fs::write(dir.path().join("known_hosts"), server.known_hosts_line() + "\n").unwrap();
        Self { server, dir }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// How to reach it, strictly.
    pub fn connection(&self) -> Connection {
        connection(self.server.port(), self.dir.path())
    }

    /// A host of an inventory that reaches it as `change` says.
    pub fn host_with(&self, change: impl FnOnce(&mut Connection)) -> Host {
        let mut connection = self.connection();
        change(&mut connection);
        host(connection)
    }

    pub fn host(&self) -> Host {
        self.host_with(|_| {})
    }
}

/// A connection to `port` of 127.0.0.1 with the files `id` and `known_hosts` of `dir`.
pub fn connection(port: u16, dir: &Path) -> Connection {
    Connection {
        port,
        identity_files: vec![dir.join("id")],
        identities_only: true,
        known_hosts: vec![dir.join("known_hosts")],
        ..Connection::to("127.0.0.1", "tester")
    }
}

pub fn host(connection: Connection) -> Host {
    Host {
        name: Name::parse("host1").unwrap(),
        connection: Arc::new(connection),
        groups: Vec::new(),
        config: Vec::new(),
        vars: Arc::default(),
    }
}
