//! Hosts that go against the protocol, or to its edges: numbers at their ends, words without end, windows ignored.

use provision::event::{ConnectPhase, Unreachable};
use provision::inventory::HostKeyPolicy;
use provision::transport::ssh::Ssh;
use provision::transport::{ExitStatus, Output, Transport};
use russh::server::Handle;
use russh::{ChannelMsg, Disconnect, Sig};

use super::{exited, finish, held_back, most_memory, within};
use crate::kit::binary::Folder;
use crate::kit::host::{TestHost, host};
use crate::kit::proxy::{Fault, Proxy};
use crate::kit::ssh_server::{Manners, ScriptedServer};

async fn ends(manners: Manners, program: Vec<u8>) -> super::Transcript {
    let server = ScriptedServer::start(manners).await;
    let mut session = within(Ssh::new().connect(&host(server.connection())))
        .await
        .unwrap();
    let mut running = within(session.run(program)).await.unwrap();
    let transcript = finish(&mut *running).await;
    within(session.close()).await;
    transcript
}

/// Text for people before they log in (RFC 4252, section 5.4): as long as a packet can be, and with escapes.
#[tokio::test]
async fn a_banner_is_no_output() {
    let mut manners = Manners::good();
    manners.banner = Some("\u{1b}]0;owned\u{7} welcome \r\n".repeat(8000));
    let transcript = ends(manners, Vec::new()).await;
    assert_eq!((transcript.stdout.as_str(), transcript.stderr.as_str()), ("", ""));
    assert_eq!(transcript.end, exited(0));
}

#[tokio::test]
async fn a_goodbye_without_end_is_cut() {
    let manners = Manners::exec(|_channel, handle| async move {
        let words = "all is lost ".repeat(10_000);
        let _ = handle
            .disconnect(Disconnect::ByApplication, words, String::new())
            .await;
    });
    let Output::Lost { detail } = ends(manners, Vec::new()).await.end else {
        panic!("it is lost");
    };
    assert!(
        detail.starts_with("the host disconnected: all is lost"),
        "{detail}"
    );
    assert!(detail.len() < 1000, "{} bytes", detail.len());
}

#[tokio::test]
async fn statuses_at_the_ends_of_their_range_are_what_they_are() {
    for code in [0, 255, 256, u32::MAX] {
        let manners = Manners::exec(move |channel, _| async move {
            channel.exit_status(code).await.unwrap();
            channel.close().await.unwrap();
        });
        assert_eq!(ends(manners, Vec::new()).await.end, exited(code));
    }
}

/// A status that is said twice, a signal of nobody's: never more of a success than the last word.
#[tokio::test]
async fn a_signal_after_a_status_is_how_it_ended() {
    let manners = Manners::exec(|channel, handle: Handle| async move {
        channel.exit_status(0).await.unwrap();
        let signal = Sig::Custom("\u{1b}[2Jodd".to_owned());
        let none = String::new;
        handle
            .exit_signal_request(channel.id(), signal, false, none(), none())
            .await
            .unwrap();
        channel.close().await.unwrap();
    });
    let end = ends(manners, Vec::new()).await.end;
    assert_eq!(end, Output::Exit(ExitStatus::Signal("\u{1b}[2Jodd".to_owned())));
}

#[tokio::test]
async fn output_after_its_end_is_taken_or_not_and_ends_nothing() {
    let manners = Manners::exec(|channel, handle: Handle| async move {
        channel.data_bytes(&b"before"[..]).await.unwrap();
        channel.eof().await.unwrap();
        let _ = handle.data(channel.id(), &b" after"[..]).await;
        channel.exit_status(5).await.unwrap();
        channel.close().await.unwrap();
    });
    let transcript = ends(manners, Vec::new()).await;
    assert!(transcript.stdout.starts_with("before"), "{transcript:?}");
    assert_eq!(transcript.end, exited(5));
}

