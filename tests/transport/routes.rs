//! Ways to a host: bastions, chains of them, and commands.

use std::sync::Arc;
use std::time::Duration;

use provision::event::Unreachable;
use provision::inventory::{AddressFamily, AlgorithmList, Algorithms, Connection, Route};
use provision::transport::ssh::Ssh;
use provision::transport::{Output, Session, Transport};
use tokio::task::JoinSet;

use super::{exited, finish, within};
use crate::kit::bastion::TestBastion;
use crate::kit::host::{TestHost, host};
use crate::kit::ssh_server::RawServer;
use crate::kit::sshd::Sshd;

/// What `program` writes in a session.
async fn said(session: &mut dyn Session, program: &str) -> String {
    let program = format!("{program}exit 0\n").into_bytes();
    let mut running = within(session.run(program)).await.unwrap();
    let finished = finish(&mut *running).await;
    assert_eq!(finished.end, exited(0));
    finished.stdout
}

/// What `program` writes there.
async fn told(ssh: &Ssh, connection: Connection, program: &str) -> String {
    let mut session = within(ssh.connect(&host(connection))).await.unwrap();
    let told = said(&mut *session, program).await;
    within(session.close()).await;
    told
}

async fn refused(connection: Connection) -> Unreachable {
    within(Ssh::new().connect(&host(connection))).await.err().unwrap()
}

#[tokio::test]
async fn fifty_hosts_share_one_connection_to_their_bastion() {
    let target = TestHost::start().await;
    let bastion = TestBastion::start(&[("only-it-knows", target.server.port())]).await;
    let ssh = Arc::new(Ssh::new());
    let mut all = JoinSet::new();
    for _ in 0..50 {
        let mut connection = bastion.before("only-it-knows", target.connection());
        // Fifty handshakes at once are much for a small machine with other work.
        connection.connect_timeout = Duration::from_secs(120);
        let ssh = Arc::clone(&ssh);
        all.spawn(async move { ssh.connect(&host(connection)).await.unwrap() });
    }
    let all = tokio::time::timeout(Duration::from_secs(240), all.join_all());
    for (number, mut session) in all.await.unwrap().into_iter().enumerate() {
        assert_eq!(
            said(&mut *session, &format!("echo {number}\n")).await,
            format!("{number}\n")
        );
    }
    assert_eq!(bastion.connections(), 1);
}

#[tokio::test]
async fn bastions_stand_behind_bastions() {
    let target = TestHost::start().await;
    let inner = TestBastion::start(&[("target", target.server.port())]).await;
    let outer = TestBastion::start(&[("inner", inner.port)]).await;
    let mut connection = inner.before("target", target.connection());
    connection.route = Route::Jump(Arc::new(outer.before("inner", inner.connection())));
    let ssh = Ssh::new();
    assert_eq!(
        told(&ssh, connection.clone(), "echo through two\n").await,
        "through two\n"
    );
    // A second host goes the same way, by connections that are there.
    assert_eq!(told(&ssh, connection, "echo again\n").await, "again\n");
    assert_eq!((outer.connections(), inner.connections()), (1, 1));
}

#[tokio::test]
async fn a_host_that_nobody_listens_to_does_not_hold_up_its_neighbours() {
    let target = TestHost::start().await;
    let bastion = TestBastion::start(&[("target", target.server.port())]).await;
    let ssh = Ssh::new();
    let connection = || bastion.before("target", target.connection());
    let mut slow = within(ssh.connect(&host(connection()))).await.unwrap();
    // Far more than any window, and nobody reads it.
    let flood = "while :; do echo 0123456789012345678901234567890123456789012345678901234567890123; done\n";
    let mut flooding = within(slow.run(flood.into())).await.unwrap();
    let Some(Output::Stdout(_)) = within(flooding.next()).await else {
        panic!("it does not write");
    };
    // Many round trips beside it, each of which would stop where the bastion's connection does.
    for number in 0..20 {
        assert_eq!(
            told(&ssh, connection(), &format!("echo {number}\n")).await,
            format!("{number}\n")
        );
    }
    // What was held for it is there still.
    for _ in 0..100 {
        assert!(matches!(within(flooding.next()).await, Some(Output::Stdout(_))));
    }
    assert_eq!(bastion.connections(), 1);
}

