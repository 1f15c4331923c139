//! Conditions that must hold before anything is changed, under every shell.

use provision::config::{Data, Value};
use provision::diagnostic::{Origin, Source};
use provision::document;
use provision::event::{Event, Outcome, Reason};
use provision::plan::{Plan, STOP};
use provision::resource::{self, Resource, Sh};

use crate::kit::shell::{Corner, DRY_RUN, Done, PUSH, SHELLS, plan, plan_with};

fn assert_that(text: &str) -> Resource {
    let source = Source::new("step.toml", text);
    let step = Value {
        data: Data::Table(document::parse(&source).unwrap()),
        origin: Origin::new(&source, 0..text.len()),
    };
    resource::read("assert", &step).unwrap()
}

fn touch(name: &str) -> Resource {
    Sh::new(format!("test -e {name}"), format!(": >{name}")).into()
}

/// Outcomes, reasons and what was said, in the order of the steps.
fn told(done: &Done) -> Vec<(Outcome, Option<Reason>, String)> {
    let mut told: Vec<_> = done
        .events
        .iter()
        .filter_map(|event| match event {
            Event::StepFinished {
                step,
                outcome,
                reason,
                output,
                ..
            } => {
                let said = String::from_utf8(output.clone()).unwrap();
                Some((step.index, (*outcome, reason.clone(), said)))
            }
            _ => None,
        })
        .collect();
    told.sort_by_key(|(index, _)| *index);
    told.into_iter().map(|(_, told)| told).collect()
}

fn predicted(done: &Done) -> Vec<usize> {
    let changes = done.events.iter().find_map(|event| match event {
        Event::HostPredicted { changes, .. } => Some(changes.clone()),
        _ => None,
    });
    changes.unwrap_or_default()
}

fn both(plan: &std::sync::Arc<Plan>, shell: &'static [&'static str]) -> (Corner, Done, Done) {
    let corner = Corner::new(shell);
    let dry = corner.run(plan, DRY_RUN);
    let pushed = corner.run(plan, PUSH);
    (corner, dry, pushed)
}

#[test]
fn one_that_does_not_hold_stops_the_host_before_anything_is_changed() {
    let plan = plan(vec![
        touch("first"),
        Sh::new("true", "false").into(),
        assert_that("assert = 'there is room'\ncheck = 'test -e room'\nmessage = 'make \"room\" $there'"),
        assert_that("assert = 'another'\ncheck = 'false'"),
        touch("last"),
    ]);
    let of = 2;
    let skipped = (Outcome::Skipped, Some(Reason::AfterFailure { of }), String::new());
    let failed = |said: &str| (Outcome::Failed, Some(Reason::NotHeld), said.to_owned());
    let expected = [
        skipped.clone(),
        (Outcome::Ok, None, String::new()),
        failed("make \"room\" $there"),
        failed(""),
        skipped,
    ];
    for shell in SHELLS {
        let (corner, dry, pushed) = both(&plan, shell);
        for done in [&dry, &pushed] {
            assert_eq!(told(done), expected, "{shell:?}");
            assert_eq!(predicted(done), [0_usize; 0], "nothing would be changed");
        }
        assert!(!corner.path("first").exists() && !corner.path("last").exists());
        assert!(!corner.path("state").exists(), "not even a lock");
    }
}

#[test]
fn one_that_holds_is_no_change() {
    let plan = plan(vec![
        touch("first"),
        assert_that("assert = 'here'\ncheck = '[ \"$place\" = \"it is\" ]'\nvariables.place = 'it is'"),
    ]);
    for shell in SHELLS {
        let (_, dry, pushed) = both(&plan, shell);
        assert_eq!(dry.outcomes(), [Outcome::WouldChange, Outcome::Ok]);
        assert_eq!(pushed.outcomes(), [Outcome::Changed, Outcome::Ok]);
    }
}

#[test]
fn one_that_others_go_on_without_skips_what_it_guards_and_the_dry_run_says_so() {
    let steps = || {
        vec![
            touch("before"),
            assert_that("assert = 'no'\ncheck = 'false'\nmessage = 'why'"),
            touch("guarded"),
            assert_that("assert = 'skipped with it'\ncheck = 'false'"),
            touch("behind"),
        ]
    };
    let plan = plan_with(steps(), &[STOP, 4, STOP, STOP, STOP]);
    for shell in SHELLS {
        let (corner, dry, pushed) = both(&plan, shell);
        let skipped = (
            Outcome::Skipped,
            Some(Reason::AfterFailure { of: 1 }),
            String::new(),
        );
        for (done, outcome, said) in [
            (&dry, Outcome::WouldChange, "why"),
            (&pushed, Outcome::Changed, "why\n"),
        ] {
            let expected = [
                (outcome, None, String::new()),
                (Outcome::Failed, Some(Reason::NotHeld), said.to_owned()),
                skipped.clone(),
                skipped.clone(),
                (outcome, None, String::new()),
            ];
            assert_eq!(told(done), expected, "{shell:?}");
            assert_eq!(predicted(done), [0, 4]);
        }
        assert!(corner.path("before").exists() && corner.path("behind").exists());
        assert!(!corner.path("guarded").exists());
    }
}

#[test]
fn one_that_a_step_breaks_fails_where_it_stands() {
    let plan = plan(vec![
        touch("broken"),
        assert_that("assert = 'whole'\ncheck = '! test -e broken'\nmessage = 'why'"),
        touch("last"),
    ]);
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let done = corner.run(&plan, PUSH);
        assert_eq!(
            told(&done)[1],
            (Outcome::Failed, Some(Reason::NotHeld), "why\n".to_owned())
        );
        assert!(!corner.path("last").exists());
    }
}
