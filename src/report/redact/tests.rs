use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::event::{Outcome, Phase};

const AT: Duration = Duration::ZERO;

fn step(title: &str) -> Arc<Step> {
    Arc::new(Step {
        index: 0,
        module: Name::parse("m").unwrap(),
        title: title.into(),
    })
}

fn host() -> Name {
    Name::parse("db1").unwrap()
}

fn output(bytes: &[u8]) -> Stamped {
    let event = Event::StepOutput {
        host: host(),
        step: step("t"),
        output: bytes.to_vec(),
    };
    Stamped { at: AT, event }
}

fn end() -> Stamped {
    let event = Event::StepFinished {
        host: host(),
        step: step("t"),
        outcome: Outcome::Ok,
        reason: None,
        output: b"it was hunter22".to_vec(),
        took: AT,
    };
    Stamped { at: AT, event }
}

fn streamed(redactor: &mut Redactor, chunks: &[&[u8]]) -> Vec<u8> {
    let events = chunks.iter().map(|chunk| output(chunk)).chain([end()]);
    let passed = events.flat_map(|event| redactor.pass(event)).collect::<Vec<_>>();
    assert!(
        matches!(passed.last(), Some(Stamped { event: Event::StepFinished { output, .. }, .. }) if output == b"it was ********")
    );
    let outputs = passed.into_iter().filter_map(|stamped| match stamped.event {
        Event::StepOutput { output, .. } => Some(output),
        _ => None,
    });
    outputs.collect::<Vec<_>>().concat()
}

#[test]
fn a_secret_in_two_halves_does_not_pass() {
    let mut redactor = Redactor::new(vec!["hunter22".into()]);
    assert_eq!(
        streamed(&mut redactor, &[b"pw=hun", b"ter22 ok"]),
        b"pw=******** ok"
    );
    assert_eq!(streamed(&mut redactor, &[b"a hunt", b"ed fox"]), b"a hunted fox");
    assert_eq!(streamed(&mut redactor, &[b"the end: hunt"]), b"the end: hunt");
}

#[test]
fn titles_are_the_same_in_the_plan_and_in_later_events() {
    let mut redactor = Redactor::new(vec!["hunter22".into()]);
    let plan = HostPlan {
        host: host(),
        steps: vec![step("user a:hunter22")],
    };
    let started = Event::RunStarted {
        mode: crate::event::Mode::Push,
        profile: None,
        hosts: Arc::new(vec![plan]),
    };
    let events = [
        started,
        Event::StepStarted {
            host: host(),
            step: step("user a:hunter22"),
            phase: Phase::Apply,
        },
    ];
    for event in events {
        let passed = redactor.pass(Stamped { at: AT, event });
        let text = serde_json::to_string(&passed[0]).unwrap();
        assert!(
            text.contains("user a:********") && !text.contains("hunter22"),
            "{text}"
        );
    }
}

#[test]
fn secret_files_keep_only_whether_they_exist() {
    let mut redactor = Redactor::new(vec![]);
    let diff = FileDiff {
        path: "/etc/key".into(),
        before: None,
        after: Some(b"key".to_vec()),
        secret: true,
        ..FileDiff::default()
    };
    let event = Event::StepDiff {
        host: host(),
        step: step("file /etc/key"),
        diff,
    };
    match &redactor.pass(Stamped { at: AT, event })[0].event {
        Event::StepDiff { diff, .. } => assert_eq!((&diff.before, &diff.after), (&None, &Some(vec![]))),
        other => panic!("{other:?}"),
    }
}

#[test]
fn short_and_empty_secrets_do_not_star_out_everything() {
    let redactor = Redactor::new(vec![String::new(), "abc".into()]);
    assert_eq!(redactor.text("abcabc"), "abcabc");
}

proptest! {
    #[test]
    fn no_secret_passes_however_it_is_cut(
        secrets in prop::collection::vec("[ab]{4,7}", 1..4),
        text in "[abc]{0,60}",
        cuts in prop::collection::vec(0usize..60, 0..6),
    ) {
        let mut redactor = Redactor::new(secrets.iter().cloned().chain(["hunter22".into()]));
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).chain([0, text.len()]).collect();
        cuts.sort_unstable();
        let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &text.as_bytes()[pair[0]..pair[1]]).collect();
        let out = String::from_utf8(streamed(&mut redactor, &chunks)).unwrap();
        for secret in &secrets {
            prop_assert!(!out.contains(secret.as_str()), "{} still holds {}", out, secret);
        }
    }
}
