//! Hosts met for the first time: who is asked about them, once, and what `StrictHostKeyChecking` makes of them.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use provision::event::Unreachable;
use provision::inventory::{Connection, HostKeyPolicy};
use provision::script::Secret;
use provision::transport::Transport;
use provision::transport::ssh::{Ask, Ssh, Stranger};
use russh::keys::Algorithm;
use tokio_util::sync::CancellationToken;

use super::trust::key;
use super::within;
use crate::kit::binary::Folder;
use crate::kit::host::host;
use crate::kit::ssh_server::{Manners, ScriptedServer};
use crate::kit::tools;

/// Somebody who answers the same to every question, and notes the questions.
struct Believes {
    answer: bool,
    asked: Mutex<Vec<Stranger>>,
    busy: AtomicBool,
}

impl Ask for Believes {
    fn secret(&self, question: &str) -> Option<Secret> {
        panic!("nobody has a secret to be asked for: {question}");
    }

    fn believes(&self, stranger: &Stranger, _: &CancellationToken) -> bool {
        assert!(!self.busy.swap(true, Ordering::SeqCst), "two questions at a time");
        self.asked.lock().unwrap().push(stranger.clone());
        // Long enough for others to arrive while this one is open.
        std::thread::sleep(std::time::Duration::from_millis(30));
        self.busy.store(false, Ordering::SeqCst);
        self.answer
    }
}

fn person(answer: bool) -> (Arc<Believes>, Ssh) {
    let person = Arc::new(Believes {
        answer,
        asked: Mutex::default(),
        busy: AtomicBool::default(),
    });
    let ssh = Ssh::new().asking(Arc::clone(&person) as Arc<dyn Ask>);
    (person, ssh)
}

async fn server() -> ScriptedServer {
    let server = ScriptedServer::start(Manners::obedient()).await;
    std::fs::remove_file(file(&server)).unwrap();
    server
}

fn file(server: &ScriptedServer) -> PathBuf {
    server.dir.path().join("known_hosts")
}

fn line(server: &ScriptedServer) -> String {
    server.host_key.line(&format!("[127.0.0.1]:{}", server.port)) + "\n"
}

fn with(server: &ScriptedServer, policy: HostKeyPolicy) -> Connection {
    let mut connection = server.connection();
    connection.host_key_policy = policy;
    connection
}

async fn connects(ssh: &Ssh, connection: Connection) -> Result<(), Unreachable> {
    let session = within(ssh.connect(&host(connection))).await?;
    within(session.close()).await;
    Ok(())
}

#[tokio::test]
async fn whoever_is_believed_is_recorded_and_asked_about_once() {
    let servers = [server().await, server().await, server().await];
    let (person, ssh) = person(true);
    let ssh = Arc::new(ssh);
    let mut tasks = tokio::task::JoinSet::new();
    for turn in 0..12 {
        let (ssh, connection) = (Arc::clone(&ssh), with(&servers[turn % 3], HostKeyPolicy::Ask));
        tasks.spawn(async move { connects(&ssh, connection).await });
    }
    for connected in within(tasks.join_all()).await {
        connected.unwrap();
    }
    let asked = person.asked.lock().unwrap();
    assert_eq!(asked.len(), 3, "{asked:?}");
    for server in &servers {
        let expected = Stranger {
            name: format!("[127.0.0.1]:{}", server.port),
            address: Some(([127, 0, 0, 1], server.port).into()),
            key: server.host_key.clone(),
        };
        assert!(asked.contains(&expected), "{asked:?}");
        assert_eq!(std::fs::read_to_string(file(server)).unwrap(), line(server));
    }
}

#[tokio::test]
async fn whoever_is_not_believed_sees_no_key_of_ours_and_is_not_asked_about_again() {
    let server = server().await;
    let (person, ssh) = person(false);
    for _ in 0..2 {
        let cause = connects(&ssh, with(&server, HostKeyPolicy::Ask))
            .await
            .unwrap_err();
        assert!(matches!(cause, Unreachable::HostKeyUnknown { .. }), "{cause:?}");
    }
    assert_eq!(person.asked.lock().unwrap().len(), 1);
    assert!(!file(&server).exists());
    // Nobody there is a no.
    let cause = connects(&Ssh::new(), with(&server, HostKeyPolicy::Ask))
        .await
        .unwrap_err();
    assert!(matches!(cause, Unreachable::HostKeyUnknown { .. }), "{cause:?}");
    assert_eq!(server.seen.offers.load(Ordering::SeqCst), 0);
}

