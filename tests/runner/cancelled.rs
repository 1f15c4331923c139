//! Runs that are asked to end.

use std::sync::Arc;
use std::time::Duration;

use provision::event::{Event, HostStatus, Outcome};
use provision::runner::{Cancel, Limits};
use provision::transport::replay::{Act, Script};
use tokio_util::sync::CancellationToken;

use super::fleet::{answer, good, push, push_with, two_steps};

/// A host whose first step has begun when `begun` is called, and that does `then`.
fn at_work(begun: impl Fn() + Send + Sync + 'static, then: Vec<Act>) -> Script {
    let mut acts = vec![
        answer(&["hello 1", "plan 2 0 1", "end"]),
        Act::AwaitMore,
        answer(&["apply 0"]),
        Act::Answer(Arc::new(move |_| {
            begun();
            Vec::new()
        })),
    ];
    acts.extend(then);
    Script::Runs(vec![acts])
}

#[tokio::test]
async fn a_cancelled_run_ends_between_steps_and_begins_no_host() {
    let cancel = Cancel::default();
    let begun = CancellationToken::new();
    let said = begun.clone();
    let ends = answer(&["verify 0", "changed 0", "skip 1 1 cancelled", "end"]);
    let running = at_work(move || said.cancel(), vec![Act::AwaitInputClosed, ends]);
    let asked = cancel.clone();
    let asking = tokio::spawn(async move {
        begun.cancelled().await;
        asked.request();
    });
    let told = push(vec![("running", running), ("waiting", good())], 1, &cancel).await;
    asking.await.unwrap();
    assert_eq!(*told.status("running"), HostStatus::Cancelled);
    assert_eq!(*told.status("waiting"), HostStatus::Cancelled);
    assert_eq!((told.summary.steps.changed, told.summary.steps.skipped), (1, 1));
    assert_eq!(told.summary.exit_code(), 130);
}

#[tokio::test]
async fn a_request_is_told_of_even_where_the_hosts_are_quicker() {
    let cancel = Cancel::default();
    cancel.request();
    let told = push(vec![("one", good()), ("other", good())], 1, &cancel).await;
    assert_eq!(told.summary.hosts.cancelled, 2);
    let tellings = told
        .events
        .iter()
        .filter(|stamped| stamped.event == Event::Cancelling);
    assert_eq!(tellings.count(), 1);
    assert!(told.summary.cancelled);
    assert_eq!(told.summary.exit_code(), 130);
}

#[tokio::test]
async fn the_second_request_leaves_at_once() {
    let cancel = Cancel::default();
    let begun = CancellationToken::new();
    let said = begun.clone();
    let stuck = at_work(move || said.cancel(), vec![Act::Hang]);
    let asked = cancel.clone();
    let asking = tokio::spawn(async move {
        begun.cancelled().await;
        asked.request();
        asked.request();
    });
    let told = push(vec![("stuck", stuck)], 1, &cancel).await;
    asking.await.unwrap();
    assert_eq!(*told.status("stuck"), HostStatus::Cancelled);
    let failed = told.events.iter().any(
        |stamped| matches!(&stamped.event, Event::StepFinished { step, outcome: Outcome::Failed, .. } if step.index == 0),
    );
    assert!(failed, "the step at work is not called well");
    assert_eq!(told.summary.exit_code(), 130);
}

#[tokio::test]
async fn a_cancelled_push_does_not_begin_to_change() {
    let cancel = Cancel::default();
    let asked = cancel.clone();
    let script = Script::Runs(vec![vec![
        answer(&["hello 1", "check 0"]),
        Act::Answer(Arc::new(move |_| {
            asked.request();
            Vec::new()
        })),
        Act::AwaitInputClosed,
        answer(&["plan 2 0", "end"]),
        Act::Hang,
    ]]);
    let told = push(vec![("host", script)], 1, &cancel).await;
    assert_eq!(*told.status("host"), HostStatus::Cancelled);
    assert_eq!((told.summary.steps.ok, told.summary.steps.skipped), (1, 1));
    assert_eq!(told.summary.exit_code(), 130);
}

#[tokio::test]
async fn a_deadline_behind_ctrl_c_does_not_cut_off_the_step_at_work() {
    let cancel = Cancel::default();
    let past = CancellationToken::new();
    let asked = cancel.clone();
    let ends = answer(&["verify 0", "changed 0", "skip 1 1 cancelled", "end"]);
    let then = vec![Act::AwaitInputClosed, Act::Await(past.clone()), ends];
    let working = at_work(move || asked.request(), then);
    let limit = Duration::from_secs(2);
    let limits = Limits {
        host: Some(limit),
        ..Limits::default()
    };
    tokio::spawn(async move {
        tokio::time::sleep(limit + limit / 4).await;
        past.cancel();
    });
    let plans = vec![two_steps("working")];
    let told = push_with(vec![("working", working)], plans, &cancel, |fleet| {
        fleet.limits(limits)
    })
    .await;
    assert_eq!((told.summary.steps.changed, told.summary.steps.failed), (1, 0));
    assert_eq!(told.summary.exit_code(), 130);
}
