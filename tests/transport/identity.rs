//! Our keys: which are offered, in which order, and what is said when none will do.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use provision::event::Unreachable;
use provision::inventory::Connection;
use provision::script::Secret;
use provision::transport::Transport;
use provision::transport::ssh::Ssh;

use super::within;
use crate::kit::host::host;
use crate::kit::ssh_agent::{SshAgent, keygen};
use crate::kit::ssh_server::{Manners, ScriptedServer};
use crate::kit::sshd::Sshd;

const ED25519: [&str; 4] = ["-t", "ed25519", "-N", ""];

async fn server(denies: bool) -> ScriptedServer {
    let mut manners = Manners::good();
    manners.denies = denies;
    ScriptedServer::start(manners).await
}

async fn connect(agent: Option<&SshAgent>, mut connection: Connection) -> Result<(), Unreachable> {
    connection.agent = agent.map(|agent| agent.socket.clone());
    let ssh = Ssh::new();
    let session = within(ssh.connect(&host(connection))).await?;
    within(session.close()).await;
    Ok(())
}

fn offered(server: &ScriptedServer) -> Vec<String> {
    server.seen.keys.lock().unwrap().clone()
}

/// The wire's base64 of a public key file.
fn public(path: &Path) -> String {
    let mut name = path.as_os_str().to_owned();
    name.push(".pub");
    let line = std::fs::read_to_string(PathBuf::from(name)).unwrap();
    line.split(' ').nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn every_kind_of_key_file_opens_openssh() {
    let Some(sshd) = Sshd::start("MaxAuthTries 2").await else {
        return;
    };
    for arguments in [
        &["-t", "ed25519", "-N", ""][..],
        &["-t", "ecdsa", "-b", "256", "-N", ""],
        &["-t", "ecdsa", "-b", "521", "-N", ""],
        &["-t", "rsa", "-b", "3072", "-N", ""],
        &["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", ""],
        &["-t", "ecdsa", "-b", "384", "-m", "PKCS8", "-N", ""],
    ] {
        let path = sshd.dir.path().join("key");
        keygen(&path, arguments);
        std::fs::copy(
            path.with_extension("pub"),
            sshd.dir.path().join("authorized_keys"),
        )
        .unwrap();
        let mut connection = sshd.connection();
        connection.identity_files = vec![path];
        let result = connect(None, connection).await;
        assert_eq!(result, Ok(()), "{arguments:?}\n{}", sshd.log());
    }
    assert!(
        !sshd.log().contains("ssh-rsa SHA256"),
        "RSA was signed with SHA-1\n{}",
        sshd.log()
    );
}

/// 1.4.10: asking for RSA hashes may take a second; nobody else waits for that.
#[tokio::test]
async fn only_rsa_keys_ask_for_rsa_hashes() {
    let server = server(false).await;
    let mut quickest = Duration::MAX;
    // The machine may be busy, but not every time.
    for _ in 0..5 {
        let start = Instant::now();
        connect(None, server.connection()).await.unwrap();
        quickest = quickest.min(start.elapsed());
    }
    assert!(quickest < Duration::from_millis(900), "took {quickest:?}");
}

#[tokio::test]
async fn an_encrypted_key_needs_the_agent() {
    let server = server(false).await;
    let dir = server.dir.path();
    let secret = dir.join("secret");
    keygen(&secret, &ED25519);
    let agent = SshAgent::start().await;
    let mut connection = server.connection();
    connection.identity_files = vec![secret.clone()];
    agent.add(&secret);
    let encrypt = ["-q", "-p", "-P", "", "-N", "passphrase", "-f"];
    let mut command = std::process::Command::new("ssh-keygen");
    let command = command
        .args(encrypt)
        .arg(&secret)
        .stdout(std::process::Stdio::null());
    assert!(command.status().unwrap().success());

    let cause = connect(None, connection.clone()).await.unwrap_err();
    let file = secret.display().to_string();
    let detail = "it is encrypted, and the agent does not hold it".to_owned();
    assert_eq!(cause, Unreachable::Identity { file, detail });

    // The agent's key is used although only the configured ones may be, for it is one of them.
    connect(Some(&agent), connection.clone()).await.unwrap();
    // So it is when only the public half is there, under either name.
    let public_half = dir.join("secret.pub");
    std::fs::remove_file(&secret).unwrap();
    connect(Some(&agent), connection.clone()).await.unwrap();
    connection.identity_files = vec![public_half];
    connect(Some(&agent), connection).await.unwrap();
    assert!(offered(&server).iter().all(|key| *key == public(&secret)));
}

#[tokio::test]
async fn configured_keys_come_first_and_before_a_password_no_more_than_five() {
    let server = server(true).await;
    let dir = server.dir.path();
    let agent = SshAgent::start().await;
    let held: Vec<PathBuf> = (0..7).map(|number| dir.join(format!("held{number}"))).collect();
    for path in &held {
        keygen(path, &ED25519);
        agent.add(path);
    }
    let own = dir.join("own");
    keygen(&own, &ED25519);
    let mut connection = server.connection();
    connection.identity_files = vec![own.clone(), dir.join("missing"), held[3].clone()];
    connection.identities_only = false;
    connect(Some(&agent), connection.clone()).await.unwrap_err();
    let mut expected: Vec<_> = [&own, &held[3], &held[0], &held[1], &held[2]]
        .map(|path| public(path))
        .into();
    expected.extend(held[4..].iter().map(|path| public(path)));
    assert_eq!(offered(&server), expected, "all, as ssh does");

    server.seen.keys.lock().unwrap().clear();
    connection.password = Some(Secret::new("unsaid"));
    let cause = connect(Some(&agent), connection.clone()).await.unwrap_err();
    assert_eq!(offered(&server), expected[..5]);
    let Unreachable::Denied { user, tried, accepts } = cause else {
        panic!("{cause:?}");
    };
    assert_eq!(user, "tester");
    assert_eq!(
        tried.len(),
        8,
        "five keys, the password, a missing file and a count: {tried:?}"
    );
    assert!(
        tried[0].starts_with(&format!("{} ssh-ed25519 SHA256:", own.display())),
        "{tried:?}"
    );
    assert!(tried[7].starts_with("3 more keys"), "{tried:?}");
    assert!(accepts.contains(&"publickey".to_owned()), "{accepts:?}");

    server.seen.keys.lock().unwrap().clear();
    connection.identities_only = true;
    connect(Some(&agent), connection).await.unwrap_err();
    assert_eq!(offered(&server), [public(&own), public(&held[3])]);
}

/// What ssh passes over with a warning keeps no other key from being the right one; alone, it is told of.
#[tokio::test]
async fn files_that_are_no_keys_are_passed_over() {
    let server = server(false).await;
    let dir = server.dir.path();
    let open = dir.join("open");
    keygen(&open, &ED25519);
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::write(dir.join("text"), "no key").unwrap();
    std::fs::set_permissions(dir.join("text"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let good = server.connection().identity_files[0].clone();
    for (bad, why) in [
        (dir.to_owned(), "regular file"),
        (open, "chmod 600"),
        (dir.join("text"), "private key"),
    ] {
        let mut connection = server.connection();
        connection.identity_files = vec![bad.clone(), good.clone()];
        connect(None, connection.clone()).await.unwrap();
        connection.identity_files.pop();
        let cause = connect(None, connection).await.unwrap_err();
        assert!(
            matches!(&cause, Unreachable::Identity { file, detail } if *file == bad.display().to_string() && detail.contains(why)),
            "{cause:?}"
        );
    }
}

#[tokio::test]
async fn all_hosts_share_one_agent_connection() {
    let server = server(false).await;
    let agent = SshAgent::start().await;
    let rsa = server.dir.path().join("rsa");
    keygen(&rsa, &["-t", "rsa", "-b", "2048", "-N", ""]);
    agent.add(&rsa);
    let mut connection = server.connection();
    connection.identity_files = Vec::new();
    connection.identities_only = false;
    connection.agent = Some(agent.socket.clone());
    let ssh = Arc::new(Ssh::new());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (ssh, host) = (Arc::clone(&ssh), host(connection.clone()));
        tasks.spawn(async move { ssh.connect(&host).await.map(drop) });
    }
    for result in within(tasks.join_all()).await {
        result.unwrap();
    }
    assert_eq!(agent.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_agent_that_is_gone_does_not_matter_to_key_files() {
    let server = server(false).await;
    let gone = server.dir.path().join("no-agent");
    let mut connection = server.connection();
    connection.identities_only = false;
    connection.agent = Some(gone.clone());
    let ssh = Ssh::new();
    within(ssh.connect(&host(connection.clone()))).await.unwrap();
    connection.identity_files.clear();
    let cause = within(ssh.connect(&host(connection))).await.err().unwrap();
    let detail = format!("agent {}: No such file or directory (os error 2)", gone.display());
    assert_eq!(
        cause,
        Unreachable::Identity {
            file: String::new(),
            detail
        }
    );
}

#[tokio::test]
async fn openssh_that_hangs_up_has_refused() {
    let Some(sshd) = Sshd::start("MaxAuthTries 1").await else {
        return;
    };
    let mut connection = sshd.connection();
    let wrong = ["a", "b"].map(|name| sshd.dir.path().join(name)).to_vec();
    for path in &wrong {
        keygen(path, &ED25519);
    }
    connection.identity_files = wrong;
    let cause = connect(None, connection).await.unwrap_err();
    let Unreachable::Denied { tried, .. } = &cause else {
        panic!("{cause:?}");
    };
    assert_eq!(
        tried.last().unwrap(),
        "the host disconnected: Too many authentication failures"
    );
}

#[tokio::test]
async fn something_that_is_no_key_is_said() {
    let server = server(false).await;
    let file = server.dir.path().join("id");
    for (text, said) in [
        ("hello", "it is not a private key: "),
        ("", "it is not a private key: "),
    ] {
        std::fs::write(&file, text).unwrap();
        let cause = connect(None, server.connection()).await.unwrap_err();
        assert!(
            matches!(&cause, Unreachable::Identity { detail, .. } if detail.starts_with(said)),
            "{cause:?}"
        );
    }
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    let cause = connect(None, server.connection()).await.unwrap_err();
    assert!(matches!(&cause, Unreachable::Identity { .. }), "{cause:?}");
    assert_eq!(server.seen.connections.load(Ordering::SeqCst), 0);
}
