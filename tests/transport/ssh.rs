//! SSH to an embedded host.

use std::sync::Arc;

use provision::event::{ConnectPhase, Unreachable};
use provision::inventory::Become;
use provision::transport::ssh::Ssh;
use provision::transport::{Output, Transport};

use super::{exited, finish, within};
use crate::kit::host::{TestHost, host};
use crate::kit::sshd::Sshd;

#[tokio::test]
async fn a_program_runs() {
    let host = TestHost::start().await;
    let ssh = Ssh::new();
    let mut session = within(ssh.connect(&host.host())).await.unwrap();
    let program = b"main() { echo out; echo err >&2; pwd; exit 3; }; main </dev/null\n".to_vec();
    let mut running = within(session.run(program)).await.unwrap();
    let transcript = finish(&mut *running).await;
    let home = host.path("home").canonicalize().unwrap();
    assert_eq!(transcript.stdout, format!("out\n{}\n", home.display()));
    assert_eq!(transcript.stderr, "err\n");
    assert_eq!(transcript.end, exited(3));
    within(session.close()).await;
    within(host.server.stop()).await;
}

#[tokio::test]
async fn an_unknown_key_is_refused() {
    let host = TestHost::start().await;
    std::fs::write(host.path("known_hosts"), "").unwrap();
    let cause = within(Ssh::new().connect(&host.host())).await.err().unwrap();
    assert_eq!(
        cause,
        Unreachable::HostKeyUnknown {
            key_type: "ssh-ed25519".to_owned(),
            fingerprint: host.server.fingerprint(),
            name: format!("[127.0.0.1]:{}", host.server.port()),
            files: vec![host.path("known_hosts").display().to_string()],
        }
    );
}

/// What `become` says when it fails is passed on as it is; what it means is the runner's to say.
#[tokio::test]
async fn the_exec_line_is_the_one_of_become() {
    let host = TestHost::start().await;
    let doas = host.host_with(|connection| connection.r#become = Become::Doas);
    let mut session = within(Ssh::new().connect(&doas)).await.unwrap();
    let mut running = within(session.run(b"echo never\n".to_vec())).await.unwrap();
    let transcript = finish(&mut *running).await;
    assert_eq!(transcript.stdout, "");
    // Not there, or there and not willing.
    assert!(transcript.stderr.contains("doas"), "{transcript:?}");
    assert!(
        matches!(transcript.end, Output::Exit(_)) && transcript.end != exited(0),
        "{transcript:?}"
    );
}

#[tokio::test]
async fn many_hosts_share_one_transport() {
    let host = TestHost::start().await;
    let (ssh, inventory) = (Arc::new(Ssh::new()), Arc::new(host.host()));
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..50 {
        let (ssh, inventory) = (Arc::clone(&ssh), Arc::clone(&inventory));
        tasks.spawn(async move {
            let mut session = ssh.connect(&inventory).await.unwrap();
            let program = format!("echo {number}; exit 0\n").into_bytes();
            let mut running = session.run(program).await.unwrap();
            let transcript = finish(&mut *running).await;
            session.close().await;
            assert_eq!(
                (transcript.stdout, transcript.end),
                (format!("{number}\n"), exited(0))
            );
        });
    }
    within(tasks.join_all()).await;
    within(host.server.stop()).await;
}

#[tokio::test]
async fn openssh_with_one_session_is_enough() {
    let Some(sshd) = Sshd::start("MaxSessions 1").await else {
        return;
    };
    let mut session = within(Ssh::new().connect(&host(sshd.connection())))
        .await
        .unwrap();
    let mut running = within(session.run(b"main() { echo on; cat; }; main\n".to_vec()))
        .await
        .unwrap();
    assert_eq!(
        within(running.next()).await,
        Some(Output::Stdout(b"on\n".to_vec()))
    );
    let second = within(session.run(Vec::new())).await.err().unwrap();
    let phase = ConnectPhase::Session;
    assert!(
        matches!(&second, Unreachable::Protocol { phase: said, .. } if *said == phase),
        "{second:?}"
    );
    within(running.close_input()).await;
    assert_eq!(finish(&mut *running).await.end, exited(0));
    within(session.close()).await;
}

#[tokio::test]
async fn a_stopped_host_kills_its_programs_and_nothing_else() {
    let host = TestHost::start().await;
    let mut session = within(Ssh::new().connect(&host.host())).await.unwrap();
    let program = b"echo $$; trap '' HUP TERM; sleep 600 & sleep 600\n".to_vec();
    let mut running = within(session.run(program)).await.unwrap();
    let Some(Output::Stdout(pid)) = within(running.next()).await else {
        panic!("no pid");
    };
    let leader = String::from_utf8(pid).unwrap().trim().to_owned();
    let dir = host.dir;
    within(host.server.stop()).await;
    // A kill is sent and not waited for.
    let gone = async {
        while alive(&leader) {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    within(gone).await;
    assert!(matches!(finish(&mut *running).await.end, Output::Lost { .. }));
    drop(dir);
}

/// Whether a process is there and is more than a remnant that waits for its parent.
fn alive(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// The exit status comes when the shell ends; the channel's end only when nobody holds its output any more.
#[tokio::test]
async fn a_background_process_does_not_hold_the_run() {
    let Some(sshd) = Sshd::start("").await else { return };
    let host = host(sshd.connection());
    let mut session = within(Ssh::new().connect(&host)).await.unwrap();
    let program = b"sleep 100 & echo $!; exit 4\n".to_vec();
    let mut running = within(session.run(program)).await.unwrap();
    let transcript = finish(&mut *running).await;
    assert_eq!(transcript.end, exited(4));
    let pid = transcript.stdout.trim();
    assert!(alive(pid), "it goes on after us: {pid}");
    within(session.close()).await;
    std::process::Command::new("kill").arg(pid).status().unwrap();
}
