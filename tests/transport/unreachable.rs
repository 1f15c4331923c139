//! Hosts that are not reached: the right cause, in time, with nothing left behind.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use provision::event::{ConnectPhase, Unreachable};
use provision::inventory::Connection;
use provision::transport::ssh::Ssh;
use provision::transport::{Session, Transport};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

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

/// Connects through a proxy that breaks the line so; whether it could, and where what passed came in pieces.
async fn broken(server: &ScriptedServer, fault: Fault) -> (bool, [Vec<u64>; 2]) {
    let proxy = Proxy::start(server.port, fault).await;
    let mut connection = server.connection();
    connection.known_hosts = vec![server.dir.path().join(format!("known-{}", proxy.port))];
    let line = server.host_key.line(&format!("[127.0.0.1]:{}", proxy.port));
    std::fs::write(&connection.known_hosts[0], line).unwrap();
    connection.port = proxy.port;
    let connected = match within(Ssh::new().connect(&host(connection))).await {
        Ok(session) => {
            within(session.close()).await;
            true
        }
        Err(Unreachable::Protocol { .. }) => false,
        Err(cause) => panic!("{fault:?}: {cause:?}"),
    };
    let ends = proxy
        .passed
        .ends
        .each_ref()
        .map(|ends| ends.lock().unwrap().clone());
    (connected, ends)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_cut_anywhere_in_the_handshake_is_an_error() {
    let server = Arc::new(ScriptedServer::start(Manners::good()).await);
    let (connected, ends) = broken(&server, Fault::default()).await;
    assert!(connected);
    // Every byte of the greeting, both sides of the end of whatever was sent at once, and here and there.
    let [up, down] = ends.map(|ends| {
        let last = ends.last().copied().unwrap();
        let around = ends.iter().flat_map(|end| [end - 1, *end, end + 1]);
        let all = (0..64).chain((64..last).step_by(41)).chain(around);
        all.filter(|cut| *cut < last).collect::<BTreeSet<_>>()
    });
    assert!(up.len() > 100 && down.len() > 100, "{up:?} {down:?}");
    let cuts = up.into_iter().map(|cut| (Some(cut), None));
    let cuts = cuts.chain(down.into_iter().map(|cut| (None, Some(cut))));
    let places = Arc::new(Semaphore::new(8));
    let mut tasks = JoinSet::new();
    for (cut_up, cut_down) in cuts {
        let place = Arc::clone(&places).acquire_owned().await;
        let server = Arc::clone(&server);
        tasks.spawn(async move {
            let _place = place;
            let fault = Fault {
                cut_up,
                cut_down,
                ..Fault::default()
            };
            broken(&server, fault).await.0
        });
    }
    let connected = tasks.join_all().await;
    let through = connected.iter().filter(|through| **through).count();
    println!("{} cuts, {through} of them behind the login", connected.len());
    assert!(through < 10, "{through} of {} cuts", connected.len());
}
