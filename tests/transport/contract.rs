//! What every transport keeps, whatever is behind it.

use std::collections::HashMap;
use std::time::Duration;

use provision::inventory::Host;
use provision::name::Name;
use provision::transport::local::Local;
use provision::transport::replay::{Act, Replay, Script};
use provision::transport::ssh::Ssh;
use provision::transport::{ExitStatus, Output, Running, Session, Transport};

use super::{Transcript, exited, finish, within};
use crate::kit::host::{TestHost, connection, host};

/// A program, and what a replayed host does in its place.
struct Case {
    program: &'static str,
    acts: fn() -> Vec<Act>,
}

fn say(output: Output) -> Act {
    Act::Say(output)
}

fn out(text: &str) -> Output {
    Output::Stdout(text.into())
}

const ORDERED: Case = Case {
    program: "main() { echo one; echo two >&2; echo three; exit 7; }; main </dev/null\n",
    acts: || {
        let lines = [
            out("one\n"),
            Output::Stderr(b"two\n".to_vec()),
            out("three\n"),
            exited(7),
        ];
        lines.map(say).to_vec()
    },
};

const KILLED: Case = Case {
    program: "main() { echo before; kill -KILL $$; }; main </dev/null\n",
    acts: || {
        vec![
            say(out("before\n")),
            say(Output::Exit(ExitStatus::Signal("KILL".to_owned()))),
        ]
    },
};

const LISTENS: Case = Case {
    program: "main() { echo ready; cat >/dev/null; echo closed; }; main\n",
    acts: || {
        vec![
            say(out("ready\n")),
            Act::AwaitInputClosed,
            say(out("closed\n")),
            say(exited(0)),
        ]
    },
};

const READS_ON: Case = Case {
    program: "{ echo ready; }\n",
    acts: || {
        vec![
            say(out("ready\n")),
            Act::AwaitMore,
            say(out("again\n")),
            say(exited(5)),
        ]
    },
};

const FED: Case = Case {
    program: "{ main() { cat; echo end; }; echo ready; main; exit; }\n",
    acts: || {
        vec![
            say(out("ready\n")),
            Act::AwaitMore,
            Act::AwaitMore,
            say(out("one\ntwo\nend\n")),
            say(exited(0)),
        ]
    },
};

/// Checks one transport; `host` is where its programs run.
async fn check(transport: &dyn Transport, host: &Host) {
    let mut session = within(transport.connect(host)).await.unwrap();
    let transcript = finish(&mut *run(&mut *session, &ORDERED).await).await;
    let expected = Transcript {
        stdout: "one\nthree\n".to_owned(),
        stderr: "two\n".to_owned(),
        end: exited(7),
    };
    assert_eq!(transcript, expected);

    let transcript = finish(&mut *run(&mut *session, &KILLED).await).await;
    assert_eq!(transcript.stdout, "before\n");
    // A login shell that stays between says it the way shells do.
    let killed = [
        exited(128 + 9),
        Output::Exit(ExitStatus::Signal("KILL".to_owned())),
    ];
    assert!(killed.contains(&transcript.end), "{transcript:?}");

    stdin_stays_open_until_it_is_closed(&mut *session).await;
    what_is_sent_later_is_read_by_the_same_shell(&mut *session).await;
    what_is_fed_comes_whole_and_its_end_behind_it(&mut *session).await;
    waiting_can_be_broken_off(&mut *session).await;
    two_programs_run_at_once(&mut *session).await;
    within(session.close()).await;
}

async fn run(session: &mut dyn Session, case: &Case) -> Box<dyn Running> {
    within(session.run(case.program.into())).await.unwrap()
}

async fn stdin_stays_open_until_it_is_closed(session: &mut dyn Session) {
    let mut running = run(session, &LISTENS).await;
    assert_eq!(within(running.next()).await, Some(out("ready\n")));
    let early = tokio::time::timeout(Duration::from_millis(50), running.next()).await;
    assert!(early.is_err(), "stdin ended by itself: {early:?}");
    within(running.close_input()).await;
    assert_eq!(finish(&mut *running).await.stdout, "closed\n");
    // Once more, after the end: it never fails.
    within(running.close_input()).await;
}

