//! A project to begin with: it is sound, it can be pushed, and it is written whole or not at all.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::called::Place;
use crate::kit::host::TestHost;

const EXAMPLE: &str = "address = \"192.0.2.10\"";

/// Every path under `folder`, in order.
fn tree(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            found.push(path.strip_prefix(folder).unwrap().display().to_string());
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            }
        }
    }
    found.sort();
    found
}

const PROJECT: [&str; 6] = [
    "inventory.toml",
    "profiles",
    "profiles/base.toml",
    "profiles/modules",
    "profiles/modules/hello.toml",
    "profiles/modules/hello.txt",
];

#[test]
fn a_new_project_is_sound() {
    let place = Place::new(&[]);
    place.call(&["init"]).success().golden("init");
    assert_eq!(tree(place.dir.path()), PROJECT);
    place.call(&["validate"]).success().golden("init-validate");
    let set = ["validate", "--profile", "base"];
    let said = place.call(&set).success().stdout;
    assert!(said.contains("1 host, 3 steps"), "{said}");
    place
        .call(&["modules", "show", "hello", "--profile", "base"])
        .success()
        .golden("init-module");
}

#[test]
fn a_folder_is_made_and_others_may_look_into_it() {
    let place = Place::new(&[]);
    let said = place.call(&["init", "deep/my fleet"]).success();
    assert!(
        said.stdout.contains("\n  cd 'deep/my fleet'\n"),
        "{}",
        said.stdout
    );
    assert_eq!(tree(&place.path("deep/my fleet")), PROJECT);
    assert_eq!(
        fs::read_dir(place.path("deep")).unwrap().count(),
        1,
        "nothing else is left"
    );
    let mode = |path: &str| fs::metadata(place.path(path)).unwrap().permissions().mode() & 0o777;
    fs::create_dir(place.path("usual")).unwrap();
    assert_eq!(mode("deep/my fleet"), mode("usual"));
    assert_eq!(mode("deep/my fleet/profiles"), mode("usual"));
}

#[test]
fn nothing_is_written_over() {
    for (name, text) in [("inventory.toml", "mine"), ("profiles/mine.toml", "mine")] {
        let place = Place::new(&[(name, text)]);
        let before = tree(place.dir.path());
        let said = place.call(&["init"]).fails_with(2);
        assert!(
            said.stderr.contains("is in the way: it is there already"),
            "{}",
            said.stderr
        );
        assert_eq!(tree(place.dir.path()), before);
        assert_eq!(fs::read_to_string(place.path(name)).unwrap(), "mine");
    }
    let place = Place::new(&[("file", "mine"), ("other/README", "mine")]);
    symlink("nowhere", place.path("other/profiles")).unwrap();
    place
        .call(&["init", "file"])
        .fails_with(2)
        .golden("init-in-the-way");
    place.call(&["init", "other"]).fails_with(2);
    place.call(&["init", "file/within"]).fails_with(2);
    assert_eq!(tree(&place.path("other")), ["README", "profiles"]);
    // What is in nobody's way stays.
    fs::remove_file(place.path("other/profiles")).unwrap();
    place.call(&["init", "other"]).success();
    assert_eq!(fs::read_to_string(place.path("other/README")).unwrap(), "mine");
    place.call(&["init", "other"]).fails_with(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_project_can_be_pushed() {
    let host = TestHost::start().await;
    let place = Place::new(&[]);
    place.call(&["init"]).success();
    let inventory = fs::read_to_string(place.path("inventory.toml")).unwrap();
    assert!(inventory.contains(EXAMPLE), "{inventory}");
    let reached = format!(
        "address = \"127.0.0.1\"\nport = {}\nidentity_file = '{}'\nknown_hosts = '{}'\n#",
        host.server.port(),
        host.path("id").display(),
        host.path("known_hosts").display()
    );
    fs::write(place.path("inventory.toml"), inventory.replace(EXAMPLE, &reached)).unwrap();
    let dry = place
        .call(&["push", "--profile", "base", "--dry-run", "--diff"])
        .success();
    assert!(dry.stdout.contains("3 would change"), "{}", dry.stdout);
    assert!(!host.path("home/hello").exists());
    let first = place.call(&["push", "--profile", "base"]).success().stdout;
    assert!(first.contains("3 changed"), "{first}");
    assert_eq!(
        fs::read_to_string(host.path("home/hello/greeting.txt")).unwrap(),
        "Hello from a web server, this is server1.\nIt is in: web\n"
    );
    let second = place.call(&["push", "--profile", "base"]).success().stdout;
    assert!(
        second.contains("0 changed") && second.contains("3 ok"),
        "{second}"
    );
}