/// What is known of a host is nothing to ask about, nor to wave through.
#[tokio::test]
async fn a_changed_key_is_refused_by_every_policy_and_nobody_is_asked() {
    let server = server().await;
    let (person, ssh) = person(true);
    let other = key(Algorithm::Ed25519).line(&format!("[127.0.0.1]:{}", server.port));
    std::fs::write(file(&server), &other).unwrap();
    for policy in [HostKeyPolicy::Ask, HostKeyPolicy::Off] {
        let cause = connects(&ssh, with(&server, policy)).await.unwrap_err();
        assert!(
            matches!(cause, Unreachable::HostKeyChanged { .. }),
            "{policy:?}: {cause:?}"
        );
    }
    std::fs::write(file(&server), server.host_key.line("@revoked *")).unwrap();
    let ssh = Ssh::new().asking(Arc::clone(&person) as Arc<dyn Ask>);
    for policy in [HostKeyPolicy::Ask, HostKeyPolicy::Off] {
        let cause = connects(&ssh, with(&server, policy)).await.unwrap_err();
        assert!(
            matches!(cause, Unreachable::HostKeyRevoked { .. }),
            "{policy:?}: {cause:?}"
        );
    }
    assert_eq!(*person.asked.lock().unwrap(), []);
    assert_eq!(server.seen.offers.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn without_checking_a_new_key_is_recorded_where_it_can_be() {
    let server = server().await;
    let mut connection = with(&server, HostKeyPolicy::Off);
    connection.known_hosts.insert(0, "/dev/null".into());
    connects(&Ssh::new(), connection.clone()).await.unwrap();
    assert!(!file(&server).exists(), "only the first file is written to");
    connection.known_hosts.clear();
    connects(&Ssh::new(), connection).await.unwrap();
    connects(&Ssh::new(), with(&server, HostKeyPolicy::Off))
        .await
        .unwrap();
    assert_eq!(std::fs::read_to_string(file(&server)).unwrap(), line(&server));
}

/// Runs the binary, on a terminal of its own where there are `answers` to be typed.
fn run(folder: &Folder, answers: Option<&str>) -> (Option<i32>, String) {
    let binary = env!("CARGO_BIN_EXE_provision");
    let inventory = folder.path("inventory.toml");
    let words = format!(
        "{binary} run --hosts {} --ssh-config {} --limit new -- true",
        inventory.display(),
        folder.path("config").display()
    );
    let mut command = match answers {
        // From util-linux; it gives its child a terminal, and ends as that does.
        Some(_) => {
            let mut command = Command::new("script");
            command.args(["--quiet", "--return", "--command", &words, "/dev/null"]);
            command
        }
        None => {
            let mut command = Command::new("sh");
            command.args(["-c", &words]);
            command
        }
    };
    let mut child = command
        .env("XDG_STATE_HOME", folder.path("state"))
        .env_remove("SSH_AUTH_SOCK")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut typed = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let (mut text, mut piece, mut answers) = (Vec::new(), [0; 4096], answers);
    loop {
        let length = std::io::Read::read(&mut stdout, &mut piece).unwrap();
        if length == 0 {
            break;
        }
        text.extend_from_slice(&piece[..length]);
        // A signal is for whoever is there by then, so it is not typed ahead.
        if String::from_utf8_lossy(&text).contains("continue connecting")
            && let Some(answers) = answers.take()
        {
            std::io::Write::write_all(&mut typed, answers.as_bytes()).unwrap();
        }
    }
    let output = child.wait_with_output().unwrap();
    drop(typed);
    text.extend(output.stderr);
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_person_at_the_terminal_is_asked_as_ssh_asks() {
    if tools::find("script", "nobody was asked on a terminal").is_none() {
        return;
    }
    let server = server().await;
    let folder = Folder::new();
    let here = server.dir.path().display().to_string();
    folder.write(
        "inventory.toml",
        &format!(
            "[hosts.new]\nuser = \"tester\"\naddress = \"127.0.0.1:{}\"\n",
            server.port
        ),
    );
    folder.write(
        "config",
        &format!(
            "StrictHostKeyChecking ask\nIdentityFile {here}/id\nIdentityAgent none\n\
             UserKnownHostsFile {here}/known_hosts\nGlobalKnownHostsFile none\n"
        ),
    );
    let fingerprint = server.host_key.fingerprint();
    let run = |answers: Option<&str>| tokio::task::block_in_place(|| run(&folder, answers));
    let asked = format!("ssh-ed25519 key fingerprint is {fingerprint}.");
    for (answers, question) in [
        (None, false),
        (Some("\n"), true),
        (Some("no\n"), true),
        (Some("sure\n\n"), true),
    ] {
        let (code, text) = run(answers);
        assert_eq!(code, Some(3), "{answers:?}: {text}");
        assert_eq!(text.contains(&asked), question, "{answers:?}: {text}");
        assert!(
            text.contains("host key not known") && text.contains("--accept-new"),
            "{text}"
        );
        assert!(!file(&server).exists());
    }
    let other = format!("{}\n{fingerprint}\n", key(Algorithm::Ed25519).fingerprint());
    for answers in ["yes\n", &other] {
        let (code, text) = run(Some(answers));
        assert_eq!(code, Some(0), "{answers:?}: {text}");
        assert_eq!(text.matches(&asked).count(), 1, "{text}");
        assert_eq!(std::fs::read_to_string(file(&server)).unwrap(), line(&server));
        let (code, text) = run(Some("no\n"));
        assert_eq!(
            (code, text.contains(&asked)),
            (Some(0), false),
            "known by now: {text}"
        );
        std::fs::remove_file(file(&server)).unwrap();
    }
    // Ctrl-C leaves the question, and the run.
    let (code, text) = run(Some("\u{3}"));
    assert_eq!(code, Some(130), "{text}");
    assert!(text.contains(&asked) && !file(&server).exists(), "{text}");
    // Nobody is asked in a batch.
    let config = std::fs::read_to_string(folder.path("config")).unwrap();
    folder.write("config", &format!("BatchMode yes\n{config}"));
    let (code, text) = run(Some("yes\n"));
    assert_eq!((code, text.contains(&asked)), (Some(3), false), "{text}");
}
