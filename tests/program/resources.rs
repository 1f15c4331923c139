//! Kinds of state that can be placed without being root: dry-run, push, second push, repair.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use provision::config::{Data, Value};
use provision::diagnostic::{Origin, Source};
use provision::event::{HostStatus, Outcome};
use provision::resource::{Directory, File, Link, Mode, Resource, Sh};

use crate::kit::shell::{Corner, SHELLS, plan};

/// Reads a step as a user's module would write it.
pub(super) fn step(key: &str, text: &str) -> Resource {
    let source = Source::new("step.toml", text);
    let table = provision::document::parse(&source).unwrap();
    let value = Value {
        data: Data::Table(table),
        origin: Origin::new(&source, 0..0),
    };
    provision::resource::read(key, &value).unwrap()
}

fn sh(check: &str, apply: &str) -> Resource {
    Resource::from(Sh::new(check, apply))
}

/// Dry-run predicts `changes`; a push makes them; a second push makes none.
fn converges(corner: &Corner, resources: Vec<Resource>, changes: &[usize]) {
    let plan = plan(resources);
    let predicted: Vec<Outcome> = (0..plan.steps.len())
        .map(|step| {
            if changes.contains(&step) {
                Outcome::WouldChange
            } else {
                Outcome::Ok
            }
        })
        .collect();
    assert_eq!(
        corner.dry_run(&plan).outcomes(),
        predicted,
        "dry-run under {:?}",
        corner.shell
    );
    let done = corner.push(&plan);
    let changed: Vec<Outcome> = (0..plan.steps.len())
        .map(|step| {
            if changes.contains(&step) {
                Outcome::Changed
            } else {
                Outcome::Ok
            }
        })
        .collect();
    assert_eq!(
        done.outcomes(),
        changed,
        "push under {:?}: {:#?}",
        corner.shell,
        done.events
    );
    assert_eq!(done.status, HostStatus::Ok);
    let again = corner.push(&plan);
    assert!(
        again.outcomes().iter().all(|outcome| *outcome == Outcome::Ok),
        "{:#?}",
        again.events
    );
}

#[test]
fn files_are_placed_repaired_and_removed() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let path = corner.text("a file");
        let wanted = || {
            vec![
                File {
                    mode: Some(Mode::new(0o640)),
                    ..File::new(&path, "one\ntwo")
                }
                .into(),
            ]
        };
        converges(&corner, wanted(), &[0]);
        assert_eq!(fs::read(&path).unwrap(), b"one\ntwo");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o640);
        fs::write(&path, "edited").unwrap();
        converges(&corner, wanted(), &[0]);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
        converges(&corner, wanted(), &[0]);
        converges(&corner, vec![File::absent(&path).into()], &[0]);
        assert!(!fs::exists(&path).unwrap());
        assert_eq!(
            fs::read_dir(corner.dir.path()).unwrap().count(),
            1,
            "only the state is left"
        );
    }
}

#[test]
fn a_file_keeps_what_is_not_said_about_it() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let path = corner.text("kept");
        fs::write(&path, "before").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).unwrap();
        converges(&corner, vec![File::new(&path, "after").into()], &[0]);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o604);
        let touched = vec![
            File {
                content: None,
                mode: Some(Mode::new(0o600)),
                ..File::new(&path, "")
            }
            .into(),
        ];
        converges(&corner, touched, &[0]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        let made = corner.text("made");
        converges(
            &corner,
            vec![
                File {
                    content: None,
                    ..File::new(&made, "")
                }
                .into(),
            ],
            &[0],
        );
        assert_eq!(fs::read(&made).unwrap(), b"");
        assert_eq!(fs::metadata(&made).unwrap().mode() & 0o7777, 0o644);
    }
}

#[test]
fn what_is_no_file_is_not_replaced_or_followed() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        fs::write(corner.path("target"), "untouched").unwrap();
        symlink("target", corner.path("link")).unwrap();
        fs::create_dir(corner.path("directory")).unwrap();
        for name in ["link", "directory"] {
            let done = corner.push(&plan(vec![File::new(corner.text(name), "x").into()]));
            assert_eq!(done.outcomes(), [Outcome::Failed], "{name} under {shell:?}");
        }
        let done = corner.push(&plan(vec![File::new(corner.text("none/such"), "x").into()]));
        assert_eq!(done.outcomes(), [Outcome::Failed]);
        assert_eq!(fs::read_to_string(corner.path("target")).unwrap(), "untouched");
        assert!(fs::symlink_metadata(corner.path("link")).unwrap().is_symlink());
    }
}

