//! Host keys: whom we talk to, decided before any of our keys is shown.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use provision::event::Unreachable;
use provision::inventory::{Connection, HostKeyPolicy};
use provision::transport::Transport;
use provision::transport::ssh::Ssh;
use provision::transport::ssh::embedded::ClientKey;
use provision::transport::ssh::key::Key;
use russh::keys::key::safe_rng;
use russh::keys::{Algorithm, EcdsaCurve, PrivateKey};

use super::within;
use crate::kit::host::host;
use crate::kit::ssh_server::{Manners, ScriptedServer};

const ECDSA: Algorithm = Algorithm::Ecdsa {
    curve: EcdsaCurve::NistP256,
};

pub fn key(algorithm: Algorithm) -> Key {
    let key = PrivateKey::random(&mut safe_rng(), algorithm).unwrap();
    Key::from_blob(key.public_key().to_bytes().unwrap()).unwrap()
}

/// A server, and the lines its client knows.
struct Setup {
    server: ScriptedServer,
    policy: HostKeyPolicy,
}

impl Setup {
    async fn strict() -> Self {
        Self {
            server: ScriptedServer::start(Manners::good()).await,
            policy: HostKeyPolicy::Strict,
        }
    }

    async fn accept_new() -> Self {
        Self {
            policy: HostKeyPolicy::AcceptNew,
            ..Self::strict().await
        }
    }

    fn name(&self) -> String {
        format!("[127.0.0.1]:{}", self.server.port)
    }

    fn file(&self) -> PathBuf {
        self.server.dir.path().join("known_hosts")
    }

    fn knows(&self, text: impl AsRef<[u8]>) {
        std::fs::write(self.file(), text).unwrap();
    }

    fn line(&self) -> String {
        self.server.host_key.line(&self.name())
    }

    fn connection(&self) -> Connection {
        let mut connection = self.server.connection();
        connection.host_key_policy = self.policy;
        connection
    }

    async fn connect(&self) -> Result<(), Unreachable> {
        let session = within(Ssh::new().connect(&host(self.connection()))).await?;
        within(session.close()).await;
        Ok(())
    }

    /// Refused, and the host saw none of our keys.
    async fn refused(&self) -> Unreachable {
        let cause = self.connect().await.expect_err("it should have been refused");
        assert_eq!(
            self.server.seen.offers.load(Ordering::SeqCst),
            0,
            "a key was shown"
        );
        cause
    }

    /// Refused, and the host saw nothing of us at all.
    async fn refused_without_contact(&self) -> Unreachable {
        let cause = self.refused().await;
        assert_eq!(self.server.seen.connections.load(Ordering::SeqCst), 0);
        cause
    }

    fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.file().display())
    }
}

#[tokio::test]
async fn a_recorded_key_is_trusted() {
    let setup = Setup::strict().await;
    let bare = setup.server.host_key.line("127.0.0.1");
    let other = key(Algorithm::Ed25519).line(&setup.name());
    for text in [
        setup.line(),
        format!(
            "# a comment\r\n\r\n{}\tcomment # more\r\n",
            setup.line().replace(' ', "\t  ")
        ),
        format!("{other}\n{}\n", setup.line()),
        format!("127.0.0.?{}", setup.line().strip_prefix("[127.0.0.1]").unwrap())
            .replace("127.0.0.?", "[127.*]"),
        bare,
    ] {
        setup.knows(&text);
        setup
            .connect()
            .await
            .unwrap_or_else(|cause| panic!("{text}: {cause:?}"));
    }
}

#[tokio::test]
async fn another_key_is_refused() {
    for setup in [Setup::strict().await, Setup::accept_new().await] {
        let other = key(Algorithm::Ed25519);
        setup.knows(format!("# first\n{}\n", other.line(&setup.name())));
        let expected = Unreachable::HostKeyChanged {
            key_type: "ssh-ed25519".to_owned(),
            fingerprint: setup.server.host_key.fingerprint(),
            recorded: other.fingerprint(),
            place: setup.place(2),
        };
        assert_eq!(setup.refused().await, expected);
    }
}

/// An impostor must not get in by offering a key of a type nobody wrote down.
#[tokio::test]
async fn a_key_of_another_type_is_refused() {
    for setup in [Setup::strict().await, Setup::accept_new().await] {
        setup.knows(key(ECDSA).line(&setup.name()));
        let expected = Unreachable::HostKeyOtherType {
            key_type: "ssh-ed25519".to_owned(),
            fingerprint: setup.server.host_key.fingerprint(),
            recorded: vec!["ecdsa-sha2-nistp256".to_owned()],
            place: setup.place(1),
        };
        assert_eq!(setup.refused().await, expected);
    }
}

