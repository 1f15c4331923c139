//! Many scripted hosts at once: one host's failure, silence or death is its own.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use provision::event::{
    ConnectPhase, Event, HostStatus, Outcome, Refusal, Stamped, Summary, Unreachable, grammar::Checker,
};
use provision::inventory::Host;
use provision::name::Name;
use provision::plan::Plan;
use provision::resource::{Resource, Sh};
use provision::runner::{Answer, Cancel, Fleet, Gate, Work};
use provision::transport::replay::{Act, Replay, Script};
use provision::transport::{BoxFuture, ExitStatus, Output};

use crate::kit::shell::plan;

pub(super) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// A plan of two steps for the host `of`.
pub(super) fn two_steps(of: &str) -> Plan {
    let resources = ["one", "two"].map(|word| Resource::from(Sh::new(word, word)));
    let plan = plan(resources.into());
    let mut connection = (*plan.host.connection).clone();
    connection.connect_timeout = Duration::from_millis(200);
    let host = Host {
        name: name(of),
        connection: Arc::new(connection),
        ..(*plan.host).clone()
    };
    Plan {
        host: Arc::new(host),
        steps: plan.steps.clone(),
    }
}

/// Answers with `words` as frames that carry the program's own nonce.
pub(super) fn answer(words: &'static [&'static str]) -> Act {
    Act::Answer(Arc::new(move |program: &[u8]| {
        let text = String::from_utf8_lossy(program);
        let nonce = text
            .lines()
            .find_map(|line| line.strip_prefix("nonce="))
            .unwrap()
            .to_owned();
        words
            .iter()
            .map(|words| Output::Stdout(format!("\n\x1e{nonce} {words}\n").into_bytes()))
            .collect()
    }))
}

pub(super) fn good() -> Script {
    Script::Runs(vec![vec![
        answer(&["hello 1", "plan 2 1", "end"]),
        Act::AwaitMore,
        answer(&["apply 1", "verify 1", "changed 1", "end"]),
        Act::Hang,
    ]])
}

pub(super) struct Told {
    pub(super) events: Vec<Stamped>,
    pub(super) summary: Summary,
}

impl Told {
    pub(super) fn status(&self, host: &str) -> &HostStatus {
        let found = self.events.iter().find_map(|stamped| match &stamped.event {
            Event::HostFinished { host: of, status, .. } if of.as_str() == host => Some(status),
            _ => None,
        });
        found.unwrap()
    }
}

/// Pushes to scripted hosts, holds the events against the grammar, and never waits longer than 20 s.
pub(super) async fn push(scripts: Vec<(&str, Script)>, parallel: usize, cancel: &Cancel) -> Told {
    let plans = scripts.iter().map(|(name, _)| two_steps(name)).collect();
    push_with(scripts, plans, cancel, |fleet| {
        fleet.parallel(NonZeroUsize::new(parallel).unwrap())
    })
    .await
}

/// The same, with a fleet set up by `set`.
pub(super) async fn push_with(
    scripts: Vec<(&str, Script)>,
    plans: Vec<Plan>,
    cancel: &Cancel,
    set: impl FnOnce(Fleet) -> Fleet,
) -> Told {
    let transport = Replay::new(
        scripts
            .into_iter()
            .map(|(host, script)| (name(host), script))
            .collect::<HashMap<_, _>>(),
    );
    let fleet = set(Fleet::new(Arc::new(transport)));
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<Stamped>(16);
    let listening = tokio::spawn(async move {
        let mut events = Vec::new();
        let mut checker = Checker::default();
        while let Some(stamped) = receiver.recv().await {
            checker.observe(&stamped.event).unwrap();
            events.push(stamped);
        }
        events
    });
    let run = fleet.run(None, Work::Push(plans), sender, cancel);
    let summary = tokio::time::timeout(Duration::from_secs(20), run).await.unwrap();
    let events = listening.await.unwrap();
    assert_eq!(
        events.last().map(|last| &last.event),
        Some(&Event::RunFinished { summary })
    );
    Told { events, summary }
}

