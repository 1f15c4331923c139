//! What a diff says of texts that steps edit, and of none: it is what a push then leaves.

use std::fs;

use provision::event::{Event, Outcome};
use provision::plan::{self, Wishes};

use super::text::of;
use crate::kit::shell::{Corner, DIFF, DRY_RUN, PUSH, SHELLS, nonce, plan, plan_with};

/// Texts as hosts have them: `None` is no file.
const TEXTS: &[Option<&[u8]>] = &[
    None,
    Some(b""),
    Some(b"\n\n\n"),
    Some(b"a\n"),
    Some(b"a\r"),
    Some(b"k = 1\r\nb\r\nlast"),
    Some(b"[s]\r\nk = 1\r\n\r\n[t]\r\nk=2"),
    Some(b"[s]\na=1\n\n\n[t]\nk=2\n\n"),
    Some(b"a\r\nb\nc\r"),
    Some(b"# BEGIN provision\nold\n# END provision\na"),
    Some(b"a\r\n# BEGIN provision\r\nold\r\n# END provision\r\n"),
    Some(b"# BEGIN provision\nwithout an end\n"),
    Some(b"# BEGIN provision\n# END provision\nb\n# BEGIN provision\n# END provision"),
    Some(b"  k\t=\t'x' \\ $(id) `id` %s %d \\n\n-n\n"),
    Some(b"\xff\xfe a\nk=\xe9\n"),
    Some(b"a\0b\n"),
];

/// Steps that edit, in each of their ways.
const WAYS: &[(&str, &str)] = &[
    ("line", "text = 'new'"),
    ("line", "text = \"k = it's 100% \\\\ new\"\nmatch = '^k'"),
    ("line", "text = 'new'\nbefore = '^(a|\\[t)'"),
    ("line", "text = 'new'\nafter = 'a|1'"),
    ("line", "text = 'a'\nstate = 'absent'"),
    ("line", "match = 'a|k|^$'\nstate = 'absent'"),
    ("block", "content = \"one\\n\\n  two\\n\""),
    ("block", "content = 'one'\nbefore = 'b'"),
    ("block", "content = 'one'\nafter = 'a'"),
    ("block", "state = 'absent'"),
    ("replace", "match = 'a|k'\nwith = '& x'"),
    ("replace", "match = '^(.)(.*)$'\nwith = '\\2'"),
    ("ini", "key = 'k'\nvalue = 'v w'"),
    ("ini", "section = 's'\nkey = 'k'\nvalue = 'v'\nseparator = ' = '"),
    ("ini", "section = 'u'\nkey = 'k'\nvalue = 'v'"),
    ("ini", "section = 's'\nkey = 'k'\nstate = 'absent'"),
];

#[test]
fn a_diff_says_to_the_byte_what_an_edit_leaves() {
    let all = || {
        TEXTS
            .iter()
            .flat_map(|text| WAYS.iter().map(move |way| (text, way)))
    };
    let mut changed = [0; 3];
    for (shell, changed) in SHELLS.into_iter().zip(&mut changed) {
        // All under the shell that starts fastest, which is the commonest too; some of each text and way under others.
        let cases = || all().step_by(if shell == SHELLS[0] { 1 } else { 5 });
        let corner = Corner::new(shell);
        let path = |nth: usize| corner.text(&format!("text {nth}"));
        let mut steps = Vec::new();
        for (nth, (text, (kind, rest))) in cases().enumerate() {
            if let Some(text) = text {
                fs::write(path(nth), text).unwrap();
            }
            steps.push(of(&path(nth), kind, rest));
        }
        let each: Vec<usize> = (1..=steps.len()).collect();
        let plan = plan_with(steps, &each);
        let shown = corner.run(&plan, DIFF);
        for (nth, (text, _)) in cases().enumerate() {
            assert_eq!(
                fs::read(path(nth)).ok().as_deref(),
                *text,
                "a dry-run writes nothing"
            );
        }
        let outcomes = corner.push(&plan).outcomes();
        for (nth, (text, way)) in cases().enumerate() {
            let of_step = |event: &&Event| matches!(event, Event::StepDiff { step, .. } if step.index == nth);
            let mut diffs = shown.events.iter().filter(of_step);
            let found = fs::read(path(nth)).ok();
            let told = format!("{way:?} of {text:?} under {shell:?}");
            match diffs.next() {
                Some(Event::StepDiff { diff, .. }) => {
                    assert_eq!(diff.before.as_deref(), *text, "{told}");
                    assert_eq!(diff.after, found, "{told}");
                    assert_ne!(diff.after, diff.before, "{told}");
                    *changed += 1;
                }
                _ => assert_eq!(found.as_deref(), *text, "what changes was told: {told}"),
            }
            assert!(diffs.next().is_none(), "{told}");
            if outcomes[nth] == Outcome::Changed {
                assert_ne!(found.as_deref(), *text, "{told}");
            }
        }
    }
    assert!(
        changed[0] > 120 && changed[1] > 20 && changed[1] == changed[2],
        "{changed:?}"
    );
}

