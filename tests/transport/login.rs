//! Logging in as ssh does: keys of every kind of file, certificates, passphrases, passwords; and in whose pace.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use provision::event::Unreachable;
use provision::inventory::Connection;
use provision::script::Secret;
use provision::transport::Transport;
use provision::transport::ssh::{Ask, Ssh, Stranger};
use russh::MethodKind;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::within;
use crate::kit::host::host;
use crate::kit::ssh_agent::{SshAgent, keygen};
use crate::kit::ssh_server::{Manners, RawServer, ScriptedServer};
use crate::kit::sshd::Sshd;

/// Somebody who says `0` to every question, and is counted.
struct Says(&'static str, AtomicUsize);

impl Ask for Says {
    fn secret(&self, question: &str) -> Option<Secret> {
        assert!(question.starts_with("Passphrase for /"), "{question}");
        self.1.fetch_add(1, Ordering::SeqCst);
        Some(Secret::new(self.0))
    }

    fn believes(&self, stranger: &Stranger, _: &CancellationToken) -> bool {
        panic!("nobody is asked about {stranger:?}");
    }
}

fn says(text: &'static str) -> Arc<Says> {
    Arc::new(Says(text, AtomicUsize::new(0)))
}

async fn connects(ssh: &Ssh, connection: Connection) -> Result<(), Unreachable> {
    let session = within(ssh.connect(&host(connection))).await?;
    within(session.close()).await;
    Ok(())
}

/// Lets the key `name` of `dir` in.
fn authorize(dir: &Path, name: &str) {
    let line = std::fs::read_to_string(dir.join(format!("{name}.pub"))).unwrap();
    let path = dir.join("authorized_keys");
    let before = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, before + &line).unwrap();
}

#[tokio::test]
async fn every_key_file_that_ssh_keygen_writes_logs_in() {
    let Some(sshd) = Sshd::start("").await else { return };
    let dir = sshd.dir.path();
    let asked = says("the phrase");
    let ssh = Ssh::new().asking(Arc::clone(&asked) as Arc<dyn Ask>);
    let mut locked = 0;
    for kind in ["ed25519", "ecdsa", "rsa"] {
        for format in ["RFC4716", "PEM", "PKCS8"] {
            for phrase in ["", "the phrase"] {
                let name = format!("{kind}_{format}_{}", phrase.len());
                keygen(&dir.join(&name), &["-t", kind, "-m", format, "-N", phrase]);
                authorize(dir, &name);
                let mut connection = sshd.connection();
                connection.identity_files = vec![dir.join(&name)];
                locked += usize::from(!phrase.is_empty());
                if name == "ecdsa_PEM_10" {
                    locked -= 1;
                    let refused = connects(&ssh, connection).await.unwrap_err();
                    assert!(format!("{refused:?}").contains("ssh-keygen -p"), "{refused:?}");
                    continue;
                }
                for _ in 0..2 {
                    let connected = connects(&ssh, connection.clone()).await;
                    assert!(connected.is_ok(), "{name}: {connected:?}\n{}", sshd.log());
                }
                assert_eq!(asked.1.load(Ordering::SeqCst), locked, "{name}: asked once");
            }
        }
    }
}

