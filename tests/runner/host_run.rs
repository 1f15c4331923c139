//! One host's state machine, fed with everything that could come down the line.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use provision::event::{
    Event, HostPlan, HostStatus, Mode, Outcome, Reason, StepCounts, Summary, grammar::Checker,
};
use provision::plan::Plan;
use provision::resource::{File, Line, Resource, Sh};
use provision::runner::{Ended, HostRun};

use crate::kit::shell::{halves, nonce, plan};

fn four() -> Arc<Plan> {
    plan(
        (0..4)
            .map(|n| Resource::from(Sh::new(format!("c{n}"), format!("a{n}"))))
            .collect(),
    )
}

fn frames(words: &[&str]) -> Vec<u8> {
    words
        .iter()
        .flat_map(|words| format!("\n\x1e{} {words}\n", nonce().as_str()).into_bytes())
        .collect()
}

#[test]
fn what_an_edit_makes_is_told_once_and_only_of_what_is_edited() {
    let plan = plan(vec![Line::new("/a", "new").into(), File::new("/b", "new").into()]);
    let heard = |parts: &[&str]| {
        let mut bytes = frames(&["hello 1", "plan 2 0 1"]);
        for part in parts {
            match part.strip_prefix('=') {
                Some(content) => bytes.extend(content.as_bytes()),
                None => bytes.extend(frames(&[part])),
            }
        }
        bytes.extend(frames(&["end"]));
        let (events, status, _) = run(&plan, false, &bytes, 7, &Ended::Exit("exit 0".into()));
        let told: Vec<_> = events
            .into_iter()
            .filter_map(|event| match event {
                Event::StepDiff { diff, .. } => Some((diff.path, diff.before, diff.after, diff.part)),
                _ => None,
            })
            .collect();
        (status == HostStatus::Ok).then_some(told)
    };
    let some = |text: &str| Some(text.as_bytes().to_vec());
    let edited = ("/a".to_owned(), some("old"), some("=\n"), true);
    let whole = ("/b".to_owned(), None, some("new"), false);
    let edit = ["content 0 file", "=old", "becomes 0", "==\n", "shown 0"];
    let file = ["content 1 none", "shown 1"];
    assert_eq!(
        heard(&[&edit[..], &file].concat()),
        Some(vec![edited.clone(), whole])
    );
    assert_eq!(heard(&edit), Some(vec![edited]));
    let empty = ["content 0 none", "becomes 0", "shown 0"];
    assert_eq!(heard(&empty), Some(vec![("/a".to_owned(), None, some(""), true)]));
    // It cannot be edited, or nothing in it would change.
    assert_eq!(heard(&["content 0 none", "shown 0"]), Some(vec![]));
    assert_eq!(
        heard(&["content 0 file", "=new", "becomes 0", "=new", "shown 0"]),
        Some(vec![])
    );
    for senseless in [
        &["becomes 0", "shown 0"][..],
        &["content 0 file", "becomes 1", "shown 0"],
        &["content 0 file", "becomes 0", "becomes 0", "shown 0"],
        &["content 1 file", "becomes 1", "shown 1"],
        &[&edit[..], &edit].concat(),
        &[&file[..], &file].concat(),
    ] {
        assert_eq!(heard(senseless), None, "{senseless:?}");
    }
}

/// Feeds `bytes` in pieces and holds the events against the grammar.
fn run(
    plan: &Arc<Plan>,
    apply: bool,
    bytes: &[u8],
    size: usize,
    ended: &Ended,
) -> (Vec<Event>, HostStatus, StepCounts) {
    let mut events = Vec::new();
    let mut host = HostRun::new(Arc::clone(plan), apply, &nonce());
    let (first, second) = halves(bytes);
    for half in [first, second] {
        for piece in half.chunks(size) {
            host.stdout(piece, Duration::ZERO, &mut |event| events.push(event));
        }
        host.go_on();
    }
    let (status, steps) = host.finish(ended, Duration::ZERO, &mut |event| events.push(event));
    let mut checker = Checker::default();
    let name = plan.host.name.clone();
    let all = plan
        .steps
        .iter()
        .map(|planned| Arc::clone(&planned.step))
        .collect();
    let hosts = Arc::new(vec![HostPlan {
        host: name.clone(),
        steps: all,
    }]);
    let mode = if apply { Mode::Push } else { Mode::DryRun };
    let before = [
        Event::RunStarted {
            mode,
            profile: None,
            hosts,
        },
        Event::HostStarted { host: name.clone() },
    ];
    let after = [
        Event::HostFinished {
            host: name,
            status: status.clone(),
            steps,
            took: Duration::ZERO,
        },
        Event::RunFinished {
            summary: Summary::new(mode),
        },
    ];
    for event in before.iter().chain(&events).chain(&after) {
        checker.observe(event).unwrap();
    }
    (events, status, steps)
}

