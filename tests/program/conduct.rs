//! Deadlines, further tries, and what a check prints, under every shell.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use provision::event::{Event, Outcome, Reason};
use provision::plan::STOP;
use provision::resource::{Assert, Resource, Sh};
use provision::script::{Secret, Text};

use crate::kit::shell::{Corner, DRY_RUN, Done, PUSH, SHELLS, lives, plan, plan_with};

fn reasons(done: &Done) -> Vec<Reason> {
    let events = done.events.iter();
    let reasons = events.filter_map(|event| match event {
        Event::StepFinished { reason, .. } => reason.clone(),
        _ => None,
    });
    reasons.collect()
}

fn reason(done: &Done) -> Option<Reason> {
    reasons(done).into_iter().next()
}

#[test]
fn what_takes_too_long_is_ended_with_all_it_has_started() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        // A child, a grandchild whose parent is gone, and one that will not end when asked to.
        let apply = "sh -c 'echo $$ >child; exec sleep 600' &\n\
            (sh -c 'echo $$ >orphan; exec sleep 600' &)\n\
            (trap '' TERM; sh -c 'echo $$ >deaf; while :; do sleep 1; done') &\n\
            until [ -s child ] && [ -s orphan ] && [ -s deaf ]; do sleep 1; done\n\
            : >started; sleep 600";
        let mut step = Resource::from(Sh::new("false", apply));
        step.conduct.timeout = Some(3);
        let done = corner.run(
            &plan(vec![step, Sh::new("test -e after", ": >after").into()]),
            PUSH,
        );
        assert_eq!(
            done.outcomes(),
            [Outcome::Failed, Outcome::Skipped],
            "{:#?}",
            done.events
        );
        assert_eq!(reason(&done), Some(Reason::TimedOut { seconds: 3 }), "{shell:?}");
        assert!(corner.path("started").exists(), "{shell:?}: it was at work");
        for name in ["child", "orphan", "deaf"] {
            let pid = fs::read_to_string(corner.path(name)).unwrap();
            assert!(!lives(&pid), "{shell:?}: {name} {pid} lives on");
        }
    }
}

#[test]
fn a_check_that_takes_too_long_is_ended_with_all_it_has_started_in_both_modes() {
    for shell in SHELLS {
        for mode in [DRY_RUN, PUSH] {
            let corner = Corner::new(shell);
            let check = format!(
                "cd {}; sh -c 'echo $$ >child; exec sleep 600' & (sh -c 'echo $$ >orphan; exec sleep 600' &)\n\
                 until [ -s child ] && [ -s orphan ]; do sleep 1; done\n: >started; sleep 600",
                corner.text("")
            );
            let mut step = Resource::from(Sh::new(check, ": >applied"));
            step.conduct.timeout = Some(3);
            let done = corner.run(
                &plan(vec![step, Sh::new("test -e after", ": >after").into()]),
                mode,
            );
            let after = if mode == PUSH {
                Outcome::Skipped
            } else {
                Outcome::WouldChange
            };
            assert_eq!(
                done.outcomes(),
                [Outcome::Failed, after],
                "{shell:?}: {:#?}",
                done.events
            );
            assert_eq!(reason(&done), Some(Reason::TimedOut { seconds: 3 }), "{shell:?}");
            assert!(corner.path("started").exists(), "{shell:?}: it was at work");
            assert!(
                !corner.path("applied").exists(),
                "{shell:?}: nobody knows whether it is needed"
            );
            for name in ["child", "orphan"] {
                let pid = fs::read_to_string(corner.path(name)).unwrap();
                assert!(!lives(&pid), "{shell:?}: {name} {pid} lives on");
            }
        }
    }
}

#[test]
fn a_check_that_takes_too_long_at_first_is_asked_again_after_a_change() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let first = Sh::new("test -e first", ": >first");
        let mut held = Resource::from(Sh::new("test -e first || sleep 600", ": >applied"));
        held.conduct.timeout = Some(2);
        let mut done = Resource::from(Sh::new("test -e first || sleep 600; test -e done", ": >done"));
        done.conduct.timeout = Some(2);
        let done = corner.run(&plan(vec![first.into(), held, done]), PUSH);
        assert_eq!(
            done.outcomes(),
            [Outcome::Changed; 3],
            "{shell:?}: {:#?}",
            done.events
        );
        assert!(
            !corner.path("applied").exists(),
            "{shell:?}: it held when it was asked again"
        );
    }
}