#[tokio::test]
async fn a_revoked_key_is_refused_even_if_recorded() {
    for setup in [Setup::strict().await, Setup::accept_new().await] {
        let revoked = setup.server.host_key.line("@revoked *");
        for (text, line) in [
            (format!("{}\n{revoked}", setup.line()), 2),
            (revoked.clone(), 1),
            (format!("@revoked {}\n{}", setup.line(), setup.line()), 1),
        ] {
            setup.knows(text);
            let expected = Unreachable::HostKeyRevoked {
                fingerprint: setup.server.host_key.fingerprint(),
                place: setup.place(line),
            };
            assert_eq!(setup.refused().await, expected);
        }
    }
}

#[tokio::test]
async fn an_authority_is_no_host_key() {
    for setup in [Setup::strict().await, Setup::accept_new().await] {
        setup.knows(format!("@cert-authority {}", setup.line()));
        let cause = setup.refused().await;
        let Unreachable::HostKeyOtherType { recorded, .. } = cause else {
            panic!("{cause:?}");
        };
        assert_eq!(recorded, ["@cert-authority ssh-ed25519"]);
    }
}

#[tokio::test]
async fn a_damaged_line_makes_no_host_new() {
    let setup = Setup::accept_new().await;
    let name = setup.name();
    for line in [
        format!("{name} ssh-ed25519"),
        format!("{name} ssh-ed25519 AAAAC3NzaC1lZDI1"),
        format!("{name} ssh-rsa {}", setup.line().rsplit(' ').next().unwrap()),
        format!("@revoked {name} ssh-ed25519 AAAA!"),
        "@revoked |1|torn".to_owned(),
        format!("@future {}", setup.line()),
        format!("|1|torn {}", setup.line().split_once(' ').unwrap().1),
    ] {
        setup.knows(&line);
        let cause = setup.refused().await;
        let Unreachable::KnownHosts { file, .. } = &cause else {
            panic!("{line}: {cause:?}");
        };
        assert_eq!(*file, setup.place(1), "{line}");
        assert_eq!(std::fs::read_to_string(setup.file()).unwrap(), line);
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_used_trusts_nobody() {
    for setup in [Setup::strict().await, Setup::accept_new().await] {
        let dir = setup.server.dir.path();
        let large = dir.join("large");
        std::fs::File::create(&large)
            .unwrap()
            .set_len((16 << 20) + 1)
            .unwrap();
        let dangling = dir.join("dangling");
        std::os::unix::fs::symlink(dir.join("nowhere"), &dangling).unwrap();
        let fifo = dir.join("fifo");
        assert!(
            std::process::Command::new("mkfifo")
                .arg(&fifo)
                .status()
                .unwrap()
                .success()
        );
        let beyond = dir.join("id").join("known_hosts");
        let relative = PathBuf::from(".ssh/known_hosts");
        for path in [dir.to_owned(), large, dangling, fifo, beyond, relative] {
            let mut connection = setup.connection();
            // Beside a good one: each has to be usable.
            connection.known_hosts.push(path.clone());
            let cause = within(Ssh::new().connect(&host(connection))).await.err().unwrap();
            let Unreachable::KnownHosts { file, .. } = &cause else {
                panic!("{}: {cause:?}", path.display());
            };
            assert_eq!(*file, path.display().to_string());
        }
        assert_eq!(setup.server.seen.connections.load(Ordering::SeqCst), 0);
    }
}

#[tokio::test]
async fn a_missing_file_knows_nobody() {
    let setup = Setup::strict().await;
    std::fs::remove_file(setup.file()).unwrap();
    assert!(matches!(
        setup.refused().await,
        Unreachable::HostKeyUnknown { .. }
    ));
    assert!(!setup.file().exists());
}

#[tokio::test]
async fn no_file_at_all_learns_nobody() {
    let setup = Setup::accept_new().await;
    let mut connection = setup.connection();
    for files in [vec![], vec![PathBuf::from("/dev/null")]] {
        connection.known_hosts = files;
        let cause = within(Ssh::new().connect(&host(connection.clone())))
            .await
            .err()
            .unwrap();
        assert!(matches!(cause, Unreachable::KnownHosts { .. }), "{cause:?}");
    }
    assert_eq!(setup.server.seen.offers.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_new_host_is_written_down_once() {
    let setup = Setup::accept_new().await;
    std::fs::remove_file(setup.file()).unwrap();
    let mut connection = setup.connection();
    connection.known_hosts = vec![setup.server.dir.path().join("made/for/it")];
    let file = connection.known_hosts[0].clone();
    let host = Arc::new(host(connection));
    // Two of these are as two processes: they share nothing but the file.
    let transports = [Arc::new(Ssh::new()), Arc::new(Ssh::new())];
    let mut tasks = tokio::task::JoinSet::new();
    for turn in 0..20 {
        let (ssh, host) = (Arc::clone(&transports[turn % 2]), Arc::clone(&host));
        tasks.spawn(async move { ssh.connect(&host).await.map(drop) });
    }
    for result in within(tasks.join_all()).await {
        result.unwrap();
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), setup.line() + "\n");
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[tokio::test]
async fn a_new_line_does_not_touch_the_others() {
    let setup = Setup::accept_new().await;
    let open = "# ends open: example.com ssh-rsa";
    setup.knows(open);
    setup.connect().await.unwrap();
    assert_eq!(
        std::fs::read_to_string(setup.file()).unwrap(),
        format!("{open}\n{}\n", setup.line())
    );
    // What was learned is trusted, and strictly so.
    setup.connect().await.unwrap();
    assert_eq!(std::fs::read_to_string(setup.file()).unwrap().lines().count(), 2);
}

/// Another process wrote another key down between our look and our handshake.
#[tokio::test]
async fn learning_looks_again_under_the_lock() {
    let setup = Setup::accept_new().await;
    setup.knows("");
    let ssh = Ssh::new();
    // Read the file once, by way of a host it knows nothing of and that does not answer.
    let mut elsewhere = setup.connection();
    elsewhere.port = 1;
    within(ssh.connect(&host(elsewhere))).await.err().unwrap();
    setup.knows(key(Algorithm::Ed25519).line(&setup.name()) + "\n");
    let cause = within(ssh.connect(&host(setup.connection())))
        .await
        .err()
        .unwrap();
    assert!(matches!(cause, Unreachable::HostKeyChanged { .. }), "{cause:?}");
    assert_eq!(setup.server.seen.offers.load(Ordering::SeqCst), 0);
}

/// A host with a better key than the recorded one is asked for the recorded one.
#[tokio::test]
async fn recorded_types_are_asked_for_first() {
    let mut manners = Manners::good();
    manners.host_key = ECDSA;
    manners.config = |config| {
        let better = PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519).unwrap();
        config.keys.insert(0, better);
    };
    let server = ScriptedServer::start(manners).await;
    let setup = Setup {
        server,
        policy: HostKeyPolicy::Strict,
    };
    setup.connect().await.unwrap();
}

#[tokio::test]
async fn weak_algorithms_are_not_spoken() {
    use russh::{cipher, kex, mac};
    let weak: [fn(&mut russh::server::Config); 4] = [
        |config| config.preferred.kex = vec![kex::DH_G14_SHA1, kex::DH_G1_SHA1, kex::DH_GEX_SHA1].into(),
        |config| config.preferred.cipher = vec![cipher::AES_256_CBC, cipher::AES_128_CBC].into(),
        |config| {
            config.preferred.cipher = vec![cipher::AES_256_CTR].into();
            config.preferred.mac = vec![mac::HMAC_SHA1, mac::HMAC_SHA1_ETM, mac::HMAC_SHA256].into();
        },
        |config| config.preferred.key = vec![Algorithm::Rsa { hash: None }].into(),
    ];
    for config in weak {
        let mut manners = Manners::good();
        manners.config = config;
        let server = ScriptedServer::start(manners).await;
        let setup = Setup {
            server,
            policy: HostKeyPolicy::Strict,
        };
        let cause = setup.refused().await;
        let Unreachable::Protocol { detail, .. } = &cause else {
            panic!("{cause:?}");
        };
        assert!(detail.starts_with("no "), "{detail}");
    }
}

#[tokio::test]
async fn without_keys_there_is_no_contact() {
    let setup = Setup::strict().await;
    let id = setup.server.dir.path().join("id");
    std::fs::set_permissions(&id, std::fs::Permissions::from_mode(0o644)).unwrap();
    let cause = setup.refused_without_contact().await;
    let expected = Unreachable::Identity {
        file: id.display().to_string(),
        detail: "others may read it (mode 0644); run chmod 600".to_owned(),
    };
    assert_eq!(cause, expected);
    std::fs::remove_file(&id).unwrap();
    let cause = setup.refused_without_contact().await;
    assert!(matches!(cause, Unreachable::Identity { detail, .. } if detail == "there is no such file"));
    ClientKey::generate().unwrap().write(&id).unwrap();
    setup.connect().await.unwrap();
}
