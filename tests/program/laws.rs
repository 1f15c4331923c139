//! The dangers of design: cut uploads, greedy steps, forged frames, lost controllers, hostile strings.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::process::Command;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use provision::event::{Event, HostStatus, Outcome, Reason};
use provision::plan;
use provision::resource::{Directory, File, Link, Resource, Sh};

use crate::kit::shell::{Corner, DRY_RUN, PUSH, SHELLS, nonce, plan, plan_with, read};

fn sh(check: &str, apply: &str) -> Resource {
    Sh::new(check, apply).into()
}

/// Waits for something another process does; fails loudly when it does not happen.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_step_cannot_eat_the_rest_of_the_program() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let mut resources = vec![sh("cat; test -e first", "cat >/dev/null; touch first")];
        // Longer than the 8 KiB that dash reads ahead.
        resources.extend((0..60).map(|n| File::new(corner.text(&format!("f{n}")), "x".repeat(500)).into()));
        let plan = plan(resources);
        assert!(
            corner
                .push(&plan)
                .outcomes()
                .iter()
                .all(|outcome| *outcome == Outcome::Changed)
        );
    }
}

#[test]
fn output_cannot_forge_a_frame_or_hide_one() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let forge = r#"printf '\n\036end\n\n\036%s end\n' 00000000000000000000000000000000; printf '\n\036%s end\n' "$nonce"; printf 'no newline'; false"#;
        let done = corner.push(&plan(vec![sh("false", forge), sh("false", "true")]));
        assert_eq!(
            done.outcomes(),
            [Outcome::Failed, Outcome::Skipped],
            "{:#?}",
            done.events
        );
        assert_eq!(done.status, HostStatus::Failed);
        let output = done.events.iter().find_map(|event| match event {
            Event::StepFinished { output, .. } if !output.is_empty() => Some(output.clone()),
            _ => None,
        });
        let output = output.unwrap();
        assert!(
            output.ends_with(b"no newline"),
            "{:?}",
            String::from_utf8_lossy(&output)
        );
    }
}

#[test]
fn a_dry_run_holds_no_apply() {
    let resources = vec![
        sh("test -e marker", "touch marker; echo DISTINCT"),
        File::new("/etc/some", "CONTENT OF THE FILE").into(),
        provision::resource::Package::lean("nginx").into(),
    ];
    let plan = plan(resources);
    let program = String::from_utf8(plan::compile(&plan, &nonce(), DRY_RUN).unwrap()).unwrap();
    for text in [
        "DISTINCT",
        "CONTENT OF THE FILE",
        "place",
        "mv -f",
        "apt-get",
        "install",
        "rm -",
        "tee",
        "mktemp",
        "a0()",
    ] {
        assert!(!program.contains(text), "{text:?} in a dry-run's program");
    }
    let push = String::from_utf8(plan::compile(&plan, &nonce(), PUSH).unwrap()).unwrap();
    let second = push
        .strip_prefix(&program)
        .expect("a push begins with the dry-run's program");
    assert!(second.contains("DISTINCT") && second.contains("CONTENT OF THE FILE"));
    // What is sent holds no apply of steps before the first that is wanted, and nothing the host has read already.
    let later = String::from_utf8(plan::act(&plan.steps, 1, false, program.as_bytes()).unwrap()).unwrap();
    assert!(!later.contains("DISTINCT") && later.contains("CONTENT OF THE FILE"));
    assert!(!second.contains("path_state()") && !second.contains("frame() {"));
}

#[test]
fn a_dry_run_leaves_no_trace() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let done = corner.dry_run(&plan(vec![
            File::new(corner.text("x"), "y").into(),
            sh("false", "true"),
        ]));
        assert_eq!(done.outcomes(), [Outcome::WouldChange, Outcome::WouldChange]);
        assert_eq!(fs::read_dir(corner.dir.path()).unwrap().count(), 0);
    }
}

#[test]
fn success_means_verified() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let done = corner.push(&plan(vec![sh("false", "true"), sh("true", "true")]));
        assert_eq!(done.outcomes(), [Outcome::Failed, Outcome::Skipped]);
        let reasons: Vec<_> = done
            .events
            .iter()
            .filter_map(|event| match event {
                Event::StepFinished { reason, .. } => reason.clone(),
                _ => None,
            })
            .collect();
        assert_eq!(reasons, [Reason::NotVerified, Reason::AfterFailure { of: 0 }]);
    }
}