#[test]
fn what_is_secret_or_large_is_not_shown() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let path = corner.text("secrets");
        fs::write(&path, "user=app\npassword=an older secret\n").unwrap();
        let secret = "match = '^password='\ntext = 'password=hunter22'\nsecret = true";
        let public = "match = '^user='\ntext = 'user=other'";
        let alone = plan(vec![of(&path, "line", public)]);
        assert_eq!(corner.run(&alone, DIFF).diffs().len(), 1);
        for steps in [[secret, public], [public, secret]] {
            let plan = plan(steps.map(|rest| of(&path, "line", rest)).to_vec());
            let program = plan::ask(
                &plan.steps,
                Wishes {
                    diff: true,
                    ..Wishes::default()
                },
            )
            .unwrap();
            let program = String::from_utf8(program).unwrap();
            assert!(!program.contains("show_edit"), "nothing is asked for");
            let done = corner.run(&plan, DIFF);
            assert_eq!(done.outcomes(), [Outcome::WouldChange; 2]);
            assert!(done.diffs().is_empty(), "{:#?}", done.events);
        }
        // The largest that is shown, and the smallest that is not; and one that grows beyond it.
        let line = "0123456789abcdef".repeat(8) + "\n";
        let text = line.repeat(262_144 / line.len());
        for (name, text, large) in [
            ("shown", text.clone(), true),
            ("small", text[..250_000].to_owned(), false),
            ("large", text + "more\n", true),
        ] {
            let path = corner.text(name);
            fs::write(&path, &text).unwrap();
            let step = plan(vec![of(&path, "line", &format!("text = '{}'", "x".repeat(200)))]);
            let done = corner.run(&step, DIFF);
            let [diff] = done.diffs()[..] else {
                panic!("{name} under {shell:?}")
            };
            assert_eq!(diff.large, large, "{name} under {shell:?}");
            let length = |side: &Option<Vec<u8>>| side.as_ref().unwrap().len();
            let wanted = if large {
                (0, 0)
            } else {
                (text.len(), text.len() + 201)
            };
            assert_eq!((length(&diff.before), length(&diff.after)), wanted);
        }
    }
}

#[test]
fn only_a_program_with_diffs_holds_what_edits() {
    let steps = WAYS.iter().map(|(kind, rest)| of("/etc/x", kind, rest));
    let plan = plan(steps.collect());
    let text = |options| String::from_utf8(plan::compile(&plan, &nonce(), options).unwrap()).unwrap();
    let (bare, diff) = (text(DRY_RUN), text(DIFF));
    for name in ["text_make", "line_new", "line_edit", "show_edit", "frame becomes"] {
        assert!(!bare.contains(name) && diff.contains(name), "{name}");
    }
    for doing in [
        "text_place",
        "| place ",
        "line_set",
        "block_set",
        "ini_set",
        "replace_all",
        "mktemp",
        "mv -f",
        "chmod",
    ] {
        assert!(!diff.contains(doing), "{doing} in a dry-run's program");
    }
    // What a first half has brought is not sent once more.
    let ask = |diff| {
        plan::ask(
            &plan.steps,
            Wishes {
                diff,
                ..Wishes::default()
            },
        )
        .unwrap()
    };
    let act = |sent: &[u8]| String::from_utf8(plan::act(&plan.steps, 0, false, sent).unwrap()).unwrap();
    assert!(act(&ask(false)).contains("line_edit()") && !act(&ask(true)).contains("line_edit()"));
    assert_eq!(text(PUSH).matches("line_edit()").count(), 1);
}
