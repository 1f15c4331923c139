//! Keys of FIDO tokens, through an agent, before a real sshd that checks what the token signed.

use std::os::unix::fs::PermissionsExt;

use provision::event::Unreachable;
use provision::inventory::Connection;
use provision::transport::Transport;
use provision::transport::ssh::Ssh;

use super::within;
use crate::kit::fido_agent::{FidoAgent, TOUCHED};
use crate::kit::host::host;
use crate::kit::sshd::Sshd;

async fn connects(connection: Connection) -> Result<(), Unreachable> {
    let session = within(Ssh::new().connect(&host(connection))).await?;
    within(session.close()).await;
    Ok(())
}

/// To a host that lets in the agent's key alone, with nothing of our own.
fn through(sshd: &Sshd, agent: &FidoAgent) -> Connection {
    std::fs::write(sshd.dir.path().join("authorized_keys"), agent.line() + "\n").unwrap();
    let mut connection = sshd.connection();
    connection.agent = Some(agent.socket.clone());
    connection.identity_files = Vec::new();
    connection.identities_only = false;
    connection
}

#[tokio::test]
async fn a_token_logs_in_through_the_agent() {
    let Some(sshd) = Sshd::start("").await else { return };
    for (ed25519, name) in [(true, "ED25519-SK"), (false, "ECDSA-SK")] {
        let agent = FidoAgent::start(ed25519, TOUCHED);
        let connection = through(&sshd, &agent);
        for times in 1..=2 {
            let connected = connects(connection.clone()).await;
            assert!(connected.is_ok(), "{name}: {connected:?}\n{}", sshd.log());
            assert_eq!(agent.signed(), times);
        }
        assert!(
            sshd.log().contains(&format!("ssh2: {name} SHA256:")),
            "{}",
            sshd.log()
        );
    }
}

/// sshd wants to hear that somebody touched the token: what the token says reaches it as it is.
#[tokio::test]
async fn a_token_nobody_touched_is_refused() {
    let Some(sshd) = Sshd::start("").await else { return };
    for ed25519 in [true, false] {
        let agent = FidoAgent::start(ed25519, 0);
        let refused = connects(through(&sshd, &agent)).await;
        assert!(matches!(refused, Err(Unreachable::Denied { .. })), "{refused:?}");
        assert_eq!(agent.signed(), 1);
    }
    assert!(sshd.log().contains("user presence"), "{}", sshd.log());
}

#[tokio::test]
async fn the_files_ssh_keygen_leaves_choose_the_agents_key() {
    let Some(sshd) = Sshd::start("").await else { return };
    let agent = FidoAgent::start(true, TOUCHED);
    let mut connection = through(&sshd, &agent);
    connection.identities_only = true;
    let file = sshd.dir.path().join("id_ed25519_sk");
    connection.identity_files = vec![file.clone()];
    std::fs::write(file.with_extension("pub"), agent.line() + "\n").unwrap();
    connects(connection.clone()).await.unwrap();
    std::fs::remove_file(file.with_extension("pub")).unwrap();
    std::fs::write(&file, agent.file()).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    connects(connection.clone()).await.unwrap();
    assert_eq!(agent.signed(), 2);
    connection.agent = None;
    let refused = connects(connection).await.unwrap_err();
    let Unreachable::Identity { detail, .. } = &refused else {
        panic!("{refused:?}");
    };
    assert!(
        detail.contains("FIDO token") && detail.contains("agent"),
        "{detail}"
    );
}