#[tokio::test]
async fn the_good_finish_whatever_the_others_do() {
    let started = Instant::now();
    let refused = Unreachable::Connect {
        address: "192.0.2.1:22".into(),
        detail: "refused".into(),
    };
    let lost = Output::Lost {
        detail: "reset".into(),
    };
    let told = push(
        vec![
            ("good1", good()),
            ("refused", Script::Unreachable(refused.clone())),
            ("silent", Script::Silent),
            (
                "failing",
                Script::Runs(vec![vec![
                    answer(&["hello 1", "plan 2 0 1", "end"]),
                    Act::AwaitMore,
                    answer(&["apply 0", "failed 0 apply 3", "skip 1 1 after 0", "end"]),
                ]]),
            ),
            (
                "lost",
                Script::Runs(vec![vec![
                    answer(&["hello 1", "plan 2 0 1", "end"]),
                    Act::AwaitMore,
                    answer(&["apply 0"]),
                    Act::Say(lost),
                ]]),
            ),
            (
                "mute",
                Script::says([
                    Output::Stderr(b"sh: not found".to_vec()),
                    Output::Exit(ExitStatus::Code(127)),
                ]),
            ),
            (
                "babbling",
                Script::says([
                    Output::Stdout(vec![b'x'; 5_000_000]),
                    Output::Exit(ExitStatus::Code(0)),
                ]),
            ),
            ("good2", good()),
        ],
        64,
        &Cancel::default(),
    )
    .await;
    assert_eq!(*told.status("good1"), HostStatus::Ok);
    assert_eq!(*told.status("good2"), HostStatus::Ok);
    assert_eq!(
        *told.status("refused"),
        HostStatus::Unreachable { cause: refused }
    );
    assert!(matches!(
        told.status("silent"),
        HostStatus::Unreachable {
            cause: Unreachable::Timeout {
                phase: ConnectPhase::Connect,
                ..
            }
        }
    ));
    assert_eq!(*told.status("failing"), HostStatus::Failed);
    assert_eq!(
        *told.status("lost"),
        HostStatus::Lost {
            detail: "reset".into()
        }
    );
    assert!(
        matches!(told.status("mute"), HostStatus::Unsupported { detail } if detail.contains("sh: not found"))
    );
    assert!(matches!(told.status("babbling"), HostStatus::Unsupported { .. }));
    assert_eq!(
        (
            told.summary.hosts.ok,
            told.summary.hosts.failed,
            told.summary.hosts.unreachable
        ),
        (2, 4, 2)
    );
    assert_eq!(told.summary.exit_code(), 1);
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_host_whose_task_dies_is_lost_and_no_other() {
    let dies = || Act::Answer(Arc::new(|_: &[u8]| panic!("a bug")));
    let at_work = Script::Runs(vec![vec![
        answer(&["hello 1", "plan 2 0 1", "end"]),
        Act::AwaitMore,
        answer(&["apply 0"]),
        dies(),
    ]]);
    let scripts = vec![
        ("at-work", at_work),
        ("early", Script::Runs(vec![vec![dies()]])),
        ("good", good()),
    ];
    let told = push(scripts, 1, &Cancel::default()).await;
    for name in ["at-work", "early"] {
        let status = told.status(name);
        assert!(
            matches!(status, HostStatus::Lost { detail } if detail.ends_with("a bug")),
            "{status:?}"
        );
    }
    assert_eq!(*told.status("good"), HostStatus::Ok);
    assert_eq!((told.summary.steps.failed, told.summary.steps.skipped), (1, 1));
    assert_eq!((told.summary.hosts.failed, told.summary.hosts.ok), (2, 1));
    assert_eq!(told.summary.exit_code(), 1);
}

#[tokio::test]
async fn only_unreachable_hosts_make_exit_code_3() {
    let told = push(
        vec![("good", good()), ("silent", Script::Silent)],
        64,
        &Cancel::default(),
    )
    .await;
    assert_eq!(told.summary.exit_code(), 3);
}

#[tokio::test]
async fn no_more_hosts_are_at_work_than_may_be() {
    let names: Vec<String> = (1..=30).map(|n| format!("host{n}")).collect();
    let told = push(
        names.iter().map(|name| (name.as_str(), good())).collect(),
        3,
        &Cancel::default(),
    )
    .await;
    let mut at_work = 0_i32;
    let mut most = 0;
    for stamped in &told.events {
        match stamped.event {
            Event::HostStarted { .. } => at_work += 1,
            Event::HostFinished { .. } => at_work -= 1,
            _ => {}
        }
        most = most.max(at_work);
    }
    assert_eq!(told.summary.hosts.ok, 30);
    // A host gives up its place a moment after it has said that it is done.
    assert!((1..=3).contains(&most), "{most} at once");
}

/// Lets nothing happen on one host.
struct NotOn(&'static str);

impl Gate for NotOn {
    fn decide<'a>(&'a self, answer: Answer<'a>) -> BoxFuture<'a, Result<(), Refusal>> {
        assert_eq!(answer.wanted, [1]);
        let refused = answer.plan.host.name.as_str() == self.0;
        Box::pin(async move {
            tokio::task::yield_now().await;
            if refused {
                Err(Refusal::NotAgreed { destructive: vec![1] })
            } else {
                Ok(())
            }
        })
    }
}

#[tokio::test]
async fn what_changes_a_host_is_sent_only_when_the_gate_lets_it_through() {
    let scripts = [("good", good()), ("refused", good())].map(|(host, script)| (name(host), script));
    let replay = Arc::new(Replay::new(HashMap::from(scripts)));
    let plans = ["good", "refused"].map(two_steps).to_vec();
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<Stamped>(256);
    let fleet = Fleet::new(Arc::clone(&replay) as _).gate(Arc::new(NotOn("refused")));
    let summary = fleet
        .run(None, Work::Push(plans), sender, &Cancel::default())
        .await;
    let mut ended = Vec::new();
    while let Some(stamped) = receiver.recv().await {
        if let Event::StepFinished {
            host, step, outcome, ..
        } = stamped.event
            && host.as_str() == "refused"
        {
            ended.push((step.index, outcome));
        }
    }
    assert_eq!(ended, [(0, Outcome::Ok), (1, Outcome::Skipped)]);
    assert_eq!((summary.hosts.ok, summary.hosts.refused), (1, 1));
    assert_eq!(summary.exit_code(), 1);
    assert_eq!((summary.steps.changed, summary.steps.skipped), (1, 1));
    let heard = |host: &str| replay.heard(&name(host));
    assert_eq!(
        heard("refused").programs[0].len(),
        heard("good").programs[0].len(),
        "both were asked the same"
    );
    assert_eq!((heard("refused").more.len(), heard("good").more.len()), (0, 1));
    let sent = String::from_utf8(heard("good").more[0].to_vec()).unwrap();
    assert!(
        sent.contains("a1() {") && !sent.contains("a0() {"),
        "nothing of the step that holds: {sent}"
    );
}
