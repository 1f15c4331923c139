//! What comes from elsewhere, where that is a path of the host: downloads, archives and checkouts, placed without being
//! root by the programs hosts have.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use provision::event::{Event, Outcome};
use provision::plan::Plan;
use provision::resource::{Archive, Download, Git, Resource, Url};

use crate::kit::shell::{Corner, SHELLS, plan};

/// A dry-run predicts a change, a push makes it, a second push makes none.
fn converges(corner: &Corner, resource: &Resource) {
    let plan = plan(vec![resource.clone()]);
    let one = |outcomes: Vec<Outcome>, wanted| {
        assert_eq!(outcomes, [wanted], "{:?} under {:?}", resource, corner.shell);
    };
    one(corner.dry_run(&plan).outcomes(), Outcome::WouldChange);
    let done = corner.push(&plan);
    assert_eq!(
        done.outcomes(),
        [Outcome::Changed],
        "{:?}: {:#?}",
        corner.shell,
        done.events
    );
    one(corner.push(&plan).outcomes(), Outcome::Ok);
}

/// What a push that fails says.
fn refusal(corner: &Corner, plan: &Arc<Plan>) -> String {
    let done = corner.push(plan);
    assert_eq!(done.outcomes(), [Outcome::Failed], "{:?}", corner.shell);
    let said = done.events.iter().find_map(|event| match event {
        Event::StepFinished { output, .. } => Some(String::from_utf8_lossy(output).into_owned()),
        _ => None,
    });
    said.unwrap()
}

fn run(folder: &Path, script: &str) {
    let done = Command::new("sh")
        .args(["-ec", script])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{script}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

fn download(corner: &Corner, sha256: Option<&str>) -> Resource {
    Download {
        path: corner.text("it's got"),
        url: Url::new(format!("file://{}", corner.text("there"))),
        sha256: sha256.map(str::to_owned),
        headers: [].into(),
        mode: None,
        owner: None,
        group: None,
    }
    .into()
}

#[test]
fn a_download_is_fetched_once_and_again_when_it_is_not_as_it_came() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        fs::write(corner.path("there"), "text\n").unwrap();
        converges(&corner, &download(&corner, None));
        fs::write(corner.path("it's got"), "other\n").unwrap();
        converges(&corner, &download(&corner, None));
        // With a digest, what came without one is looked at and not fetched again.
        let digest = "b9e68e1bea3e5b19ca6b2f98b73a54b73daafaa250484902e09982e07a12e733";
        let known = plan(vec![download(&corner, Some(digest))]);
        assert_eq!(corner.push(&known).outcomes(), [Outcome::Ok], "{shell:?}");
        fs::write(corner.path("there"), "evil\n").unwrap();
        fs::write(corner.path("it's got"), "other\n").unwrap();
        let said = refusal(&corner, &known);
        assert!(said.contains("it is not used"), "{said}");
        assert_eq!(fs::read_to_string(corner.path("it's got")).unwrap(), "other\n");
    }
}

fn archive(corner: &Corner, strip: u8) -> Resource {
    Archive {
        path: corner.text("un packed"),
        source: None,
        from: Some(corner.text("made.tar.gz")),
        url: None,
        sha256: None,
        headers: [].into(),
        strip,
        owner: None,
        group: None,
        content: None,
    }
    .into()
}

#[test]
fn an_archive_is_unpacked_whole_and_mended() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let made = "mkdir -p top/bin && echo one >top/bin/tool && echo x >\"top/it's - here\" && ln -sf bin/tool top/link && tar -czf made.tar.gz top";
        run(corner.dir.path(), made);
        converges(&corner, &archive(&corner, 1));
        let tool = corner.path("un packed/bin/tool");
        assert_eq!(fs::read_to_string(&tool).unwrap(), "one\n");
        fs::write(corner.path("un packed/mine"), "mine").unwrap();
        for damage in [
            "rm 'un packed/bin/tool'",
            "echo two >>'un packed/bin/tool'",
            "rm -r 'un packed/bin'",
            "ln -sf x 'un packed/link'",
        ] {
            run(corner.dir.path(), damage);
            converges(&corner, &archive(&corner, 1));
            assert_eq!(fs::read_to_string(&tool).unwrap(), "one\n", "{damage}");
        }
        // Another archive: what it no longer has goes, what is somebody else's stays.
        run(
            corner.dir.path(),
            "rm \"top/it's - here\" && echo new >top/new && tar -czf made.tar.gz top",
        );
        converges(&corner, &archive(&corner, 1));
        assert!(!fs::exists(corner.path("un packed/it's - here")).unwrap());
        assert!(
            fs::exists(corner.path("un packed/new")).unwrap()
                && fs::exists(corner.path("un packed/mine")).unwrap()
        );
        let left = fs::read_dir(corner.path("un packed"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        assert_eq!(left.count(), 4, "bin, link, new and mine");
        // A bad one changes nothing.
        fs::write(corner.path("made.tar.gz"), "no archive").unwrap();
        refusal(&corner, &plan(vec![archive(&corner, 1)]));
        assert_eq!(fs::read_to_string(&tool).unwrap(), "one\n");
        assert_eq!(fs::read_dir(corner.path("un packed")).unwrap().count(), 4);
    }
}

fn checkout(corner: &Corner, reference: &str, force: bool) -> Resource {
    Git {
        path: corner.text("check out"),
        url: Url::new(corner.text("origin")),
        reference: reference.into(),
        force,
        depth: None,
        owner: None,
    }
    .into()
}

#[test]
fn a_checkout_follows_its_branch_and_loses_nothing() {
    for shell in SHELLS {
        let corner = Corner::new(shell);
        let origin = corner.dir.path();
        let identity = "export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com";
        let run = |script: &str| run(origin, &format!("{identity}\n{script}"));
        run(
            "git init -q -b main origin && cd origin && echo one >file && git add file && git commit -qm one && git tag -am v1 v1",
        );
        converges(&corner, &checkout(&corner, "main", false));
        run("cd origin && echo two >file && git commit -qam two");
        converges(&corner, &checkout(&corner, "main", false));
        let file = corner.path("check out/file");
        assert_eq!(fs::read_to_string(&file).unwrap(), "two\n");
        converges(&corner, &checkout(&corner, "v1", false));
        assert_eq!(fs::read_to_string(&file).unwrap(), "one\n");

        // Changes of somebody's own.
        fs::write(&file, "mine\n").unwrap();
        let told = refusal(&corner, &plan(vec![checkout(&corner, "main", false)]));
        assert!(
            told.contains("changes of its own") && told.contains("M file"),
            "{told}"
        );
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine\n");
        converges(&corner, &checkout(&corner, "main", true));
        assert_eq!(fs::read_to_string(&file).unwrap(), "two\n");

        // Commits of somebody's own.
        run("cd 'check out' && echo mine >file && git commit -qam mine");
        let told = refusal(&corner, &plan(vec![checkout(&corner, "main", false)]));
        assert!(told.contains("commits of its own"), "{told}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine\n");
        converges(&corner, &checkout(&corner, "main", true));

        // A history written anew is the remote's business.
        run("cd origin && git commit -q --amend -m again");
        converges(&corner, &checkout(&corner, "main", false));
        let told = refusal(&corner, &plan(vec![checkout(&corner, "no-such", false)]));
        assert!(told.contains("has no no-such"), "{told}");
        // What is there and is something else.
        fs::remove_dir_all(corner.path("check out/.git")).unwrap();
        let told = refusal(&corner, &plan(vec![checkout(&corner, "main", true)]));
        assert!(told.contains("neither empty nor a checkout"), "{told}");
    }
}