#[test]
fn a_check_that_takes_too_long_after_the_apply_fails_the_step() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let mut late = Resource::from(Sh::new("test ! -e applied || sleep 600; false", ": >applied"));
        late.conduct.timeout = Some(2);
        let unlimited = Sh::new("false", "true");
        let plan = plan_with(vec![late, unlimited.into()], &[1, STOP]);
        let done = corner.run(&plan, PUSH);
        assert_eq!(
            reasons(&done),
            [Reason::TimedOut { seconds: 2 }, Reason::NotVerified],
            "{shell:?}: {:#?}",
            done.events
        );
    }
}

#[test]
fn a_condition_that_says_nothing_in_time_stops_the_host_before_any_change() {
    for shell in SHELLS {
        for mode in [DRY_RUN, PUSH] {
            let corner = Corner::new(shell);
            let change = Sh::new("test -e change", ": >change");
            let mut condition = Resource::from(Assert {
                condition: "it answers".into(),
                check: "sleep 600".into(),
                message: None,
                variables: BTreeMap::new(),
                outputs: BTreeMap::new(),
            });
            condition.conduct.timeout = Some(2);
            let done = corner.run(&plan(vec![change.into(), condition]), mode);
            assert_eq!(
                done.outcomes(),
                [Outcome::Skipped, Outcome::Failed],
                "{shell:?}: {:#?}",
                done.events
            );
            let reasons = reasons(&done);
            assert!(reasons.contains(&Reason::TimedOut { seconds: 2 }), "{reasons:?}");
            assert!(!corner.path("change").exists());
        }
    }
}

#[test]
fn a_check_under_a_deadline_hands_on_what_it_prints() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let said = "printf 'it'\\''s \\037 $(id)\\n two\\n\\n'";
        let mut asks = Resource::from(Sh {
            output: Some("said".into()),
            held: Some(Sh::held("m", "said")),
            ..Sh::new(said, "true")
        });
        asks.conduct.timeout = Some(600);
        let hears = Sh {
            outputs: [("said".to_owned(), Sh::held("m", "said"))].into(),
            ..Sh::new(format!("[ \"$said\" = \"$({said})\" ]"), "false")
        };
        let began = Instant::now();
        for mode in [DRY_RUN, PUSH] {
            let done = corner.run(&plan(vec![asks.clone(), hears.clone().into()]), mode);
            assert_eq!(done.outcomes(), [Outcome::Ok; 2], "{shell:?}: {:#?}", done.events);
        }
        assert!(
            began.elapsed() < Duration::from_secs(300),
            "no clock is waited for"
        );
    }
}

#[test]
fn a_step_that_is_done_in_time_changes_and_leaves_no_clock_behind() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let mut step = Resource::from(Sh::new("test -e done", ": >done"));
        // Far longer than the test may take: it must not be waited for.
        step.conduct.timeout = Some(86_000);
        let began = Instant::now();
        let done = corner.run(&plan(vec![step]), PUSH);
        assert_eq!(
            done.outcomes(),
            [Outcome::Changed],
            "{shell:?} {:#?}",
            done.events
        );
        assert!(began.elapsed() < Duration::from_secs(80_000));
    }
}

#[test]
fn a_failed_apply_under_a_deadline_keeps_its_own_status() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let mut step = Resource::from(Sh::new("false", "false\n: >not-reached"));
        step.conduct.timeout = Some(600);
        let done = corner.run(&plan(vec![step]), PUSH);
        assert_eq!(reason(&done), Some(Reason::ApplyExit { status: 1 }), "{shell:?}");
        assert!(!corner.path("not-reached").exists(), "{shell:?}: set -e holds");
    }
}

