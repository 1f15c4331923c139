//! Round trips are a watched number: they, not bytes, are what a far host costs.

use std::time::{Duration, Instant};

use provision::inventory::Connection;
use provision::transport::ssh::Ssh;
use provision::transport::{Output, Transport};

use super::{exited, finish, within};
use crate::kit::host::{TestHost, host};
use crate::kit::proxy::{Fault, Proxy};
use crate::kit::sshd::Sshd;

const DELAY: Duration = Duration::from_millis(50);

/// A program of about `size` bytes that changes nothing.
fn program(size: usize) -> Vec<u8> {
    let mut program = b"main() {\n".to_vec();
    while program.len() < size {
        program.extend(b": one line of a program that has nothing to do\n");
    }
    program.extend(b"echo end\n}; main </dev/null; exit\n");
    program
}

/// Connects, runs and closes through a proxy; the round trips counted, and those the clock shows.
async fn count(connection: Connection, program: Vec<u8>) -> (u64, f64) {
    count_halves(connection, program, None).await
}

/// The same, with a second half behind the first word of the first.
async fn count_halves(mut connection: Connection, program: Vec<u8>, more: Option<Vec<u8>>) -> (u64, f64) {
    let delay = DELAY;
    let fault = Fault {
        delay,
        ..Fault::default()
    };
    let direct = connection.port;
    let proxy = Proxy::start(direct, fault).await;
    let known = std::fs::read_to_string(&connection.known_hosts[0]).unwrap();
    let through = known.replace(&format!(":{direct}"), &format!(":{}", proxy.port));
    std::fs::write(&connection.known_hosts[0], format!("{known}\n{through}")).unwrap();
    connection.port = proxy.port;
    let start = Instant::now();
    let ssh = Ssh::new();
    let mut session = within(ssh.connect(&host(connection))).await.unwrap();
    let mut running = within(session.run(program)).await.unwrap();
    if let Some(more) = more {
        let said = within(running.next()).await;
        assert_eq!(said, Some(Output::Stdout(b"end\n".to_vec())));
        within(running.send(more.into())).await;
    }
    let transcript = finish(&mut *running).await;
    assert_eq!(transcript.end, exited(0), "{transcript:?}");
    let took = start.elapsed();
    within(session.close()).await;
    // The proxy accepts at once, so the clock misses the round trip TCP takes.
    (
        proxy.round_trips(),
        1.0 + took.as_secs_f64() / (2.0 * delay.as_secs_f64()),
    )
}

const SIZES: [(&str, usize); 2] = [("1 KiB", 1 << 10), ("200 KiB", 200 << 10)];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_costs_the_handshake_and_one_round_trip() {
    let host = TestHost::start().await;
    // An embedded host opens its window at once.
    for (name, size) in SIZES {
        let (counted, timed) = count(host.connection(), program(size)).await;
        println!("embedded, {name}: {counted} round trips, {timed:.1} by the clock");
        assert_eq!(counted, 8);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_openssh_a_program_costs_nine() {
    let Some(sshd) = Sshd::start("").await else { return };
    let (counted, timed) = count(sshd.connection(), b"exit 0\n".to_vec()).await;
    println!("OpenSSH, `exit 0`: {counted} round trips, {timed:.1} by the clock");
    // sshd opens the window of a session only when it has heard which program is wanted.
    assert_eq!(counted, 9);
    for (name, size) in SIZES {
        let (counted, timed) = count(sshd.connection(), program(size)).await;
        println!("OpenSSH, {name}: {counted} round trips, {timed:.1} by the clock");
        assert_eq!(counted, 9);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_openssh_a_second_half_costs_one_more() {
    let Some(sshd) = Sshd::start("").await else { return };
    for (name, size) in SIZES {
        let mut first = program(size);
        first.truncate(first.len() - "exit\n".len() - 1);
        first.push(b'\n');
        let (counted, timed) = count_halves(sshd.connection(), first, Some(program(size))).await;
        println!("OpenSSH, twice {name}: {counted} round trips, {timed:.1} by the clock");
        assert_eq!(counted, 10);
    }
}
