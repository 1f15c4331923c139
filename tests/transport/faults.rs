//! Hosts that misbehave once a program runs: the traps of russh and of SSH itself, each sprung on purpose.

use std::sync::Arc;
use std::time::Duration;

use provision::inventory::{Connection, HostKeyPolicy};
use provision::transport::ssh::Ssh;
use provision::transport::{ExitStatus, Output, Running, Session, Transport};
use russh::server::{Handle, Msg};
use russh::{Channel, ChannelMsg, Sig};
use tokio::sync::Mutex;

use super::{Transcript, exited, finish, held_back, within};
use crate::kit::host::{TestHost, host};
use crate::kit::proxy::{Fault, Proxy};
use crate::kit::ssh_server::{Manners, ScriptedServer};

async fn connect(connection: Connection) -> Box<dyn Session> {
    within(Ssh::new().connect(&host(connection))).await.unwrap()
}

async fn run(session: &mut dyn Session, program: impl Into<Vec<u8>>) -> Box<dyn Running> {
    within(session.run(program.into())).await.unwrap()
}

/// The same host by way of a proxy, whose port no file knows.
fn through(proxy: &Proxy, mut connection: Connection) -> Connection {
    connection.port = proxy.port;
    connection.host_key_policy = HostKeyPolicy::AcceptNew;
    connection.known_hosts = vec![connection.identity_files[0].with_file_name("new")];
    connection
}