async fn what_is_sent_later_is_read_by_the_same_shell(session: &mut dyn Session) {
    let mut running = run(session, &READS_ON).await;
    assert_eq!(within(running.next()).await, Some(out("ready\n")));
    // More than any window or pipe takes at once.
    let more = format!("{{\n{}echo again\nexit 5\n}}\n", ": a line\n".repeat(50_000));
    within(running.send(more.into_bytes().into())).await;
    let transcript = finish(&mut *running).await;
    assert_eq!(
        (transcript.stdout.as_str(), transcript.end),
        ("again\n", exited(5))
    );
    // Once more, after the end: it never fails.
    within(running.send(b"x".as_slice().into())).await;
}

async fn what_is_fed_comes_whole_and_its_end_behind_it(session: &mut dyn Session) {
    let mut running = run(session, &FED).await;
    assert_eq!(within(running.next()).await, Some(out("ready\n")));
    let feed = running.feed();
    let (fed, transcript) = tokio::join!(
        async {
            let fed =
                feed.push(b"one\n".as_slice().into()).await && feed.push(b"two\n".as_slice().into()).await;
            feed.end();
            fed
        },
        finish(&mut *running)
    );
    assert!(fed);
    assert_eq!(
        (transcript.stdout.as_str(), transcript.end),
        ("one\ntwo\nend\n", exited(0))
    );
    assert!(
        !within(feed.push(b"three\n".as_slice().into())).await,
        "nobody is there"
    );
}

async fn waiting_can_be_broken_off(session: &mut dyn Session) {
    let mut running = run(session, &ORDERED).await;
    let (mut bytes, mut end) = (0, None);
    while end.is_none() {
        // Gives up in the middle of whatever `next` does, again and again.
        match tokio::time::timeout(Duration::from_micros(50), running.next()).await {
            Ok(Some(Output::Stdout(text) | Output::Stderr(text))) => bytes += text.len(),
            Ok(Some(last)) => end = Some(last),
            Ok(None) => panic!("no end came"),
            Err(_) => tokio::task::yield_now().await,
        }
    }
    assert_eq!((bytes, end), ("onetwothree\n\n\n".len(), Some(exited(7))));
}

async fn two_programs_run_at_once(session: &mut dyn Session) {
    let mut first = run(session, &LISTENS).await;
    assert_eq!(within(first.next()).await, Some(out("ready\n")));
    let mut second = run(session, &ORDERED).await;
    assert_eq!(finish(&mut *second).await.end, exited(7));
    within(first.close_input()).await;
    assert_eq!(finish(&mut *first).await.end, exited(0));
}

#[tokio::test]
async fn local_keeps_the_contract() {
    let here = host(connection(22, std::path::Path::new("/nonexistent")));
    within(check(&Local::default(), &here)).await;
}

#[tokio::test]
async fn replay_keeps_the_contract() {
    let host = host(connection(22, std::path::Path::new("/nonexistent")));
    let cases = [
        &ORDERED, &KILLED, &LISTENS, &READS_ON, &FED, &ORDERED, &LISTENS, &ORDERED,
    ];
    let script = Script::Runs(cases.map(|case| (case.acts)()).to_vec());
    let replay = Replay::new(HashMap::from([(host.name.clone(), script)]));
    within(check(&replay, &host)).await;
    let heard = replay.heard(&host.name);
    assert_eq!(heard.connections, 1);
    assert_eq!(heard.inputs_closed, 2);
    assert_eq!(heard.programs, cases.map(|case| case.program.as_bytes().to_vec()));
}

#[tokio::test]
async fn ssh_keeps_the_contract() {
    let host = TestHost::start().await;
    within(check(&Ssh::new(), &host.host())).await;
    within(host.server.stop()).await;
}

#[tokio::test]
async fn a_replayed_script_without_an_end_is_lost() {
    let host = host(connection(22, std::path::Path::new("/nonexistent")));
    let script = Script::says([out("half")]);
    let replay = Replay::new(HashMap::from([(Name::parse("host1").unwrap(), script)]));
    let mut session = replay.connect(&host).await.unwrap();
    let mut running = session.run(Vec::new()).await.unwrap();
    let transcript = finish(&mut *running).await;
    assert_eq!(transcript.stdout, "half");
    assert!(matches!(transcript.end, Output::Lost { .. }));
}
