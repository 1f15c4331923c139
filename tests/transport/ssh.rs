//! SSH to an embedded host.

use provision::event::Unreachable;
use provision::transport::Transport;
use provision::transport::ssh::Ssh;

use super::{exited, finish, within};
use crate::kit::host::TestHost;

#[tokio::test]
async fn a_program_runs() {
    let host = TestHost::start().await;
    let ssh = Ssh::new(None);
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
    let cause = within(Ssh::new(None).connect(&host.host())).await.err().unwrap();
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