#[test]
fn a_failure_goes_on_where_the_module_says_so() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let resources = vec![
            sh("false", "exit 7"),
            sh("false", "true"),
            sh("test -e third", "touch third"),
            sh("true", ":"),
        ];
        let done = corner.push(&plan_with(resources, &[2, 2, 4, 4]));
        assert_eq!(
            done.outcomes(),
            [Outcome::Failed, Outcome::Skipped, Outcome::Changed, Outcome::Ok]
        );
        assert_eq!(done.status, HostStatus::Failed);
    }
}

#[test]
fn an_earlier_step_may_do_a_later_ones_work() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let plan = plan(vec![
            sh("test -e both", "touch both"),
            sh("test -e both", "false"),
        ]);
        let done = corner.push(&plan);
        assert_eq!(
            done.outcomes(),
            [Outcome::Changed, Outcome::Changed],
            "as a dry-run would have said"
        );
        assert!(done.events.iter().any(
            |event| matches!(event, Event::StepFinished { reason: Some(Reason::ByEarlierStep), step, .. } if step.index == 1)
        ));
    }
}

#[test]
fn a_lost_controller_ends_the_run_between_steps() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        // The first step says it has begun, waits to be let go, writes into the dead connection, and goes on.
        let apply = "printf %s \"$run\" >run; touch begun\nwhile [ ! -e go ]; do sleep 0.05; done\ni=0\nwhile [ $i -lt 2000 ]; do echo a line of output; i=$((i + 1)); done\ntouch finished";
        let plan = plan(vec![
            sh("test -e finished", apply),
            File::new(corner.text("second"), "x").into(),
        ]);
        let program = plan::compile(&plan, &nonce(), PUSH).unwrap();
        let mut child = corner.spawn();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&program).unwrap();
        let stdout = child.stdout.take().unwrap();
        until("the first step's begin", || corner.path("begun").exists());
        // As sshd does when the client is killed: both ends of both pipes are gone.
        drop(stdout);
        drop(stdin);
        until("the program's notice", || noticed(&corner));
        fs::write(corner.path("go"), "").unwrap();
        child.wait().unwrap();
        assert!(
            corner.path("finished").exists(),
            "the apply ran to its end under {shell:?}"
        );
        assert!(
            !corner.path("second").exists(),
            "no step began after it under {shell:?}"
        );
        let journal = fs::read(corner.path("state/journal")).unwrap();
        let told = read_journal(&plan, &journal);
        assert_eq!(
            told.outcomes(),
            [Outcome::Changed, Outcome::Skipped],
            "the journal has it all under {shell:?}"
        );
        // The next push converges.
        assert_eq!(corner.push(&plan).outcomes(), [Outcome::Ok, Outcome::Changed]);
    }
}

/// The journal begins with the second half; the controller's reader wants both.
fn read_journal(plan: &std::sync::Arc<provision::plan::Plan>, journal: &[u8]) -> crate::kit::shell::Done {
    let mut out = format!(
        "\n\x1e{0} hello 1\n\n\x1e{0} plan 2 0 1\n\n\x1e{0} end\n",
        nonce().as_str()
    )
    .into_bytes();
    out.extend_from_slice(journal);
    read(plan, PUSH, &out)
}

/// Whether the program has noticed that its stdin ended: the mark stands in its private directory, which the first
/// step has written down.
fn noticed(corner: &Corner) -> bool {
    let run = fs::read_to_string(corner.path("run")).unwrap();
    assert!(run.contains("/provision."), "{run}");
    std::path::Path::new(&run).join("stop").exists()
}