#[test]
fn directories_and_links_are_placed_and_removed() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let (deep, link) = (corner.text("a/b c/d"), corner.text("li 'nk"));
        let wanted = || -> Vec<Resource> {
            vec![
                Directory {
                    mode: Some(Mode::new(0o1770)),
                    ..Directory::new(&deep)
                }
                .into(),
                Link::new(&link, "a/b c").into(),
                File::new(format!("{deep}/f"), "x").into(),
            ]
        };
        converges(&corner, wanted(), &[0, 1, 2]);
        assert_eq!(fs::metadata(&deep).unwrap().mode() & 0o7777, 0o1770);
        assert_eq!(fs::read_link(&link).unwrap().to_str(), Some("a/b c"));
        converges(&corner, vec![Link::new(&link, "elsewhere -> 'x'").into()], &[0]);
        fs::remove_file(&link).unwrap();
        fs::write(&link, "a file now").unwrap();
        assert_eq!(
            corner.push(&plan(vec![Link::new(&link, "x").into()])).outcomes(),
            [Outcome::Failed]
        );
        fs::remove_file(&link).unwrap();
        converges(&corner, vec![Link::absent(&link).into()], &[]);
        let gone = Directory {
            state: provision::resource::Presence::Absent,
            ..Directory::new(corner.text("a"))
        };
        converges(&corner, vec![gone.into()], &[0]);
        assert!(!fs::exists(corner.path("a")).unwrap());
    }
}

#[test]
fn a_users_own_step_checks_applies_and_verifies() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let good = || vec![sh("test -e done", "set -- *\necho $# >done")];
        converges(&corner, good(), &[0]);
        // The state's directory is there while the step runs, nothing else.
        assert_eq!(fs::read_to_string(corner.path("done")).unwrap(), "1\n");
        // The first command that fails ends the apply; what comes after it is not done.
        let done = corner.push(&plan(vec![sh("false", "echo said; false\ntouch after")]));
        assert_eq!(done.outcomes(), [Outcome::Failed]);
        assert!(!fs::exists(corner.path("after")).unwrap());
        // Syntax errors stay inside their step.
        let done = corner.push(&plan(vec![sh("false", "if } ( ' echo"), sh("true", ":")]));
        assert_eq!(done.outcomes(), [Outcome::Failed, Outcome::Skipped]);
        let done = corner.push(&plan(vec![sh("if } ( ' echo", "touch syntax")]));
        assert_eq!(done.outcomes(), [Outcome::Failed]);
    }
}

#[test]
fn steps_read_from_toml_are_the_same_resources() {
    let corner = Corner::new(SHELLS[0]);
    let path = corner.text("motd");
    let file = step(
        "file",
        &format!("file = {path:?}\ncontent = \"hi\\n\"\nmode = \"0600\""),
    );
    converges(&corner, vec![file], &[0]);
    let once = corner.text("once");
    let once = step(
        "sh",
        &format!("sh = {{ check = \"test -e {once}\", apply = \"touch {once}\" }}"),
    );
    converges(&corner, vec![once], &[0]);
}

#[test]
fn owners_are_names_or_numbers() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let path = corner.text("owned");
        fs::write(&path, "x").unwrap();
        let owner = fs::metadata(&path).unwrap();
        let owned = |owner: &str, group: &str| {
            let file = File::new(&path, "x");
            let (owner, group) = (Some(owner.to_owned()), Some(group.to_owned()));
            vec![File { owner, group, ..file }.into()]
        };
        let (uid, gid) = (owner.uid().to_string(), owner.gid().to_string());
        converges(&corner, owned(&uid, &gid), &[]);
        // Only root can give a file away.
        if owner.uid() == 0 {
            converges(&corner, owned("root", "root"), &[]);
            converges(&corner, owned("nobody", "root"), &[0]);
            converges(&corner, owned("65534", "nogroup"), &[0]);
            converges(&corner, owned("root", "0"), &[0]);
        }
        let done = corner.dry_run(&plan(owned("no-such-user", &gid)));
        assert_eq!(done.outcomes(), [Outcome::WouldChange]);
    }
}