#[tokio::test]
async fn a_passphrase_is_asked_for_once_when_a_host_takes_the_key_and_not_before() {
    let Some(sshd) = Sshd::start("").await else { return };
    let dir = sshd.dir.path();
    for name in ["unwanted", "wanted"] {
        keygen(&dir.join(name), &["-t", "ed25519", "-N", "the phrase"]);
    }
    authorize(dir, "wanted");
    let mut connection = sshd.connection();
    connection.identity_files = vec![dir.join("unwanted"), dir.join("wanted")];
    let asked = says("the phrase");
    let ssh = Arc::new(Ssh::new().asking(Arc::clone(&asked) as Arc<dyn Ask>));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (ssh, connection) = (Arc::clone(&ssh), connection.clone());
        tasks.spawn(async move { connects(&ssh, connection).await.unwrap() });
    }
    within(tasks.join_all()).await;
    assert_eq!(
        asked.1.load(Ordering::SeqCst),
        1,
        "eight hosts, one key, one question"
    );

    let wrong = says("another");
    let ssh = Ssh::new().asking(Arc::clone(&wrong) as Arc<dyn Ask>);
    for _ in 0..2 {
        let refused = connects(&ssh, connection.clone()).await.unwrap_err();
        assert!(
            format!("{refused:?}").contains("the passphrase is wrong"),
            "{refused:?}"
        );
    }
    assert_eq!(
        wrong.1.load(Ordering::SeqCst),
        3,
        "three tries per run, however many hosts"
    );
    let refused = connects(&Ssh::new(), connection).await.unwrap_err();
    assert!(format!("{refused:?}").contains("it is encrypted"), "{refused:?}");
}

#[tokio::test]
async fn certificates_of_users_log_in_from_files_and_from_the_agent() {
    let lines = "TrustedUserCAKeys DIR/ca.pub\nAuthorizedKeysFile none";
    let Some(sshd) = Sshd::prepared(lines, |dir| keygen(&dir.join("ca"), &["-t", "ed25519", "-N", ""])).await
    else {
        return;
    };
    let dir = sshd.dir.path();
    let agent = SshAgent::start().await;
    for kind in ["ed25519", "ecdsa", "rsa"] {
        let key = dir.join(kind);
        keygen(&key, &["-t", kind, "-N", ""]);
        let mut sign = Command::new("ssh-keygen");
        let signed = sign
            .args(["-q", "-s"])
            .arg(dir.join("ca"))
            .args(["-I", "who", "-n", "root"])
            .arg(&key);
        assert!(signed.status().unwrap().success());
        let mut connection = sshd.connection();
        connection.identity_files = vec![key.clone()];
        let connected = connects(&Ssh::new(), connection.clone()).await;
        assert!(
            connected.is_ok(),
            "{kind}, beside the key: {connected:?}\n{}",
            sshd.log()
        );

        let moved = dir.join(format!("{kind}.certificate"));
        std::fs::rename(dir.join(format!("{kind}-cert.pub")), &moved).unwrap();
        let refused = connects(&Ssh::new(), connection.clone()).await;
        assert!(
            matches!(refused, Err(Unreachable::Denied { .. })),
            "{kind}, without it: {refused:?}"
        );
        connection.certificate_files = vec![moved.clone()];
        let connected = connects(&Ssh::new(), connection.clone()).await;
        assert!(
            connected.is_ok(),
            "{kind}, configured: {connected:?}\n{}",
            sshd.log()
        );

        std::fs::rename(&moved, dir.join(format!("{kind}-cert.pub"))).unwrap();
        agent.add(&key);
        connection.identity_files = Vec::new();
        connection.certificate_files = Vec::new();
        connection.identities_only = false;
        connection.agent = Some(agent.socket.clone());
        let connected = connects(&Ssh::new(), connection).await;
        assert!(
            connected.is_ok(),
            "{kind}, from the agent: {connected:?}\n{}",
            sshd.log()
        );
    }
}