#[test]
fn a_daemon_holding_stdout_does_not_hide_the_end() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let plan = plan(vec![
            sh("test -e up", "sleep 30 & echo $! >pid; touch up"),
            sh("test -e second", "touch second"),
        ]);
        let mut child = corner.spawn();
        let mut stdin = child.stdin.take().unwrap();
        stdin
            .write_all(&plan::compile(&plan, &nonce(), PUSH).unwrap())
            .unwrap();
        let mut out = Vec::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        // The daemon keeps the pipe open for 30 s; the end is known long before.
        let started = Instant::now();
        for _half in 0..2 {
            assert_ne!(lines.read_until(b'\n', &mut out).unwrap(), 0);
            while !out.ends_with(b" end\n") {
                assert_ne!(lines.read_until(b'\n', &mut out).unwrap(), 0);
            }
        }
        assert!(started.elapsed() < Duration::from_secs(20));
        assert_eq!(read(&plan, PUSH, &out).status, HostStatus::Ok);
        let daemon = fs::read_to_string(corner.path("pid")).unwrap();
        assert!(
            Command::new("kill")
                .arg(daemon.trim())
                .status()
                .unwrap()
                .success()
        );
        drop(stdin);
        child.wait().unwrap();
    }
}

#[test]
fn stdin_at_its_end_starts_no_further_step() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let wait = "printf %s \"$run\" >run; touch begun; while [ ! -e go ]; do sleep 0.05; done; touch one";
        let plan = plan(vec![sh("test -e one", wait), sh("test -e two", "touch two")]);
        let mut child = corner.spawn();
        let mut stdin = child.stdin.take().unwrap();
        stdin
            .write_all(&plan::compile(&plan, &nonce(), PUSH).unwrap())
            .unwrap();
        until("the first step's begin", || corner.path("begun").exists());
        drop(stdin);
        until("the program's notice", || noticed(&corner));
        fs::write(corner.path("go"), "").unwrap();
        let mut out = Vec::new();
        child.stdout.take().unwrap().read_to_end(&mut out).unwrap();
        child.wait().unwrap();
        let done = read(&plan, PUSH, &out);
        assert_eq!(done.outcomes(), [Outcome::Changed, Outcome::Skipped]);
        assert_eq!(done.status, HostStatus::Cancelled);
    }
}

#[test]
fn two_pushes_do_not_change_one_host_at_once() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let wait = "printf %s \"$run\" >run; touch begun; while [ ! -e go ]; do sleep 0.05; done; touch one";
        let first = plan(vec![sh("test -e one", wait)]);
        let mut child = corner.spawn();
        let mut stdin = child.stdin.take().unwrap();
        stdin
            .write_all(&plan::compile(&first, &nonce(), PUSH).unwrap())
            .unwrap();
        until("the first push's begin", || corner.path("begun").exists());
        let second = corner.push(&plan(vec![sh("test -e two", "touch two"), sh("true", ":")]));
        assert_eq!(second.outcomes(), [Outcome::Failed, Outcome::Skipped]);
        let pid = child.id();
        assert!(second.events.iter().any(
            |event| matches!(event, Event::StepFinished { reason: Some(Reason::Locked { pid: by }), .. } if *by == pid)
        ));
        fs::write(corner.path("go"), "").unwrap();
        child.stdout.take().unwrap().read_to_end(&mut Vec::new()).unwrap();
        child.wait().unwrap();
        drop(stdin);
        assert_eq!(
            corner
                .push(&plan(vec![sh("test -e two", "touch two")]))
                .outcomes(),
            [Outcome::Changed]
        );
    }
}

#[test]
fn a_debt_outlives_the_run_that_made_it() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        // A service on this machine is not ours to restart; what is checked is the debt itself.
        let owing = || Resource::from(File::new(corner.text("conf"), "new")).notify("daemon");
        let done = corner.push(&plan(vec![owing(), sh("false", "false")]));
        assert_eq!(done.outcomes(), [Outcome::Changed, Outcome::Failed]);
        assert!(corner.path("state/debts/daemon").exists(), "under {shell:?}");
        let paying = || provision::resource::Service {
            name: "daemon".into(),
            running: None,
            enabled: None,
            on_change: provision::resource::OnChange::Reload,
            masked: None,
        };
        let later = plan(vec![owing(), paying().into()]);
        assert_eq!(
            corner.dry_run(&later).outcomes(),
            [Outcome::Ok, Outcome::WouldChange]
        );
        assert_eq!(corner.push(&later).outcomes(), [Outcome::Ok, Outcome::Changed]);
        assert_eq!(corner.push(&later).outcomes(), [Outcome::Ok, Outcome::Ok]);
    }
}