fn outcomes(events: &[Event]) -> Vec<(usize, Outcome, Option<Reason>)> {
    let ended = events.iter().filter_map(|event| match event {
        Event::StepFinished {
            step,
            outcome,
            reason,
            ..
        } => Some((step.index, *outcome, reason.clone())),
        _ => None,
    });
    ended.collect()
}

fn exit() -> Ended {
    Ended::Exit("exit 0".into())
}

#[test]
fn a_whole_push_is_told_step_by_step() {
    let bytes = frames(&[
        "hello 1",
        "plan 4 1 3",
        "end",
        "apply 1",
        "verify 1",
        "changed 1",
        "check 2",
        "ok 2",
        "check 3",
        "apply 3",
        "failed 3 apply 9",
        "end",
    ]);
    let (events, status, steps) = run(&four(), true, &bytes, 7, &exit());
    assert_eq!(status, HostStatus::Failed);
    assert_eq!((steps.ok, steps.changed, steps.failed), (2, 1, 1));
    let told: Vec<_> = outcomes(&events)
        .into_iter()
        .map(|(index, outcome, _)| (index, outcome))
        .collect();
    assert_eq!(
        told,
        [
            (0, Outcome::Ok),
            (1, Outcome::Changed),
            (2, Outcome::Ok),
            (3, Outcome::Failed)
        ]
    );
}

#[test]
fn silence_is_never_success() {
    let cases: [(&[&str], &str); 9] = [
        (&["hello 1"], "no plan"),
        (&["hello 1", "plan 4"], "no end"),
        (&["hello 1", "plan 4 0", "end"], "no second half"),
        (&["hello 1", "plan 4 0", "end", "end"], "a step without an end"),
        (&["hello 1", "plan 4 0", "apply 0", "end"], "an apply nobody sent"),
        (&["hello 1", "plan 3", "end"], "another plan"),
        (&["hello 2", "plan 4", "end"], "another version"),
        (&["hello 1", "end"], "an end before the plan"),
        (
            &["hello 1", "plan 4 0", "end", "ok 0", "ok 0", "end"],
            "a step that ends twice",
        ),
    ];
    for (words, what) in cases {
        let (_, status, _) = run(&four(), true, &frames(words), 64, &exit());
        assert!(
            matches!(status, HostStatus::Lost { .. } | HostStatus::Unsupported { .. }),
            "{what}: {status:?}"
        );
    }
}

#[test]
fn a_dry_run_that_claims_to_have_changed_something_is_not_believed() {
    let (_, status, steps) = run(
        &four(),
        false,
        &frames(&["hello 1", "plan 4 0", "changed 0", "end"]),
        64,
        &exit(),
    );
    assert!(matches!(status, HostStatus::Lost { .. }));
    assert_eq!(steps.changed, 0);
}

#[test]
fn a_lost_connection_fails_the_step_at_work_and_skips_the_rest() {
    let bytes = frames(&[
        "hello 1",
        "plan 4 0 1 2",
        "end",
        "apply 0",
        "verify 0",
        "changed 0",
        "apply 1",
    ]);
    let (events, status, _) = run(&four(), true, &bytes, 64, &Ended::Lost("reset".into()));
    assert_eq!(
        status,
        HostStatus::Lost {
            detail: "reset".into()
        }
    );
    assert_eq!(
        outcomes(&events)[1..],
        [
            (1, Outcome::Failed, Some(Reason::Lost)),
            (2, Outcome::Skipped, Some(Reason::Lost)),
            (3, Outcome::Skipped, Some(Reason::Lost)),
        ]
    );
}