/// Packets of one byte are slow, and enough; a host that takes packets of none takes nothing, and is told of.
#[tokio::test]
async fn packets_of_next_to_nothing_carry_a_program() {
    let mut manners = Manners::exec(|mut channel, _| async move {
        let mut bytes = 0;
        while bytes < 1000 {
            match channel.wait().await {
                Some(ChannelMsg::Data { data }) => {
                    assert_eq!(data.len(), 1);
                    bytes += 1;
                }
                Some(_) => {}
                None => return,
            }
        }
        channel.exit_status(0).await.unwrap();
        channel.close().await.unwrap();
    });
    manners.config = |config| config.maximum_packet_size = 1;
    assert_eq!(ends(manners, vec![b'\n'; 1000]).await.end, exited(0));
}

#[tokio::test]
async fn packets_of_nothing_open_no_session() {
    let mut manners = Manners::good();
    manners.config = |config| config.maximum_packet_size = 0;
    let server = ScriptedServer::start(manners).await;
    let mut session = within(Ssh::new().connect(&host(server.connection())))
        .await
        .unwrap();
    let cause = within(session.run(vec![b'\n'; 1000])).await.err();
    let expected = Unreachable::Protocol {
        phase: ConnectPhase::Session,
        detail: "the host broke the protocol".to_owned(),
    };
    assert_eq!(cause, Some(expected));
    within(session.close()).await;
}

/// A host that sends more than it was allowed to: what nobody reads still waits outside.
#[tokio::test]
async fn output_beyond_the_window_is_held_back() {
    let manners = Manners::exec(|channel, handle: Handle| async move {
        // As long as the connection takes it; this way of russh looks at no window.
        while handle.data(channel.id(), vec![b'x'; 32 << 10]).await.is_ok() {}
    });
    let server = ScriptedServer::start(manners).await;
    let proxy = Proxy::start(server.port, Fault::default()).await;
    let mut connection = server.connection();
    connection.port = proxy.port;
    connection.host_key_policy = HostKeyPolicy::AcceptNew;
    connection.known_hosts = vec![server.dir.path().join("new")];
    let mut session = within(Ssh::new().connect(&host(connection))).await.unwrap();
    let mut running = within(session.run(Vec::new())).await.unwrap();
    assert!(matches!(within(running.next()).await, Some(Output::Stdout(_))));
    let before = held_back(&proxy).await;
    assert!(before < 32 << 20, "{before} bytes were taken unread");
    drop(running);
    within(session.close()).await;
}

#[tokio::test]
async fn a_host_that_closes_the_channel_at_once_is_lost() {
    let manners = Manners::exec(|channel, _| async move { channel.close().await.unwrap() });
    let end = ends(manners, vec![b'\n'; 1 << 20]).await.end;
    assert!(
        matches!(&end, Output::Lost { detail } if detail.contains("without an exit status")),
        "{end:?}"
    );
    let manners = Manners::exec(|channel, handle: Handle| async move {
        // The command was not wanted: said to nobody, for no reply is asked for.
        handle.channel_failure(channel.id()).await.unwrap();
        channel.close().await.unwrap();
    });
    let end = ends(manners, Vec::new()).await.end;
    assert!(matches!(end, Output::Lost { .. }), "{end:?}");
}

/// A third of a gigabyte of output, all of it read, and next to none of it kept.
#[test]
fn output_without_end_takes_no_memory() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let target = runtime.block_on(TestHost::start());
    let folder = Folder::new();
    folder.write(
        "inventory.toml",
        &format!(
            "[hosts.flood]\naddress = \"127.0.0.1:{}\"\nuser = \"tester\"\nidentity_file = \"{}\"\nknown_hosts = \"{}\"\n",
            target.server.port(),
            target.path("id").display(),
            target.path("known_hosts").display()
        ),
    );
    let measured = |command_line: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_provision"));
        command
            .arg("run")
            .arg("--hosts")
            .arg(folder.path("inventory.toml"));
        most_memory(command.args([
            "--ssh-config",
            "none",
            "--output",
            "ndjson",
            "--no-record",
            "--",
            command_line,
        ]))
    };
    let (code, little) = measured("head -c 1000 /dev/zero");
    assert_eq!(code, Some(0));
    let (code, much) = measured("head -c 350000000 /dev/zero");
    assert_eq!(code, Some(0));
    println!("most memory: {little} KiB for 1 kB of output, {much} KiB for 350 MB");
    assert!(
        much < little + (64 << 10),
        "{little} KiB for little output, {much} KiB for much"
    );
}