#[tokio::test]
async fn a_password_is_told_once_by_the_method_the_host_takes() {
    for method in [MethodKind::Password, MethodKind::KeyboardInteractive] {
        for (said, works) in [("right", true), ("wrong", false)] {
            let mut manners = Manners::good();
            manners.denies = true;
            manners.password = Some((method, "right"));
            let server = ScriptedServer::start(manners).await;
            for key in [true, false] {
                let mut connection = server.connection();
                connection.password = Some(Secret::new(said));
                if !key {
                    connection.identity_files = Vec::new();
                }
                let connected = connects(&Ssh::new(), connection).await;
                assert_eq!(connected.is_ok(), works, "{method:?} {said}: {connected:?}");
                let heard = std::mem::take(&mut *server.seen.passwords.lock().unwrap());
                assert_eq!(heard, [said], "{method:?}, with a key before: {key}");
                if let Err(refused) = connected {
                    assert!(!format!("{refused:?}").contains("wrong"), "{refused:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn fifty_hosts_get_through_an_sshd_that_takes_two_at_a_time() {
    let Some(sshd) = Sshd::start("MaxStartups 2:100:3").await else {
        return;
    };
    let ssh = Arc::new(Ssh::new());
    let failures = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (ssh, connection, failures) = (Arc::clone(&ssh), sshd.connection(), Arc::clone(&failures));
        tasks.spawn(async move {
            let connected = ssh.connect(&host(connection)).await;
            match connected {
                Ok(session) => session.close().await,
                Err(cause) => failures.lock().unwrap().push(cause),
            }
        });
    }
    tasks.join_all().await;
    let dropped =
        sshd.log().matches("drop connection").count() + sshd.log().matches("past MaxStartups").count();
    println!(
        "50 hosts, MaxStartups 2:100:3: {dropped} connections turned away, {} failures",
        failures.lock().unwrap().len()
    );
    assert!(
        failures.lock().unwrap().is_empty(),
        "{:?}\n{}",
        failures.lock().unwrap(),
        sshd.log()
    );
    assert!(dropped > 0, "nobody was turned away: {}", sshd.log());
}

/// A host that says these words to the first `times` that come, and then is the server it stands before.
async fn turns_away(words: &'static str, times: usize, server: &ScriptedServer) -> RawServer {
    let port = server.port;
    RawServer::start(move |mut stream, seen| {
        let number = seen.connections.load(Ordering::SeqCst);
        Box::pin(async move {
            if number <= times {
                let _ = stream.write_all(words.as_bytes()).await;
                return;
            }
            let mut behind = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut stream, &mut behind).await;
        })
    })
    .await
}

/// By the key of the server behind, and ours for it.
fn before(front: &RawServer, server: &ScriptedServer) -> Connection {
    let mut connection = server.connection();
    connection.port = front.port;
    connection.known_hosts = vec![front.dir.path().join("known_hosts")];
    let line = server.host_key.line(&format!("[127.0.0.1]:{}", front.port));
    std::fs::write(&connection.known_hosts[0], line).unwrap();
    connection
}

/// What OpenSSH says since 9.8 to an address whose logins failed before (`PerSourcePenalties`).
#[tokio::test]
async fn a_penalty_of_sshd_is_waited_out() {
    let server = ScriptedServer::start(Manners::good()).await;
    let front = turns_away("Not allowed at this time\r\n", 2, &server).await;
    connects(&Ssh::new(), before(&front, &server)).await.unwrap();
    assert_eq!(front.seen.connections.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn what_is_said_instead_of_a_greeting_is_told() {
    let server = ScriptedServer::start(Manners::good()).await;
    let front = turns_away(
        "\r\nExceeded MaxStartups\u{1b}[0m\r\nand more\r\n",
        usize::MAX,
        &server,
    )
    .await;
    let refused = connects(&Ssh::new(), before(&front, &server)).await.unwrap_err();
    let said = "Exceeded MaxStartups\u{1b}[0m".to_owned();
    assert_eq!(refused, Unreachable::TurnedAway { said });
    assert_eq!(
        front.seen.connections.load(Ordering::SeqCst),
        3,
        "nobody was ever let in"
    );
    // A greeting is no such word, whatever stands before it, and nor is nothing.
    for words in ["", "notice: logged\r\nSSH-2.0-gone\r\n"] {
        let front = turns_away(words, usize::MAX, &server).await;
        let refused = connects(&Ssh::new(), before(&front, &server)).await.unwrap_err();
        assert!(
            matches!(refused, Unreachable::Protocol { .. }),
            "{words:?}: {refused:?}"
        );
    }
}
