//! Waves, the gates between them, and what ends a rollout before its last host.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use provision::event::{Event, HostStatus, Reason, Withheld};
use provision::inventory::Host;
use provision::plan::Plan;
use provision::profile::Rollout;
use provision::runner::{Cancel, Fleet, Limits};
use provision::transport::replay::{Act, Script};
use provision::transport::{ExitStatus, Output};

use tokio_util::sync::CancellationToken;

use super::fleet::{Told, answer, good, name, push_with, two_steps};

const SOON: Limits = Limits {
    host: None,
    run: None,
    gate: Duration::from_millis(1),
    begin: Duration::from_secs(60),
};

pub(super) fn rollout(waves: &[&str], gates: &[&str]) -> Rollout {
    Rollout {
        waves: waves.iter().map(|text| text.parse().unwrap()).collect(),
        gates: gates.iter().map(|text| text.parse().unwrap()).collect(),
        ..Rollout::default()
    }
}

/// A host whose first step fails.
pub(super) fn failing() -> Script {
    Script::Runs(vec![vec![
        answer(&["hello 1", "plan 2 0 1", "end"]),
        Act::AwaitMore,
        answer(&["apply 0", "failed 0 apply 3", "skip 1 1 after 0", "end"]),
    ]])
}

pub(super) async fn push(hosts: Vec<(&str, Script)>, set: impl FnOnce(Fleet) -> Fleet) -> Told {
    let plans = hosts.iter().map(|(name, _)| two_steps(name)).collect();
    push_with(hosts, plans, &Cancel::default(), set).await
}

pub(super) fn five() -> Vec<(&'static str, Script)> {
    ["a", "b", "c", "d", "e"].map(|name| (name, good())).into()
}

/// Waves, gates and hosts as they came: `wave 1/3 a`, `gate true`, `+a`, `-a`.
fn story(told: &Told) -> Vec<String> {
    let line = |event: &Event| match event {
        Event::WaveStarted { wave, waves, hosts } => {
            let hosts: Vec<&str> = hosts.iter().map(provision::name::Name::as_str).collect();
            Some(format!("wave {wave}/{waves} {}", hosts.join(" ")))
        }
        Event::GateFinished { gate, passed, .. } => Some(format!("{gate} {passed}")),
        Event::HostStarted { host } => Some(format!("+{host}")),
        Event::HostFinished { host, .. } => Some(format!("-{host}")),
        _ => None,
    };
    told.events
        .iter()
        .filter_map(|stamped| line(&stamped.event))
        .collect()
}

#[tokio::test]
async fn a_wave_ends_before_the_next_begins() {
    let rollout = rollout(&["1", "40%"], &["command=true"]);
    let told = push(five(), |fleet| fleet.rollout(rollout).parallel(NonZeroUsize::MIN)).await;
    assert_eq!(
        story(&told),
        [
            "wave 1/3 a",
            "+a",
            "-a",
            "command true",
            "wave 2/3 b c",
            "+b",
            "-b",
            "+c",
            "-c",
            "command true",
            "wave 3/3 d e",
            "+d",
            "-d",
            "+e",
            "-e"
        ]
    );
    assert_eq!(told.summary.exit_code(), 0);
}

#[tokio::test]
async fn a_closed_gate_leaves_later_waves_alone() {
    let rollout = rollout(&["2"], &["command=echo broken; exit 4"]);
    let told = push(five(), |fleet| fleet.rollout(rollout).limits(SOON)).await;
    for host in ["a", "b"] {
        assert_eq!(told.status(host), &HostStatus::Ok);
    }
    for host in ["c", "d", "e"] {
        assert_eq!(told.status(host), &HostStatus::Withheld { why: Withheld::Gate });
        assert!(!story(&told).contains(&format!("+{host}")), "{:?}", story(&told));
    }
    let said = told.events.iter().find_map(|stamped| match &stamped.event {
        Event::GateFinished { output, .. } => Some(String::from_utf8_lossy(output).into_owned()),
        _ => None,
    });
    let said = said.unwrap();
    assert!(
        said.contains("broken") && said.contains("exit status: 4"),
        "{said}"
    );
    assert_eq!((told.summary.hosts.withheld, told.summary.exit_code()), (3, 1));
}

#[tokio::test]
async fn too_many_failures_end_it() {
    let mut hosts = five();
    hosts[0].1 = failing();
    hosts[2].1 = failing();
    let allow_one = Rollout {
        max_fail: Some("1".parse().unwrap()),
        ..Rollout::default()
    };
    let told = push(hosts, |fleet| {
        fleet.rollout(allow_one).parallel(NonZeroUsize::MIN)
    })
    .await;
    assert_eq!(told.status("a"), &HostStatus::Failed);
    assert_eq!(told.status("b"), &HostStatus::Ok);
    assert_eq!(told.status("c"), &HostStatus::Failed);
    for host in ["d", "e"] {
        let why = Withheld::Failures;
        assert_eq!(told.status(host), &HostStatus::Withheld { why });
    }
}

#[tokio::test]
async fn groups_come_in_the_order_asked_for() {
    let hosts = five();
    let in_group = |host: &str, group: &str| {
        let plan = two_steps(host);
        let host = Host {
            groups: vec![name(group)],
            ..(*plan.host).clone()
        };
        Plan {
            host: Arc::new(host),
            ..plan
        }
    };
    let groups = ["web", "db", "other", "db", "web"];
    let plans = hosts
        .iter()
        .zip(groups)
        .map(|((host, _), group)| in_group(host, group));
    let databases_first = Rollout {
        order: vec![name("db"), name("web")],
        ..Rollout::default()
    };
    let plans = plans.collect();
    let told = push_with(hosts, plans, &Cancel::default(), |fleet| {
        fleet.rollout(databases_first)
    })
    .await;
    let waves: Vec<String> = story(&told)
        .into_iter()
        .filter(|line| line.starts_with("wave"))
        .collect();
    assert_eq!(waves, ["wave 1/3 b d", "wave 2/3 a e", "wave 3/3 c"]);
}

