//! Hosts that say too much: packets without end before, in and after the login. Each ends in time and with a cause;
//! none takes memory.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use provision::event::{ConnectPhase, Unreachable};
use provision::inventory::Connection;
use provision::script::Secret;
use provision::transport::ssh::Ssh;
use tokio::sync::Semaphore;

use super::hostile::{Act, ESCAPES, Leads, Moment, act, gets, led, server, until};
use super::most_memory;
use crate::kit::binary::Folder;
use crate::kit::packets::Cipher;
use crate::kit::payload::{Payload, message};

/// How long a phase may take here.
const SHORT: Duration = Duration::from_secs(2);

fn short(mut connection: Connection) -> Connection {
    connection.connect_timeout = SHORT;
    connection
}

/// The same payload without end.
fn storm(moment: Moment, payload: Payload) -> Act {
    act(move |mut packets, _| {
        let payload = payload.0.clone();
        async move {
            if until(moment, &mut packets).await.is_some() {
                packets.flood(|_| payload.clone()).await;
            }
        }
    })
}

fn endless() -> Vec<(&'static str, Act, Leads)> {
    use ConnectPhase::{Authenticate, Session};
    use Moment::{Exchanged, LetIn, Offering};
    let text = |message: u8, text: &str| Payload::new(message).string(text).string("");
    let debug = Payload::new(message::DEBUG).byte(1).string(ESCAPES).string("");
    let ignore = || Payload::new(message::IGNORE).string([b'x'; 1000]);
    let failure = |partial| {
        Payload::new(message::USERAUTH_FAILURE)
            .string("publickey,password")
            .byte(partial)
    };
    let extension = Payload::new(message::EXT_INFO).number(1).string("x").string("y");
    let global = |name| Payload::new(message::GLOBAL_REQUEST).string(name).byte(1);
    let open = Payload::new(message::CHANNEL_OPEN)
        .string("session")
        .number(1)
        .number(1)
        .number(1);
    let data = Payload::new(message::CHANNEL_DATA)
        .number(77)
        .string([b'x'; 1000]);
    vec![
        (
            "banners",
            storm(Offering, text(message::USERAUTH_BANNER, ESCAPES)),
            Leads::Late(Authenticate),
        ),
        (
            "huge banners",
            storm(Offering, text(message::USERAUTH_BANNER, &ESCAPES.repeat(13_000))),
            Leads::Late(Authenticate),
        ),
        ("ignore", storm(Exchanged, ignore()), Leads::Late(Authenticate)),
        ("debug", storm(Offering, debug), Leads::Late(Authenticate)),
        ("failures", storm(Offering, failure(0)), Leads::Denied),
        ("partial", storm(Offering, failure(1)), Leads::Denied),
        (
            "keys taken",
            storm(
                Offering,
                Payload::new(message::USERAUTH_INFO_REQUEST)
                    .string("ssh-ed25519")
                    .string("key"),
            ),
            Leads::Late(Authenticate),
        ),
        (
            "extensions",
            storm(Exchanged, extension),
            Leads::Broken(Authenticate),
        ),
        (
            "early requests",
            storm(Offering, global("keepalive@openssh.com")),
            Leads::Broken(Authenticate),
        ),
        ("late ignore", storm(LetIn, ignore()), Leads::Late(Session)),
        (
            "late requests",
            storm(LetIn, global("keepalive@openssh.com")),
            Leads::Late(Session),
        ),
        (
            "late unknown requests",
            storm(LetIn, global(ESCAPES)),
            Leads::Late(Session),
        ),
        ("channels", storm(LetIn, open), Leads::Late(Session)),
        ("data for nobody", storm(LetIn, data), Leads::Late(Session)),
        (
            "exchanges",
            act(|mut packets, key| async move { while packets.exchange(&key).await.is_some() {} }),
            Leads::Late(Authenticate),
        ),
        (
            "late exchanges",
            act(|mut packets, key| async move {
                let _ = until(LetIn, &mut packets).await;
                while packets.exchange(&key).await.is_some() {}
            }),
            Leads::Late(Session),
        ),
        (
            "beginnings of exchanges",
            act(|mut packets, _| async move {
                let begin = packets.kexinit().0;
                packets.flood(|_| begin.clone()).await;
            }),
            Leads::Broken(Authenticate),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn storms_end_in_time_and_with_a_cause() {
    let mut tasks = tokio::task::JoinSet::new();
    let places = Arc::new(Semaphore::new(3));
    for (name, act, leads) in endless() {
        let places = Arc::clone(&places);
        tasks.spawn(async move {
            let _place = places.acquire().await;
            let server = server(Cipher::Chacha20, act).await;
            let mut came = Leads::Denied;
            // A machine as busy as this may take one of them for late before it is its turn.
            for _ in 0..3 {
                came = led(gets(&Ssh::new(), short(server.connection())).await);
                if came == leads || !matches!(came, Leads::Late(_)) {
                    break;
                }
            }
            assert_eq!(came, leads, "{name}");
        });
    }
    tasks.join_all().await;
}

/// All of them at once, and a process that keeps nothing of what they say.
#[test]
fn storms_take_no_memory() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = Folder::new();
    let mut inventory = "[defaults]\nuser = \"tester\"\nconnect_timeout = \"2s\"\n".to_owned();
    let mut servers = Vec::new();
    for (number, (_, act, _)) in endless().into_iter().enumerate() {
        let server = runtime.block_on(server(Cipher::Aes256Gcm, act));
        inventory += &format!(
            "[hosts.storm{number}]\naddress = \"127.0.0.1:{}\"\nidentity_file = \"{}\"\nknown_hosts = \"{}\"\n",
            server.port,
            server.dir.path().join("id").display(),
            server.dir.path().join("known_hosts").display(),
        );
        servers.push(server);
    }
    folder.write("inventory.toml", &inventory);
    let run = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_provision"));
        command
            .arg("run")
            .arg("--hosts")
            .arg(folder.path("inventory.toml"));
        command.args(["--ssh-config", "none", "--no-record", "--output", "ndjson"]);
        most_memory(command.args(more).args(["--", "true"]))
    };
    let (code, much) = run(&[]);
    assert_eq!(code, Some(3), "no host is reached");
    servers.clear();
    runtime.shutdown_background();
    let (code, little) = run(&[]);
    assert_eq!(code, Some(3), "no host is there");
    println!("most memory: {little} KiB for hosts that are not there, {much} KiB for as many storms");
    assert!(
        much < little + (64 << 10),
        "{little} KiB without storms, {much} KiB in them"
    );
}

/// Asked without end, a client that knows a password answers a few times and says so.
#[tokio::test]
async fn questions_without_end_are_left_unanswered() {
    let act = act(|mut packets, _| async move {
        let _ = packets.serve().await;
        let methods = Payload::new(message::USERAUTH_FAILURE)
            .string("keyboard-interactive")
            .byte(0);
        let _ = packets.send(&methods.0).await;
        let _ = packets.receive_only(message::USERAUTH_REQUEST).await;
        let text = Payload::new(message::USERAUTH_INFO_REQUEST)
            .string(ESCAPES)
            .string(ESCAPES);
        let nothing = text.string("").number(0).0;
        packets.flood(|_| nothing.clone()).await;
    });
    let server = server(Cipher::Chacha20, act).await;
    let mut connection = server.connection();
    connection.identity_files = Vec::new();
    connection.password = Some(Secret::new("unsaid"));
    let Err(Unreachable::Denied { tried, .. }) = gets(&Ssh::new(), connection).await else {
        panic!("nobody is let in");
    };
    assert_eq!(tried, ["keyboard-interactive: it goes on asking"]);
}