/// What a client hears of a program that behaves as `exec` says.
async fn hears<F>(exec: impl Fn(Channel<Msg>, Handle) -> F + Send + Sync + 'static) -> Transcript
where
    F: Future<Output = ()> + Send + 'static,
{
    let server = ScriptedServer::start(Manners::exec(exec)).await;
    let mut session = connect(server.connection()).await;
    let mut running = run(&mut *session, "").await;
    let transcript = finish(&mut *running).await;
    within(session.close()).await;
    transcript
}

fn lost(output: &Output) -> &str {
    match output {
        Output::Lost { detail } => detail,
        other => panic!("not lost: {other:?}"),
    }
}

/// 1.4.1: russh's writer waits for window for ever once the channel is closed.
#[tokio::test]
async fn a_program_that_does_not_read_its_text_ends_all_the_same() {
    let host = TestHost::start().await;
    let mut session = connect(host.connection()).await;
    let mut program = b"exit 5\n".to_vec();
    program.resize(8 << 20, b'\n');
    let mut running = run(&mut *session, program).await;
    assert_eq!(finish(&mut *running).await.end, exited(5));
    within(session.close()).await;
}

/// 1.4.1: the same with a window that never opens, and with the connection gone.
#[tokio::test]
async fn a_closed_window_holds_nobody() {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let mut manners = Manners::exec(move |mut channel, _| {
        let kept = Arc::clone(&kept);
        async move {
            // The first bytes arrive; the rest fills what holds them, for nobody takes it.
            while !matches!(channel.wait().await, Some(ChannelMsg::Data { .. })) {}
            channel.data_bytes(&b"seen"[..]).await.unwrap();
            kept.lock().await.push(channel);
        }
    });
    manners.config = |config| config.window_size = 1000;
    let server = ScriptedServer::start(manners).await;
    let proxy = Proxy::start(server.port, Fault::default()).await;
    let mut session = connect(through(&proxy, server.connection())).await;
    let mut running = run(&mut *session, vec![b'\n'; 1 << 20]).await;
    assert_eq!(
        within(running.next()).await,
        Some(Output::Stdout(b"seen".to_vec()))
    );
    // Neither of these waits for the rest of the program to be taken.
    within(running.close_input()).await;
    drop(proxy);
    assert_eq!(
        lost(&finish(&mut *running).await.end),
        "the host closed the connection"
    );
    within(session.close()).await;
}

/// 1.4.2: an unread channel holds up the others; it must not once it is dropped.
#[tokio::test]
async fn a_dropped_program_frees_the_connection() {
    let host = TestHost::start().await;
    let mut session = connect(host.connection()).await;
    let mut flood = run(&mut *session, "yes\n").await;
    assert!(matches!(within(flood.next()).await, Some(Output::Stdout(_))));
    drop(flood);
    let mut second = run(&mut *session, "echo here; exit 0\n").await;
    assert_eq!(finish(&mut *second).await.stdout, "here\n");
    within(session.close()).await;
    within(host.server.stop()).await;
}

/// 1.4.2: what is not read waits at the host, not in our memory.
#[tokio::test]
async fn endless_output_is_held_back() {
    let host = TestHost::start().await;
    let proxy = Proxy::start(host.server.port(), Fault::default()).await;
    let mut session = connect(through(&proxy, host.connection())).await;
    let mut running = run(&mut *session, "yes\n").await;
    assert!(matches!(within(running.next()).await, Some(Output::Stdout(_))));
    // It goes on until every buffer on the way is full, and then no further.
    let before = held_back(&proxy).await;
    assert!(before < 32 << 20, "{before} bytes were taken unread");
    drop(running);
    within(session.close()).await;
}

/// 1.4.5: no status at all is not success.
#[tokio::test]
async fn a_program_without_a_status_is_lost() {
    let transcript = hears(|channel, _| async move {
        channel.data_bytes(&b"half"[..]).await.unwrap();
        channel.eof().await.unwrap();
        channel.close().await.unwrap();
    })
    .await;
    assert_eq!(transcript.stdout, "half");
    assert_eq!(
        lost(&transcript.end),
        "the host closed the channel without an exit status"
    );
}

#[tokio::test]
async fn a_signal_is_not_a_code() {
    let transcript = hears(|channel, handle| async move {
        let (id, none) = (channel.id(), String::new);
        handle
            .exit_signal_request(id, Sig::SEGV, true, none(), none())
            .await
            .unwrap();
        channel.close().await.unwrap();
    })
    .await;
    assert_eq!(
        transcript.end,
        Output::Exit(ExitStatus::Signal("SEGV".to_owned()))
    );
}

/// 1.4.5: Eof before the status (OpenSSH), data after it (others).
#[tokio::test]
async fn a_status_may_come_before_the_output_ends() {
    let transcript = hears(|channel, _| async move {
        channel.exit_status(4).await.unwrap();
        channel.data_bytes(&b"late "[..]).await.unwrap();
        channel.extended_data_bytes(1, &b"complaint"[..]).await.unwrap();
        channel.extended_data_bytes(7, &b"nonsense"[..]).await.unwrap();
        channel.data_bytes(&b"words"[..]).await.unwrap();
        channel.close().await.unwrap();
    })
    .await;
    let expected = Transcript {
        stdout: "late words".to_owned(),
        stderr: "complaint".to_owned(),
        end: exited(4),
    };
    assert_eq!(transcript, expected);
}

#[tokio::test]
async fn a_status_without_the_end_of_output_is_lost() {
    let transcript = hears(|channel, handle| async move {
        channel.exit_status(0).await.unwrap();
        let reason = russh::Disconnect::ByApplication;
        handle
            .disconnect(reason, "rebooting\u{1b}[2J".to_owned(), String::new())
            .await
            .unwrap();
    })
    .await;
    assert_eq!(lost(&transcript.end), "the host disconnected: rebooting\u{1b}[2J");
}

/// Channels a host opens towards us would reach our network, our agent, our display. russh accepts them by itself.
#[tokio::test]
async fn a_host_may_open_no_channel() {
    let transcript = hears(|channel, handle| async move {
        let name = || "x".to_owned();
        let opened = [
            handle.channel_open_session().await.is_ok(),
            handle.channel_open_agent().await.is_ok(),
            handle.channel_open_x11(name(), 1).await.is_ok(),
            handle
                .channel_open_direct_tcpip(name(), 1, name(), 1)
                .await
                .is_ok(),
            handle.channel_open_direct_streamlocal(name()).await.is_ok(),
            handle
                .channel_open_forwarded_tcpip(name(), 1, name(), 1)
                .await
                .is_ok(),
            handle.channel_open_forwarded_streamlocal(name()).await.is_ok(),
        ];
        channel
            .data_bytes(format!("{opened:?}").into_bytes())
            .await
            .unwrap();
        channel.exit_status(0).await.unwrap();
        channel.close().await.unwrap();
    })
    .await;
    assert_eq!(transcript.stdout, format!("{:?}", [false; 7]));
}

/// 1.4.6 and 1.4.7: dropping closes the channel, and the program hears of it by the end of its stdin.
#[tokio::test]
async fn a_dropped_program_hears_the_end_of_its_input() {
    let host = TestHost::start().await;
    let mut session = connect(host.connection()).await;
    let mut first = run(
        &mut *session,
        "main() { echo on; cat >/dev/null; echo done >done; }; main\n",
    )
    .await;
    assert!(within(first.next()).await.is_some());
    drop(first);
    let wait = "until test -e done; do sleep 0.01; done; exit 0\n";
    assert_eq!(finish(&mut *run(&mut *session, wait).await).await.end, exited(0));
    within(session.close()).await;
}

/// A program outlives its connection (design.md, law 5): only its input ends.
#[tokio::test]
async fn a_dropped_session_ends_its_programs_as_lost() {
    let host = TestHost::start().await;
    let mut session = connect(host.connection()).await;
    let mut running = run(
        &mut *session,
        "main() { echo on; cat >/dev/null; echo done >done; }; main\n",
    )
    .await;
    assert!(within(running.next()).await.is_some());
    drop(session);
    lost(&finish(&mut *running).await.end);
    let mut session = connect(host.connection()).await;
    let wait = "until test -e done; do sleep 0.01; done; exit 0\n";
    assert_eq!(finish(&mut *run(&mut *session, wait).await).await.end, exited(0));
}

#[tokio::test]
async fn a_black_hole_is_noticed_by_keepalives() {
    let host = TestHost::start().await;
    let fault = Fault {
        hole_after: Some(3000),
        ..Fault::default()
    };
    let proxy = Proxy::start(host.server.port(), fault).await;
    let mut connection = through(&proxy, host.connection());
    connection.keepalive = Duration::from_millis(50);
    let mut session = connect(connection).await;
    let mut running = run(&mut *session, "yes\n").await;
    assert_eq!(
        lost(&finish(&mut *running).await.end),
        "the host answered none of three keepalives"
    );
    within(session.close()).await;
}

/// While russh writes it looks at no timer of its own.
#[tokio::test]
async fn a_host_that_takes_nothing_is_given_up() {
    let mut manners = Manners::exec(|channel, _| async move {
        let (mut reader, _writer) = channel.split();
        while reader.wait().await.is_some() {}
    });
    manners.config = |config| config.window_size = 64 << 20;
    let server = ScriptedServer::start(manners).await;
    let fault = Fault {
        deaf_after: Some(100 << 10),
        ..Fault::default()
    };
    let proxy = Proxy::start(server.port, fault).await;
    let mut connection = through(&proxy, server.connection());
    connection.connect_timeout = Duration::from_secs(1);
    connection.keepalive = Duration::from_millis(250);
    let mut session = connect(connection).await;
    let mut running = run(&mut *session, vec![b'\n'; 32 << 20]).await;
    let transcript = finish(&mut *running).await;
    assert_eq!(lost(&transcript.end), "the host took no data for 1 s");
    within(session.close()).await;
}

#[tokio::test]
async fn keys_are_exchanged_anew_in_the_middle_of_a_transfer() {
    let mut manners = Manners::exec(|channel, _| async move {
        let (mut reader, writer) = channel.split();
        let mut bytes = 0;
        while bytes < 3 << 20 {
            match reader.wait().await {
                Some(ChannelMsg::Data { data }) => bytes += data.len(),
                Some(_) => {}
                None => return,
            }
        }
        writer.data_bytes(vec![b'x'; 3 << 20]).await.unwrap();
        writer.exit_status(0).await.unwrap();
        writer.close().await.unwrap();
    });
    manners.config = |config| {
        config.limits.rekey_write_limit = 1 << 20;
        config.limits.rekey_read_limit = 1 << 20;
    };
    let server = ScriptedServer::start(manners).await;
    let mut session = connect(server.connection()).await;
    let mut running = run(&mut *session, vec![b'y'; 3 << 20]).await;
    let transcript = finish(&mut *running).await;
    assert_eq!((transcript.stdout.len(), transcript.end), (3 << 20, exited(0)));
    within(session.close()).await;
}

/// Cut in many places, a run ends as lost or complete, never as a success with half its output.
#[tokio::test]
async fn a_connection_cut_in_the_middle_of_a_run_is_lost() {
    let host = TestHost::start().await;
    for cut in (2300..9000).step_by(373) {
        for (up, down) in [(Some(cut), None), (None, Some(cut))] {
            let fault = Fault {
                cut_up: up,
                cut_down: down,
                ..Fault::default()
            };
            let proxy = Proxy::start(host.server.port(), fault).await;
            let connection = through(&proxy, host.connection());
            let Ok(mut session) = within(Ssh::new().connect(&self::host(connection))).await else {
                continue;
            };
            let mut program = b"main() { printf '%04096d' 0; exit 0; }\n".to_vec();
            program.resize(4096, b'\n');
            program.extend(b"main </dev/null\n");
            if let Ok(mut running) = within(session.run(program)).await {
                let transcript = finish(&mut *running).await;
                match transcript.end {
                    Output::Exit(ExitStatus::Code(0)) => {
                        assert_eq!(transcript.stdout.len(), 4096, "{fault:?}");
                    }
                    Output::Lost { .. } => {}
                    other => panic!("{fault:?}: {other:?}"),
                }
            }
            within(session.close()).await;
        }
    }
}

// 1.4.3 (tarpits) and 1.4.4 (silence in authentication and opening): tests/transport/unreachable.rs.
// 1.4.8 (`Handle::data` ignores the window): it is not called; all writing goes through a channel's own half.
// 1.4.9 (the handler runs inside the loop): what it decides by was read before; see `Expectation::decide`.
// 1.4.10 (a second of waiting for RSA hashes): tests/transport/identity.rs.