#[tokio::test]
async fn a_bastion_that_ended_is_connected_to_again() {
    let target = TestHost::start().await;
    let ssh = Ssh::new();
    let bastion = TestBastion::start(&[("target", target.server.port())]).await;
    let proxy = crate::kit::proxy::Proxy::start(
        bastion.port,
        crate::kit::proxy::Fault {
            cut_down: Some(6_000),
            ..Default::default()
        },
    )
    .await;
    let mut connection = bastion.before("target", target.connection());
    let mut hop = bastion.connection();
    hop.host_key_alias = Some(format!("[127.0.0.1]:{}", hop.port));
    hop.port = proxy.port;
    connection.route = Route::Jump(Arc::new(hop));
    // The connection through the proxy is cut once much has come over it; whoever comes later finds another.
    let mut reached = 0;
    for _ in 0..20 {
        if let Ok(session) = within(ssh.connect(&host(connection.clone()))).await {
            reached += 1;
            within(session.close()).await;
        }
    }
    assert!(bastion.connections() > 1, "it was cut");
    assert!(reached > 5, "only {reached} were reached");
}

#[tokio::test]
async fn a_failure_names_the_hop_it_happened_at() {
    let target = TestHost::start().await;
    let bastion = TestBastion::start(&[("target", target.server.port()), ("dead", 1)]).await;
    // The bastion does not know the name.
    let unknown = refused(bastion.before("elsewhere", target.connection())).await;
    let Unreachable::Connect { address, detail } = unknown else {
        panic!("{unknown:?}");
    };
    let from = format!(
        "elsewhere:{} from tester@127.0.0.1:{}",
        target.server.port(),
        bastion.port
    );
    assert_eq!(address, from);
    assert!(!detail.is_empty());
    // The bastion itself is not there, not trusted, or takes no key of ours.
    let behind = |hop: Connection| {
        let mut connection = bastion.before("target", target.connection());
        connection.route = Route::Jump(Arc::new(hop));
        refused(connection)
    };
    let mut gone = bastion.connection();
    gone.port = 1;
    let cause = behind(gone).await;
    assert!(
        matches!(&cause, Unreachable::Hop { hop, why } if hop == "tester@127.0.0.1:1" && matches!(**why, Unreachable::Connect { .. })),
        "{cause:?}"
    );
    let mut stranger = bastion.connection();
    stranger.known_hosts.clear();
    let cause = behind(stranger).await;
    assert!(
        matches!(&cause, Unreachable::Hop { why, .. } if matches!(**why, Unreachable::HostKeyUnknown { .. })),
        "{cause:?}"
    );
    // The first hop of two is named, not the second.
    let mut far = bastion.connection();
    let mut nowhere = bastion.connection();
    nowhere.port = 1;
    far.route = Route::Jump(Arc::new(nowhere));
    let cause = behind(far).await;
    assert!(
        matches!(&cause, Unreachable::Hop { hop, .. } if hop == "tester@127.0.0.1:1"),
        "{cause:?}"
    );
}

#[tokio::test]
async fn a_bastion_sees_no_key_of_a_host_that_is_not_the_right_one() {
    let target = TestHost::start().await;
    let bastion = TestBastion::start(&[("target", target.server.port())]).await;
    let mut connection = bastion.before("target", target.connection());
    connection.host_key_alias = None;
    // Known under its own name only, which is not the one asked for now.
    assert!(
        matches!(refused(connection).await, Unreachable::HostKeyUnknown { name, .. } if name.contains("target"))
    );
}

/// A command that passes bytes on to a port, by nothing but bash.
fn through_bash(port: u16, first: &str) -> Route {
    Route::Command(format!(
        "bash -c '{first}exec 3<>/dev/tcp/127.0.0.1/{port}; cat <&3 & cat >&3; wait'"
    ))
}