#[test]
fn a_step_is_tried_again_as_often_as_it_says_and_no_more() {
    for shell in SHELLS {
        for (retries, outcome, tries) in [
            (1, Outcome::Failed, 2),
            (2, Outcome::Changed, 3),
            (5, Outcome::Changed, 3),
        ] {
            let corner = Corner::new(shell);
            let apply = "echo try >>tries\n[ \"$(grep -c try tries)\" -lt 3 ] || : >done";
            let mut step = Resource::from(Sh::new("test -e done", apply));
            step.conduct.retries = retries;
            let done = corner.run(&plan(vec![step]), PUSH);
            assert_eq!(
                done.outcomes(),
                [outcome],
                "{shell:?} {retries} {:#?}",
                done.events
            );
            let tried = fs::read_to_string(corner.path("tries")).unwrap();
            assert_eq!(tried.lines().count(), tries, "{shell:?} {retries}");
        }
    }
}

#[test]
fn what_comes_about_while_waiting_is_not_tried_again() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let apply = "echo try >>tries; (until [ -e released ]; do sleep 1; done; : >done) >/dev/null 2>&1 & : >released; exit 1";
        let check = "if [ -e released ]; then until [ -e done ]; do sleep 1; done; else false; fi";
        let mut step = Resource::from(Sh::new(check, apply));
        step.conduct.retries = 3;
        let done = corner.run(&plan(vec![step]), PUSH);
        assert_eq!(done.outcomes(), [Outcome::Changed], "{shell:?}");
        assert_eq!(
            fs::read_to_string(corner.path("tries")).unwrap(),
            "try\n",
            "{shell:?}"
        );
    }
}

/// Text that a shell, or a template, would like to take for its own.
const HOSTILE: &str = "it's `id` $(touch hacked) $HOME \"quoted\" \\n {{ 7*7 }} *";

#[test]
fn an_output_is_data_for_later_steps() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        fs::write(corner.path("source"), format!("{HOSTILE}\nsecond line\n\n")).unwrap();
        let mut outputs = std::collections::BTreeMap::new();
        let asks = Sh {
            output: Some("current".to_owned()),
            ..Sh::new("cat source", "true")
        };
        let asks = Resource::from(asks).with_outputs("a-b", &mut outputs);
        let uses = Sh::new(
            "[ \"$(cat copy 2>/dev/null)\" = \"$current\" ]",
            "printf '%s\\n' \"$current\" >copy",
        );
        let uses = Resource::from(uses).with_outputs("a-b", &mut outputs);
        let plan = plan(vec![asks, uses]);
        let done = corner.run(&plan, PUSH);
        assert_eq!(
            done.outcomes(),
            [Outcome::Ok, Outcome::Changed],
            "{shell:?} {:#?}",
            done.events
        );
        assert_eq!(
            fs::read_to_string(corner.path("copy")).unwrap(),
            format!("{HOSTILE}\nsecond line\n")
        );
        assert!(!corner.path("hacked").exists(), "{shell:?}");
        assert_eq!(
            corner.run(&plan, PUSH).outcomes(),
            [Outcome::Ok, Outcome::Ok],
            "{shell:?}"
        );
        // What is longer than may be kept is cut.
        fs::write(corner.path("source"), "x".repeat(70_000)).unwrap();
        corner.run(&plan, PUSH);
        assert_eq!(fs::read(corner.path("copy")).unwrap().len(), 65_537, "{shell:?}");
    }
}

#[test]
fn variables_are_data_and_not_in_the_environment() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let step = Sh {
            variables: [
                ("plain".to_owned(), Text::Plain(HOSTILE.to_owned())),
                ("password".to_owned(), Text::Secret(Secret::new("=hunter2'\n"))),
            ]
            .into(),
            ..Sh::new(
                "test -e written",
                "printf '%s|%s|' \"$plain\" \"$password\" >written; env >environment",
            )
        };
        let done = corner.run(&plan(vec![step.into()]), PUSH);
        assert_eq!(
            done.outcomes(),
            [Outcome::Changed],
            "{shell:?} {:#?}",
            done.events
        );
        assert_eq!(
            fs::read_to_string(corner.path("written")).unwrap(),
            format!("{HOSTILE}|=hunter2'\n|")
        );
        assert!(
            !fs::read_to_string(corner.path("environment"))
                .unwrap()
                .contains("hunter2"),
            "{shell:?}"
        );
        assert!(!corner.path("hacked").exists(), "{shell:?}");
    }
}