#[tokio::test]
async fn a_host_that_takes_too_long_is_ended_between_steps() {
    // It says what it would change only once it is told to end.
    let slow = Script::Runs(vec![vec![
        answer(&["hello 1"]),
        Act::AwaitInputClosed,
        answer(&["plan 2 1", "end"]),
    ]]);
    let limits = Limits {
        host: Some(Duration::from_millis(300)),
        ..Limits::default()
    };
    let told = push(vec![("slow", slow)], |fleet| fleet.limits(limits)).await;
    assert_eq!(told.status("slow"), &HostStatus::TimedOut, "{:?}", story(&told));
    assert_eq!((told.summary.hosts.failed, told.summary.steps.skipped), (1, 1));
    assert!(!told.summary.cancelled);
    let late = told.events.iter().any(|stamped| {
        matches!(&stamped.event, Event::StepFinished { reason: Some(reason), .. } if *reason == Reason::Deadline)
    });
    assert!(late, "its steps say why");
}

#[tokio::test]
async fn a_host_that_does_not_begin_is_not_waited_for() {
    let greeting = Output::Stdout(b"Welcome!\n".to_vec());
    let stuck = Script::Runs(vec![vec![Act::Say(greeting), Act::Hang]]);
    let limits = Limits {
        begin: Duration::from_millis(50),
        ..Limits::default()
    };
    let told = push(vec![("stuck", stuck), ("good", good())], |fleet| {
        fleet.limits(limits)
    })
    .await;
    let status = told.status("stuck");
    assert!(
        matches!(status, HostStatus::Unsupported { detail } if detail.contains("start-up file")),
        "{status:?}"
    );
    assert_eq!(*told.status("good"), HostStatus::Ok);
}

#[tokio::test]
async fn the_runs_own_time_withholds_what_has_not_begun() {
    let limits = Limits {
        run: Some(Duration::from_nanos(1)),
        ..Limits::default()
    };
    let told = push(five(), |fleet| fleet.limits(limits)).await;
    let why = Withheld::Deadline;
    assert_eq!(told.status("e"), &HostStatus::Withheld { why });
    assert_eq!(told.summary.exit_code(), 1);
}

/// A good host, with `gate` as what its gate's command does on a connection of its own.
fn gated(gate: Vec<Act>) -> Script {
    let Script::Runs(push) = good() else {
        unreachable!("good() is made of runs")
    };
    Script::Connections(vec![push, vec![gate]])
}

#[tokio::test]
async fn a_gate_asks_no_more_hosts_at_once_than_may_be_at_work() {
    let (at_work, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let go_on = CancellationToken::new();
    let asked = || {
        let (begins, ends) = (Arc::clone(&at_work), Arc::clone(&at_work));
        let most = Arc::clone(&most);
        let begin = move |_: &[u8]| {
            most.fetch_max(begins.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            Vec::new()
        };
        let end = move |_: &[u8]| {
            ends.fetch_sub(1, Ordering::SeqCst);
            vec![Output::Exit(ExitStatus::Code(0))]
        };
        gated(vec![
            Act::Answer(Arc::new(begin)),
            Act::Await(go_on.clone()),
            Act::Answer(Arc::new(end)),
        ])
    };
    let hosts = ["a", "b", "c", "d", "e"].map(|name| (name, asked())).into();
    // Time enough for all of them to begin, if they could.
    let waiting = tokio::spawn({
        let go_on = go_on.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(300)).await;
            go_on.cancel();
        }
    });
    let told = push(hosts, |fleet| {
        let fleet = fleet.parallel(NonZeroUsize::new(2).unwrap());
        fleet.rollout(rollout(&["4"], &["host=true"]))
    })
    .await;
    waiting.await.unwrap();
    assert_eq!(told.summary.hosts.ok, 5, "{:?}", story(&told));
    assert_eq!(most.load(Ordering::SeqCst), 2);
}

/// Answers every connection with `answer`.
fn server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 1024];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

#[tokio::test]
async fn gates_ask_what_they_say() {
    let good = server("HTTP/1.1 204 No Content\r\n\r\n");
    let bad = server("HTTP/1.1 503 Busy\r\n\r\n");
    let noise = server("SSH-2.0-x\r\n");
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    for (gate, passes) in [
        (format!("http=http://{good}/health"), true),
        (format!("http=http://{bad}/health"), false),
        (format!("http=http://{noise}/"), false),
        (format!("http=http://{closed}/"), false),
        (format!("port={good}"), true),
        (format!("port={closed}"), false),
        ("pause=1ms".to_owned(), true),
        ("command=test -n \"$HOME\"".to_owned(), true),
        ("host=true".to_owned(), true),
        ("host=false".to_owned(), false),
    ] {
        let rollout = rollout(&["1"], &[&gate]);
        let status = u32::from(gate == "host=false");
        let exit = || Act::Say(Output::Exit(ExitStatus::Code(status)));
        let hosts = ["a", "b"].map(|name| (name, gated(vec![exit()]))).into();
        let told = push(hosts, |fleet| fleet.rollout(rollout).limits(SOON)).await;
        let status = if passes {
            HostStatus::Ok
        } else {
            HostStatus::Withheld { why: Withheld::Gate }
        };
        assert_eq!(told.status("b"), &status, "{gate}: {:?}", story(&told));
    }
}