#[tokio::test]
async fn a_command_can_be_the_way_and_ends_with_it() {
    let target = TestHost::start().await;
    let mark = target.path("pid");
    let mut connection = target.connection();
    connection.route = through_bash(connection.port, &format!("echo $$ >{}; ", mark.display()));
    let ssh = Ssh::new();
    assert_eq!(told(&ssh, connection, "echo over bash\n").await, "over bash\n");
    let pid = std::fs::read_to_string(mark).unwrap();
    let alive = || std::path::Path::new(&format!("/proc/{}", pid.trim())).exists();
    within(async {
        while alive() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_command_complains_of_is_told() {
    let target = TestHost::start().await;
    let with = |command: &str| {
        let mut connection = target.connection();
        connection.route = Route::Command(command.to_owned());
        refused(connection)
    };
    for (command, expected) in [
        ("sh -c 'echo no proxy today >&2; exit 1'", "no proxy today"),
        ("/nonexistent/command", "nonexistent/command"),
        // Its stdout is closed before it speaks.
        (
            "sh -c 'exec >&-; sleep 0.2; echo no proxy today >&2'",
            "no proxy today",
        ),
    ] {
        let cause = with(command).await;
        let Unreachable::ProxyCommand {
            command: shown,
            detail,
        } = &cause
        else {
            panic!("{cause:?}");
        };
        assert_eq!(shown, command);
        assert!(detail.contains(expected), "{detail}");
    }
    // One that says nothing at all is waited for no longer than a host would be.
    let mut silent = target.connection();
    silent.route = Route::Command("sleep 600".to_owned());
    silent.connect_timeout = Duration::from_millis(300);
    assert!(matches!(refused(silent).await, Unreachable::Timeout { .. }));
}

#[tokio::test]
async fn what_ssh_config_says_of_a_connection_is_done() {
    let target = TestHost::start().await;
    let with = |change: fn(&mut Connection)| {
        let mut connection = target.connection();
        change(&mut connection);
        connection
    };
    let ssh = Ssh::new();
    told(
        &ssh,
        with(|it| it.bind_address = Some("127.0.0.1".to_owned())),
        "echo x\n",
    )
    .await;
    told(
        &ssh,
        with(|it| it.address_family = AddressFamily::Inet),
        "echo x\n",
    )
    .await;
    let cause = refused(with(|it| it.address_family = AddressFamily::Inet6)).await;
    assert!(matches!(cause, Unreachable::Resolve { .. }), "{cause:?}");
    let cause = refused(with(|it| it.bind_address = Some("192.0.2.1".to_owned()))).await;
    assert!(matches!(cause, Unreachable::Connect { .. }), "{cause:?}");
    let algorithms = |ciphers: &str| {
        let mut connection = target.connection();
        let ciphers = Some(AlgorithmList::parse(ciphers));
        connection.algorithms = Arc::new(Algorithms {
            ciphers,
            ..Algorithms::default()
        });
        connection
    };
    told(&ssh, algorithms("aes256-ctr"), "echo x\n").await;
    let cause = refused(algorithms("nobody-has-this")).await;
    assert!(
        matches!(&cause, Unreachable::Protocol { detail, .. } if detail.contains("Ciphers")),
        "{cause:?}"
    );
}

#[tokio::test]
async fn connecting_is_tried_as_often_as_somebody_wants() {
    let server = RawServer::says(b"not SSH\r\n").await;
    let mut connection = server.connection();
    connection.port = 1;
    connection.connection_attempts = 2;
    let began = tokio::time::Instant::now();
    refused(connection).await;
    assert!(
        began.elapsed() >= Duration::from_secs(1),
        "there is a second between attempts"
    );
}

#[tokio::test]
async fn openssh_servers_are_bastions_too_one_behind_the_other() {
    // It lets in two at a time that have not logged in, and no third.
    let Some(outer) = Sshd::start("MaxStartups 2:100:3").await else {
        return;
    };
    let inner = Sshd::start("MaxStartups 2:100:3").await.unwrap();
    let target = Sshd::start("MaxStartups 200:30:400").await.unwrap();
    let mut hop = inner.connection();
    hop.route = Route::Jump(Arc::new(outer.connection()));
    let hop = Arc::new(hop);
    let ssh = Arc::new(Ssh::new());
    let mut all = JoinSet::new();
    for _ in 0..50 {
        let mut connection = target.connection();
        connection.connect_timeout = Duration::from_secs(120);
        connection.route = Route::Jump(Arc::clone(&hop));
        let ssh = Arc::clone(&ssh);
        all.spawn(async move { ssh.connect(&host(connection)).await.unwrap() });
    }
    let all = tokio::time::timeout(Duration::from_secs(240), all.join_all());
    for mut session in all.await.unwrap() {
        assert_eq!(said(&mut *session, "echo there\n").await, "there\n");
    }
    for (bastion, name) in [(outer, "outer"), (inner, "inner")] {
        let logins = bastion.log().matches("Accepted publickey").count();
        assert_eq!(logins, 1, "{name}: {}", bastion.log());
    }
}