#[test]
fn a_step_left_at_work_is_no_lost_one() {
    let bytes = frames(&[
        "hello 1",
        "plan 4 0 1 2",
        "end",
        "apply 0",
        "verify 0",
        "changed 0",
        "apply 1",
    ]);
    let (events, status, _) = run(&four(), true, &bytes, 64, &Ended::Left);
    assert_eq!(status, HostStatus::Cancelled);
    assert_eq!(
        outcomes(&events)[1..],
        [
            (1, Outcome::Failed, Some(Reason::Left)),
            (2, Outcome::Skipped, Some(Reason::Cancelled)),
            (3, Outcome::Skipped, Some(Reason::Cancelled)),
        ]
    );
    // Before the program began there is nothing that could not be run.
    let (events, status, _) = run(&four(), true, b"noise", 64, &Ended::Left);
    assert_eq!((status, outcomes(&events)), (HostStatus::Cancelled, vec![]));
}

#[test]
fn a_host_that_never_starts_the_program_says_why() {
    let mut host = HostRun::new(four(), true, &nonce());
    host.stderr(b"sudo: a password is required\n");
    let (status, _) = host.finish(&Ended::Exit("exit 1".into()), Duration::ZERO, &mut |event| {
        panic!("{event:?}")
    });
    let HostStatus::Unsupported { detail } = status else {
        panic!("{status:?}")
    };
    assert!(
        detail.contains("sudo: a password is required") && detail.contains("exit 1"),
        "{detail}"
    );
}

#[test]
fn noise_before_the_first_frame_is_ignored() {
    let mut bytes = b"Welcome!\nstty: not a tty\n\x1b[2J".to_vec();
    bytes.extend(frames(&["hello 1", "plan 4", "end"]));
    let (events, status, _) = run(&four(), true, &bytes, 5, &exit());
    assert_eq!(status, HostStatus::Ok);
    assert!(
        !events
            .iter()
            .any(|event| matches!(event, Event::StepOutput { .. }))
    );
}

#[test]
fn what_comes_after_the_end_is_ignored() {
    let bytes = frames(&["hello 1", "plan 4", "end", "changed 0", "nonsense"]);
    let (events, status, _) = run(&four(), true, &bytes, 3, &exit());
    assert_eq!(status, HostStatus::Ok);
    assert_eq!(outcomes(&events).len(), 4);
}

#[test]
fn a_flood_of_output_is_bounded() {
    let mut bytes = frames(&["hello 1", "plan 4 0", "end", "apply 0"]);
    bytes.extend(std::iter::repeat_n(b'x', 10_000_000));
    bytes.extend(frames(&["failed 0 apply 1", "skip 1 3 after 0", "end"]));
    let (events, _, _) = run(&four(), true, &bytes, 32 * 1024, &exit());
    let kept = events.iter().find_map(|event| match event {
        Event::StepFinished { output, .. } if !output.is_empty() => Some(output.len()),
        _ => None,
    });
    assert!(kept.unwrap() < 100_000, "{kept:?}");
}

proptest! {
    /// Whatever a host says, in whatever order, cut wherever: the grammar holds, and every step ends once.
    #[test]
    fn any_conversation_keeps_the_grammar(
        words in proptest::collection::vec(prop_oneof![
            Just("hello 1".to_owned()), Just("end".to_owned()), Just("plan 4".to_owned()), Just("plan 4 0 2".to_owned()),
            "(check|apply|verify|ok|changed|shown|becomes) [0-5]", "failed [0-5] (apply|verify|locked|room) [0-9]{1,3}",
            "skip [0-5] [0-5] (cancelled|after [0-5])", "content [0-5] (file|none)", "changed [0-5] earlier", "[a-z ]{0,12}",
        ], 0..20),
        ordered in any::<bool>(), apply in any::<bool>(), cut in 0_usize..2000, size in 1_usize..40,
    ) {
        let mut words = words;
        if ordered {
            words.insert(0, "hello 1".to_owned());
            words.insert(1, "plan 4 0 2".to_owned());
            words.insert(2, "end".to_owned());
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let bytes = frames(&words);
        let bytes = &bytes[..cut.min(bytes.len())];
        let (events, status, _) = run(&four(), apply, bytes, size, &Ended::Lost("cut".into()));
        let ended = outcomes(&events).len();
        prop_assert!(ended == 4 || ended == 0, "{ended} steps ended, {status:?}");
    }
}
