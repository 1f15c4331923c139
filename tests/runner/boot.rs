//! A host that goes down for its last step: what is believed of it when it answers again.

use std::sync::Arc;

use provision::config::{Data, Value};
use provision::diagnostic::{Origin, Source};
use provision::document;
use provision::event::{Event, HostStatus, Outcome, Phase, Reason};
use provision::plan::Plan;
use provision::resource::{self, Resource, Sh};
use provision::runner::Cancel;
use provision::transport::replay::{Act, Script};
use provision::transport::{ExitStatus, Output};

use super::fleet::{Told, answer, push_with, two_steps};
use crate::kit::shell::plan;

fn reboot(text: &str) -> Resource {
    let source = Source::new("step.toml", text);
    let step = Value {
        data: Data::Table(document::parse(&source).unwrap()),
        origin: Origin::new(&source, 0..text.len()),
    };
    resource::read("reboot", &step).unwrap()
}

/// A step, and a reboot behind it.
fn rebooting(within: u32) -> Plan {
    let step = Resource::from(Sh::new("one", "one"));
    let reboot = reboot(&format!("reboot = 'now'\nneeded = 'x'\nwithin = {within}"));
    Plan {
        steps: plan(vec![step, reboot]).steps.clone(),
        ..two_steps("a")
    }
}

/// The program of the push, up to its last word.
fn goes_down() -> Vec<Act> {
    vec![
        answer(&["hello 1", "plan 2 1", "end"]),
        Act::AwaitMore,
        answer(&["apply 1", "reboot 1", "end"]),
        Act::Hang,
    ]
}

/// A push whose n-th connection runs the n-th program.
async fn push(within: u32, programs: Vec<Vec<Act>>, cancel: &Cancel) -> Told {
    let connections = programs.into_iter().map(|program| vec![program]);
    let scripts = vec![("a", Script::Connections(connections.collect()))];
    push_with(scripts, vec![rebooting(within)], cancel, |fleet| fleet).await
}

fn end(told: &Told) -> (Outcome, Option<Reason>) {
    let end = told.events.iter().find_map(|stamped| match &stamped.event {
        Event::StepFinished {
            step,
            outcome,
            reason,
            ..
        } if step.index == 1 => Some((*outcome, reason.clone())),
        _ => None,
    });
    end.unwrap()
}

#[tokio::test]
async fn success_is_an_answer_from_another_boot() {
    let same = vec![answer(&["hello 1", "check 1", "plan 2 0 1", "end"]), Act::Hang];
    let going = vec![
        answer(&["hello 1"]),
        Act::Say(Output::Lost {
            detail: "reset".into(),
        }),
    ];
    let new = vec![answer(&["hello 1", "check 1", "plan 2", "end"]), Act::Hang];
    let told = push(60, vec![goes_down(), same, going, new], &Cancel::default()).await;
    assert_eq!(end(&told), (Outcome::Changed, None));
    assert_eq!(told.status("a"), &HostStatus::Ok);
    let waits = |event: &Event| matches!(event, Event::StepStarted { phase: Phase::Verify, step, .. } if step.index == 1);
    let waited = told.events.iter().filter(|stamped| waits(&stamped.event));
    assert_eq!(waited.count(), 1, "and the questions are no events");
}

#[tokio::test]
async fn a_host_that_needs_another_one_behind_it_has_failed() {
    let needs = vec![answer(&["hello 1", "plan 2 1", "end"]), Act::Hang];
    let told = push(60, vec![goes_down(), needs], &Cancel::default()).await;
    assert_eq!(end(&told), (Outcome::Failed, Some(Reason::NotVerified)));
    assert_eq!(told.status("a"), &HostStatus::Failed);
}

#[tokio::test]
async fn a_host_that_never_goes_down_or_never_comes_back_is_given_up_in_time() {
    let same = || vec![answer(&["hello 1", "plan 2 0 1", "end"]), Act::Hang];
    let told = push(
        1,
        vec![goes_down(), same(), same(), same(), same()],
        &Cancel::default(),
    )
    .await;
    let reason = Reason::NotBack {
        seconds: 1,
        last: None,
    };
    assert_eq!(end(&told), (Outcome::Failed, Some(reason)));
    assert_eq!(told.status("a"), &HostStatus::Failed);
}

#[tokio::test]
async fn a_connection_that_goes_before_the_last_word_is_the_reboot_at_work() {
    for last in [
        Output::Lost {
            detail: "reset".into(),
        },
        Output::Exit(ExitStatus::Signal("TERM".into())),
    ] {
        let cut = vec![
            answer(&["hello 1", "plan 2 1", "end"]),
            Act::AwaitMore,
            answer(&["apply 1"]),
            Act::Say(last),
        ];
        let new = vec![answer(&["hello 1", "plan 2", "end"]), Act::Hang];
        let told = push(60, vec![cut, new], &Cancel::default()).await;
        assert_eq!(end(&told), (Outcome::Changed, None));
    }
}

#[tokio::test]
async fn whoever_leaves_meanwhile_is_told_that_it_goes_on() {
    let cancel = Cancel::default();
    // At the first question whether it is back.
    let leave = Act::Answer(Arc::new({
        let cancel = cancel.clone();
        move |_: &[u8]| {
            cancel.request();
            Vec::new()
        }
    }));
    let told = push(600, vec![goes_down(), vec![leave, Act::Hang]], &cancel).await;
    assert_eq!(end(&told), (Outcome::Failed, Some(Reason::Left)));
    assert_eq!(told.status("a"), &HostStatus::Cancelled);
}

#[tokio::test]
async fn a_step_that_is_no_reboot_cannot_have_the_host_go_down() {
    let lies = vec![
        answer(&["hello 1", "plan 2 0", "end"]),
        Act::AwaitMore,
        answer(&["apply 0", "reboot 0", "end"]),
        Act::Hang,
    ];
    let told = push(60, vec![lies], &Cancel::default()).await;
    assert!(
        matches!(told.status("a"), HostStatus::Lost { .. }),
        "{:?}",
        told.status("a")
    );
}
