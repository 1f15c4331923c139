//! What a host tells of its state when it is asked to, and a second half that does no more than was planned.

use std::fs;
use std::time::Duration;

use provision::event::{Event, Outcome, Reason};
use provision::plan::{self, Wishes};
use provision::resource::{File, Link, Resource, Sh, User};
use provision::runner::HostRun;

use crate::kit::shell::{Corner, PUSH, SHELLS, nonce, plan};

#[test]
fn every_answer_a_check_rests_on_is_sent_when_wished_for() {
    let wishes = Wishes {
        observe: true,
        ..Wishes::default()
    };
    for shell in SHELLS {
        let corner = Corner::new(shell);
        fs::write(corner.path("one"), "x").unwrap();
        let plan = plan(vec![
            File::new(corner.text("one"), "y").into(),
            File::absent(corner.text("none")).into(),
            Link::new(corner.text("two words"), "x").into(),
            User {
                name: "root".into(),
                ..User::default()
            }
            .into(),
            Resource::from(Sh::new("true", "true")),
        ]);
        let ask = || {
            let mut program = plan::head(&nonce());
            program.extend(plan::ask(&plan.steps, wishes).unwrap());
            let mut run = HostRun::new(std::sync::Arc::clone(&plan), false, &nonce());
            run.stdout(&corner.run_bytes(&program), Duration::ZERO, &mut |_| {});
            let (wanted, observed) = run.answer().unwrap();
            (wanted, observed.unwrap())
        };
        let (wanted, before) = ask();
        assert_eq!(wanted, [0, 2]);
        let answers = plan::answers(&plan.steps, &before).unwrap();
        let lengths: Vec<usize> = answers.iter().map(Vec::len).collect();
        assert_eq!(lengths, [2, 1, 1, 1, 0], "what each check reads");
        assert!(answers[3][0].starts_with(b"root:"), "{answers:?}");
        fs::write(corner.path("one"), "z").unwrap();
        let (_, now) = ask();
        let later = plan::answers(&plan.steps, &now).unwrap();
        let moved: Vec<usize> = (0..5).filter(|step| answers[*step] != later[*step]).collect();
        assert_eq!(moved, [0], "under {shell:?}");
        assert_eq!(plan::answers(&plan.steps, &now[1..now.len() - 1]), None);
    }
}

#[test]
fn a_step_that_was_not_planned_is_not_applied() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        fs::write(corner.path("two"), "").unwrap();
        let steps = || {
            plan(vec![
                Resource::from(Sh::new("test -e one", "touch one; rm two")),
                Resource::from(Sh::new("test -e two", "touch two")),
                Resource::from(Sh::new("true", "true")),
            ])
        };
        let done = corner.run_as(&steps(), PUSH, &|text| {
            let text = String::from_utf8(text).unwrap();
            text.replace("\nexactly=\n", "\nexactly=1\n").into_bytes()
        });
        assert_eq!(
            done.outcomes(),
            [Outcome::Changed, Outcome::Failed, Outcome::Skipped]
        );
        assert!(done.events.iter().any(|event| matches!(
            event,
            Event::StepFinished { reason: Some(Reason::NotPlanned), step, .. } if step.index == 1
        )));
        assert!(!corner.path("two").exists(), "under {shell:?}");
        assert_eq!(
            corner.push(&steps()).outcomes(),
            [Outcome::Ok, Outcome::Changed, Outcome::Ok]
        );
    }
}
