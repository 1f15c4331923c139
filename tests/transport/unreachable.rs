//! Hosts that are not reached: the right cause, in time, with nothing left behind.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use provision::event::{ConnectPhase, Unreachable};
use provision::inventory::Connection;
use provision::transport::ssh::Ssh;
use provision::transport::{Session, Transport};

use super::within;
use crate::kit::host::{TestHost, host};
use crate::kit::proxy::{Fault, Proxy};
use crate::kit::ssh_server::{Manners, Open, RawServer, ScriptedServer, Seen};

const SHORT: Duration = Duration::from_millis(300);

async fn refused(connection: Connection) -> Unreachable {
    within(Ssh::new().connect(&host(connection)))
        .await
        .err()
        .expect("this host cannot be reached")
}

fn short(mut connection: Connection) -> Connection {
    connection.connect_timeout = SHORT;
    connection
}

/// Waits until the server has seen every connection end: then no socket of ours is left.
async fn all_closed(seen: &Seen) {
    within(async {
        while seen.open.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

#[tokio::test]
async fn a_closed_port_is_said_at_once() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let host = TestHost::start().await;
    let start = Instant::now();
    let cause = refused(
        host.host_with(|connection| connection.port = port)
            .connection
            .as_ref()
            .clone(),
    )
    .await;
    assert_eq!(
        cause,
        Unreachable::Connect {
            address: format!("127.0.0.1:{port}"),
            detail: "Connection refused".into(),
        }
    );
    assert!(start.elapsed() < Duration::from_secs(2));

    // A name is told with what the resolver made of it.
    let change = |connection: &mut Connection| {
        connection.address = "localhost".into();
        connection.port = port;
    };
    let Unreachable::Connect { address, detail } =
        refused(host.host_with(change).connection.as_ref().clone()).await
    else {
        panic!("another cause");
    };
    assert!(address.starts_with(&format!("localhost:{port} (")), "{address}");
    assert!(address.contains("127.0.0.1"), "{address}");
    assert_eq!(detail, "Connection refused");
}

#[tokio::test]
async fn a_name_without_an_address_is_said() {
    let host = TestHost::start().await;
    for address in [
        "no-such-host.invalid",
        "-oProxyCommand=x",
        "a b",
        "a\nb",
        "a,b",
        "a#b",
        "*",
        "",
    ] {
        let mut connection = host.connection();
        address.clone_into(&mut connection.address);
        let cause = refused(connection).await;
        assert!(
            matches!(&cause, Unreachable::Resolve { address: said, .. } if said == address),
            "{cause:?}"
        );
    }
}

/// dependencies 1.4, item 3: a silent host leaks neither socket nor task.
#[tokio::test]
async fn a_tarpit_ends_in_time_and_leaves_nothing() {
    for said in [&b""[..], b"SSH-2.0-tar", b"SSH-2.0-tarpit\r\n"] {
        let tarpit = RawServer::says(said).await;
        let before = tasks();
        for _ in 0..5 {
            let start = Instant::now();
            let cause = refused(short(tarpit.connection())).await;
            assert_eq!(
                cause,
                Unreachable::Timeout {
                    phase: ConnectPhase::Handshake,
                    after: SHORT,
                }
            );
            assert!(
                start.elapsed() < SHORT + Duration::from_secs(2),
                "took {:?}",
                start.elapsed()
            );
        }
        assert_eq!(tarpit.seen.connections.load(Ordering::SeqCst), 5);
        all_closed(&tarpit.seen).await;
        within(async {
            while tasks() > before {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_host_that_does_not_speak_ssh_is_bounded() {
    for bytes in [
        &b"welcome to the machine\r\n"[..],
        b"endless line without an end ",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-1.5-old\r\n",
        b"SSH-2.0-x\r\n\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\0",
    ] {
        let server = RawServer::endless(bytes).await;
        let cause = refused(server.connection()).await;
        let handshake = ConnectPhase::Handshake;
        assert!(
            matches!(&cause, Unreachable::Protocol { phase, .. } if *phase == handshake),
            "{bytes:?}: {cause:?}"
        );
        all_closed(&server.seen).await;
    }
}

#[tokio::test]
async fn a_host_that_hangs_up_is_said() {
    let server = RawServer::start(|stream, _| Box::pin(async move { drop(stream) })).await;
    let cause = refused(server.connection()).await;
    let phase = ConnectPhase::Handshake;
    assert!(
        matches!(&cause, Unreachable::Protocol { phase: said, .. } if *said == phase),
        "{cause:?}"
    );
}

/// dependencies 1.4, item 4: russh bounds neither authentication nor opening a channel.
#[tokio::test]
async fn a_host_silent_in_authentication_times_out() {
    let mut manners = Manners::good();
    manners.hangs_in_auth = true;
    let server = ScriptedServer::start(manners).await;
    let cause = refused(short(server.connection())).await;
    assert_eq!(
        cause,
        Unreachable::Timeout {
            phase: ConnectPhase::Authenticate,
            after: SHORT,
        }
    );
}

async fn session(server: &ScriptedServer) -> Box<dyn Session> {
    let ssh = Ssh::new();
    within(ssh.connect(&host(short(server.connection()))))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_host_that_opens_no_session_is_said() {
    let phase = ConnectPhase::Session;
    let mut manners = Manners::good();
    manners.open = Open::Unanswered;
    let server = ScriptedServer::start(manners.clone()).await;
    let mut silent = session(&server).await;
    let cause = within(silent.run(Vec::new())).await.err().unwrap();
    assert_eq!(cause, Unreachable::Timeout { phase, after: SHORT });
    manners.open = Open::Refused;
    let server = ScriptedServer::start(manners).await;
    let mut refusing = session(&server).await;
    let cause = within(refusing.run(Vec::new())).await.err().unwrap();
    assert_eq!(
        cause,
        Unreachable::Protocol {
            phase,
            detail: "the host opens no session: Resource shortage".to_owned(),
        }
    );
    within(silent.close()).await;
    within(refusing.close()).await;
}

#[tokio::test]
async fn a_connection_cut_anywhere_in_the_handshake_is_an_error() {
    let server = ScriptedServer::start(Manners::good()).await;
    // Every byte of the greeting, then here and there.
    for cut in (0..64).chain((64..2200).step_by(97)) {
        for fault in [
            Fault {
                cut_down: Some(cut),
                ..Fault::default()
            },
            Fault {
                cut_up: Some(cut),
                ..Fault::default()
            },
        ] {
            let proxy = Proxy::start(server.port, fault).await;
            let mut connection = server.connection();
            connection.known_hosts = vec![server.dir.path().join(format!("known-{}", proxy.port))];
            let line = server.host_key.line(&format!("[127.0.0.1]:{}", proxy.port));
            std::fs::write(&connection.known_hosts[0], line).unwrap();
            connection.port = proxy.port;
            match within(Ssh::new().connect(&host(connection))).await {
                Ok(session) => within(session.close()).await,
                Err(Unreachable::Protocol { .. }) => {}
                Err(cause) => panic!("{fault:?}: {cause:?}"),
            }
        }
    }
}