#[test]
fn the_snapshot_and_the_system_give_the_same_answers() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        fs::write(corner.path("file"), "content").unwrap();
        fs::write(corner.path("back\\slash"), "content").unwrap();
        fs::create_dir(corner.path("directory")).unwrap();
        std::os::unix::fs::symlink("file", corner.path("link")).unwrap();
        std::os::unix::fs::symlink("gone -> 'x'", corner.path("odd")).unwrap();
        assert!(
            Command::new("mkfifo")
                .arg(corner.path("fifo"))
                .status()
                .unwrap()
                .success()
        );
        let mut resources: Vec<Resource> = Vec::new();
        for name in [
            "file",
            "none",
            "directory",
            "link",
            "odd",
            "fifo",
            "back\\slash",
            "a -> b",
            "z",
        ] {
            let path = corner.text(name);
            resources.push(File::new(&path, "content").into());
            resources.push(File::new(format!("{path}.else"), "other").into());
            resources.push(Directory::new(&path).into());
            resources.push(Link::new(&path, "file").into());
            resources.push(Link::new(&path, "gone -> 'x'").into());
            resources.push(Link::absent(&path).into());
        }
        // Whoever runs this is 0 or somebody else; in both cases some of these hold.
        let uid = fs::metadata(corner.path("file")).unwrap().uid().to_string();
        for name in ["root", "nobody", "no-such-user", "nogroup", "65534", &uid] {
            for (owner, group) in [(Some(name), None), (None, Some(name)), (Some(name), Some(name))] {
                let (owner, group) = (owner.map(str::to_owned), group.map(str::to_owned));
                let file = File::new(corner.text("file"), "content");
                resources.push(File { owner, group, ..file }.into());
            }
        }
        for name in ["root", "nobody", "no-such-user"] {
            resources.push(
                provision::resource::User {
                    name: name.into(),
                    ..Default::default()
                }
                .into(),
            );
            resources.push(
                provision::resource::User {
                    name: name.into(),
                    groups: vec!["root".into()],
                    ..Default::default()
                }
                .into(),
            );
        }
        for name in ["bash", "dpkg", "no-such-package", "coreutils"] {
            resources.push(provision::resource::Package::lean(name).into());
        }
        let plan = plan(resources);
        let program = plan::compile(&plan, &nonce(), DRY_RUN).unwrap();
        let one_by_one = String::from_utf8(program.clone())
            .unwrap()
            .replace("\nfresh=1\n", "\nfresh=\n");
        assert_ne!(one_by_one.as_bytes(), program);
        let (bulk, single) = (
            corner.run_bytes(&program),
            corner.run_bytes(one_by_one.as_bytes()),
        );
        assert_eq!(
            String::from_utf8_lossy(&bulk),
            String::from_utf8_lossy(&single),
            "under {shell:?}"
        );
        let held = read(&plan, DRY_RUN, &bulk)
            .outcomes()
            .iter()
            .filter(|outcome| **outcome == Outcome::Ok)
            .count();
        assert!(held >= 12, "{held} of {} hold", plan.steps.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Content, names and links arrive as they were, whatever they are.
    #[test]
    fn hostile_strings_arrive_byte_exact(
        content in proptest::collection::vec(any::<u8>(), 0..300),
        name in "[ -.0-~é\u{3bb}]{1,30}",
        target in "[ -~]{1,30}",
    ) {
        for shell in SHELLS {
            let corner = Corner::new(shell);
            let (file, link) = (corner.text(&format!("f{name}")), corner.text(&format!("l{name}")));
            let plan = plan(vec![File::new(&file, content.clone()).into(), Link::new(&link, &target).into()]);
            let done = corner.push(&plan);
            prop_assert_eq!(done.outcomes(), [Outcome::Changed, Outcome::Changed], "{:?}: {:#?}", shell, done.events);
            prop_assert_eq!(&fs::read(&file).unwrap(), &content);
            let arrived = fs::read_link(&link).unwrap();
            prop_assert_eq!(arrived.to_str(), Some(target.as_str()));
            prop_assert_eq!(corner.push(&plan).outcomes(), [Outcome::Ok, Outcome::Ok]);
        }
    }
}

#[test]
fn every_byte_arrives() {
    let all: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let path = corner.text("bytes");
        assert_eq!(
            corner
                .push(&plan(vec![File::new(&path, all.clone()).into()]))
                .outcomes(),
            [Outcome::Changed]
        );
        assert_eq!(fs::read(&path).unwrap(), all, "under {shell:?}");
    }
}
