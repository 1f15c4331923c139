//! `provision copy` to and from hosts inside this process.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::fleets::{Fleet, fleet};
use crate::kit::proxy::{Fault, Proxy};
use crate::kit::tree::{noise, plant, tree};

fn home(fleet: &Fleet, host: &str) -> PathBuf {
    fleet.homes.path().join(host)
}

/// Nothing unfinished is left anywhere below.
fn assert_tidy(root: &Path) {
    let left: Vec<PathBuf> = tree(root).into_keys().collect();
    let unfinished = left
        .iter()
        .any(|path| path.to_string_lossy().contains(".provision-copy"));
    assert!(!unfinished, "{left:?}");
}

#[test]
fn a_tree_goes_there_and_comes_back_byte_for_byte() {
    let fleet = fleet(2);
    let place = &fleet.place;
    let source = place.path("tree");
    plant(&source);
    let before = tree(&home(&fleet, "web001"));
    let said = place
        .call(&["copy", "up", "--dry-run", "tree", "~/app"])
        .success()
        .stdout;
    assert!(said.contains("file ~/app/with space/and 'quote'"), "{said}");
    assert!(said.contains("web[001-002]: 14 changes"), "{said}");
    assert_eq!(tree(&home(&fleet, "web001")), before, "a dry-run writes nothing");

    let said = place.call(&["copy", "up", "tree", "~/app"]).success().stdout;
    assert!(said.contains("14 changed"), "{said}");
    for host in ["web001", "web002"] {
        assert_eq!(tree(&home(&fleet, host).join("app")), tree(&source), "{host}");
        assert_tidy(&home(&fleet, host));
    }
    let said = place.call(&["copy", "up", "tree", "~/app"]).success().stdout;
    assert!(said.contains("unchanged"), "{said}");
    assert!(!said.contains("14 changed"), "{said}");

    // One host has another content, the other another mode: each gets what it lacks.
    fs::write(home(&fleet, "web001").join("app/plain"), b"TEXT\n").unwrap();
    let mode = fs::Permissions::from_mode(0o777);
    fs::set_permissions(home(&fleet, "web002").join("app/plain"), mode).unwrap();
    place.call(&["copy", "up", "tree", "~/app"]).success();
    for host in ["web001", "web002"] {
        assert_eq!(tree(&home(&fleet, host).join("app")), tree(&source), "{host}");
    }

    let said = place
        .call(&["copy", "down", "--dry-run", "~/app", "~/app/plain", "back"])
        .success()
        .stdout;
    assert!(
        said.contains("data/large: would be copied, 3000001 bytes"),
        "{said}"
    );
    assert!(!place.path("back").exists(), "a dry-run writes nothing");
    place
        .call(&["copy", "down", "~/app", "~/app/plain", "back"])
        .success();
    for host in ["web001", "web002"] {
        let back = place.path("back").join(host);
        assert_eq!(tree(&back.join("app")), tree(&source), "{host}");
        assert_eq!(fs::read(back.join("plain")).unwrap(), b"text\n");
        assert_tidy(&back);
    }
    let said = place.call(&["copy", "down", "~/app", "back"]).success().stdout;
    assert!(said.contains("unchanged"), "{said}");
    // What is here and differs stays, and the others are fetched all the same.
    let kept = place.path("back/web001/app/plain");
    fs::write(&kept, b"mine").unwrap();
    fs::remove_file(place.path("back/web001/app/empty")).unwrap();
    let said = place
        .call(&["copy", "down", "~/app", "back"])
        .fails_with(1)
        .stdout;
    assert!(said.contains("--force replaces it"), "{said}");
    assert_eq!(fs::read(&kept).unwrap(), b"mine");
    assert!(place.path("back/web001/app/empty").exists());
    place
        .call(&["copy", "down", "--force", "~/app", "back"])
        .success();
    assert_eq!(fs::read(&kept).unwrap(), b"text\n");
    // Copies are recorded as other runs are.
    let said = place.call(&["runs"]).success().stdout;
    assert!(said.contains("down ~/app back"), "{said}");
    place.call(&["runs", "show", "last"]).success();
    place.call(&["replay", "last"]).success();
}

#[test]
fn names_modes_and_what_is_in_the_way() {
    let fleet = fleet(1);
    let place = &fleet.place;
    let at = home(&fleet, "web001");
    fs::write(place.path("a"), "a").unwrap();
    fs::write(place.path("b"), "b").unwrap();
    place
        .call(&["copy", "up", "a", "b", "~/new/folder/", "--mode", "0604"])
        .success();
    for name in ["a", "b"] {
        let path = at.join("new/folder").join(name);
        assert_eq!(fs::read_to_string(&path).unwrap(), name);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o604);
    }
    // A name is replaced, a link too and not what it leads to; a directory is not.
    symlink("new/folder/b", at.join("link")).unwrap();
    place.call(&["copy", "up", "a", "~/link"]).success();
    assert!(fs::symlink_metadata(at.join("link")).unwrap().is_file());
    assert_eq!(fs::read_to_string(at.join("new/folder/b")).unwrap(), "b");
    let said = place.call(&["copy", "up", "a", "~/new"]).fails_with(1).stdout;
    assert!(said.contains("end the target in `/`"), "{said}");
    // One file's trouble is its own.
    fs::create_dir(at.join("new/folder/c")).unwrap();
    fs::write(place.path("c"), "c").unwrap();
    fs::write(place.path("d"), "d").unwrap();
    place
        .call(&["copy", "up", "c", "d", "~/new/folder/"])
        .fails_with(1);
    assert_eq!(fs::read_to_string(at.join("new/folder/d")).unwrap(), "d");
    let said = place
        .call(&["copy", "down", "~/none", "~/new", "back"])
        .fails_with(1)
        .stdout;
    assert!(said.contains("no such file"), "{said}");
    assert!(place.path("back/web001/new/folder/d").exists());
    // More than is taken is not begun.
    let said = place
        .call(&["copy", "down", "~/new", "other", "--max-size", "2"])
        .fails_with(1)
        .stdout;
    assert!(said.contains("--max-size"), "{said}");
    assert!(!place.path("other").exists());
    // Links on the host are left out, and that is said.
    symlink("/etc/passwd", at.join("new/passwd")).unwrap();
    let said = place
        .call(&["copy", "down", "~/new", "third", "-v"])
        .success()
        .stdout;
    assert!(said.contains("left out, links and special files: 1"), "{said}");
    assert!(fs::symlink_metadata(place.path("third/web001/new/passwd")).is_err());
}

#[test]
fn what_cannot_be_meant_is_refused_before_any_contact() {
    let fleet = fleet(1);
    let place = &fleet.place;
    fs::create_dir_all(place.path("t")).unwrap();
    fs::write(place.path("a"), "a").unwrap();
    symlink("a", place.path("t/link")).unwrap();
    for (args, why) in [
        (&["up", "a", "relative"][..], "no path of a host"),
        (&["up", "a", "t", "/x"], "cannot all become"),
        (&["up", "none", "/x"], "cannot read none"),
        (&["up", "t", "/x"], "symbolic link"),
        (&["up", "a", "./a", "/x/"], "would become"),
        (&["up", "/", "/x/"], "no name"),
        (&["up", "a", "/x", "--owner", "a b"], "no user's name"),
        (&["up", "a", "/x", "--owner", ":"], "names nobody"),
        (&["up", "a", "/x", "--mode", "999"], "octal"),
        (&["down", "/", "here"], "no name"),
        (&["down", "/a/x", "/b/x", "here"], "same name"),
        (&["down", "../x", "here"], "no path of a host"),
        (&["down", "/x", "here", "--max-size", "1X"], "a size is"),
        (&["down", "/x"], "required"),
    ] {
        let said = place.call(&[&["copy"], args].concat()).fails_with(2);
        assert!(said.stderr.contains(why), "{args:?}\n{}", said.stderr);
        assert!(said.stdout.is_empty(), "{}", said.stdout);
    }
    assert!(!place.path("here").exists());
    place.call(&["copy", "up", "t", "~/t", "--skip-links"]).success();
    assert!(home(&fleet, "web001").join("t").is_dir());
}

/// An inventory that reaches the only host through a proxy which fails as `fault` says.
fn cut(fleet: &Fleet, runtime: &tokio::runtime::Runtime, fault: Fault) -> Proxy {
    let text = fs::read_to_string(fleet.place.path("inventory.toml")).unwrap();
    let port = text
        .lines()
        .find_map(|line| line.strip_prefix("port = "))
        .unwrap();
    let proxy = runtime.block_on(Proxy::start(port.parse().unwrap(), fault));
    let known = fleet.homes.path().join("known_hosts");
    let keys = fs::read_to_string(&known).unwrap();
    let key = keys.lines().next().unwrap().split_once(' ').unwrap().1.to_owned();
    fs::write(&known, format!("{keys}[127.0.0.1]:{} {key}\n", proxy.port)).unwrap();
    let text = text.replace(&format!("port = {port}\n"), &format!("port = {}\n", proxy.port));
    fs::write(fleet.place.path("cut.toml"), text).unwrap();
    proxy
}

#[test]
fn a_cut_copy_is_gone_on_with_and_nothing_half_is_in_place() {
    let fleet = fleet(1);
    let place = &fleet.place;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let at = home(&fleet, "web001");
    let large = noise(12_000_000, 2_654_435_761);
    fs::write(place.path("large"), &large).unwrap();
    let fault = Fault {
        cut_up: Some(8_000_000),
        ..Fault::default()
    };
    let proxy = cut(&fleet, &runtime, fault);
    let said = place
        .call(&["copy", "up", "--hosts", "cut.toml", "large", "~/large"])
        .fails_with(1)
        .stdout;
    assert!(said.contains("lost"), "{said}");
    assert!(!at.join("large").exists());
    drop(proxy);
    let part = unfinished(&at);
    let before = fs::metadata(&part).unwrap().len();
    assert!(before > 2_000_000, "{before} bytes were kept");
    assert_eq!(
        fs::metadata(part.parent().unwrap()).unwrap().mode() & 0o777,
        0o700
    );

    let proxy = cut(&fleet, &runtime, Fault::default());
    place
        .call(&["copy", "up", "--hosts", "cut.toml", "large", "~/large"])
        .success();
    assert_eq!(fs::read(at.join("large")).unwrap(), large);
    let sent = proxy.passed.up.load(std::sync::atomic::Ordering::SeqCst);
    assert!(
        sent < 12_000_000 - before + 500_000,
        "{sent} bytes, {before} were there"
    );
    assert_tidy(&at);

    // The other way.
    let fault = Fault {
        cut_down: Some(8_000_000),
        ..Fault::default()
    };
    let proxy = cut(&fleet, &runtime, fault);
    place
        .call(&["copy", "down", "--hosts", "cut.toml", "~/large", "back"])
        .fails_with(1);
    let back = place.path("back/web001");
    assert!(!back.join("large").exists());
    drop(proxy);
    let part = unfinished(&back);
    let before = fs::metadata(&part).unwrap().len();
    assert!(before > 2_000_000, "{before} bytes were kept");
    let proxy = cut(&fleet, &runtime, Fault::default());
    place
        .call(&["copy", "down", "--hosts", "cut.toml", "~/large", "back"])
        .success();
    assert_eq!(fs::read(back.join("large")).unwrap(), large);
    let sent = proxy.passed.down.load(std::sync::atomic::Ordering::SeqCst);
    assert!(
        sent < 12_000_000 - before + 500_000,
        "{sent} bytes, {before} were there"
    );
    assert_tidy(&back);
}

/// The only unfinished file below, which only its owner may read.
fn unfinished(root: &Path) -> PathBuf {
    let all = tree(root).into_iter();
    let mut parts = all.filter(|(path, (_, content))| {
        let name = path.to_string_lossy();
        // That somebody is at it is no part of a file.
        content.is_some() && name.contains(".provision-copy") && !name.contains("/.hold.")
    });
    let (part, (mode, _)) = parts.next().unwrap();
    assert_eq!(mode, 0o600);
    assert!(parts.next().is_none());
    root.join(part)
}

#[test]
fn a_part_that_is_not_what_it_should_be_is_not_gone_on_with() {
    let fleet = fleet(1);
    let place = &fleet.place;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let at = home(&fleet, "web001");
    let large = noise(12_000_000, 40_503);
    fs::write(place.path("large"), &large).unwrap();
    let fault = Fault {
        cut_up: Some(8_000_000),
        ..Fault::default()
    };
    let proxy = cut(&fleet, &runtime, fault);
    place
        .call(&["copy", "up", "--hosts", "cut.toml", "large", "~/large"])
        .fails_with(1);
    drop(proxy);
    let part = unfinished(&at);
    let mut content = fs::read(&part).unwrap();
    content[1000] ^= 1;
    fs::write(&part, content).unwrap();
    place.call(&["copy", "up", "large", "~/large"]).success();
    assert_eq!(fs::read(at.join("large")).unwrap(), large);
    assert_tidy(&at);
}

#[test]
fn an_empty_directory_is_a_directory_all_the_same() {
    let fleet = fleet(1);
    let place = &fleet.place;
    let at = home(&fleet, "web001").join("hollow");
    fs::create_dir(&at).unwrap();
    fs::set_permissions(&at, fs::Permissions::from_mode(0o750)).unwrap();
    let said = place.call(&["copy", "down", "~/hollow", "back"]).success().stdout;
    assert!(said.contains("1 changed"), "{said}");
    let back = place.path("back/web001/hollow");
    assert_eq!(fs::metadata(&back).unwrap().mode() & 0o7777, 0o750);
    let said = place.call(&["copy", "down", "~/hollow", "back"]).success().stdout;
    assert!(said.contains("unchanged"), "{said}");
    // Where a file has its name, it is said of the directory.
    fs::write(home(&fleet, "web001").join("file"), "").unwrap();
    let said = place.call(&["copy", "up", "back", "~/file"]).fails_with(1).stdout;
    assert!(
        said.contains("something else than a directory stands in its place"),
        "{said}"
    );
}

#[test]
fn two_at_once_into_one_directory_do_not_take_it_from_each_other() {
    let fleet = fleet(1);
    let place = &fleet.place;
    for run in ["one", "two"] {
        fs::create_dir(place.path(run)).unwrap();
        for number in 0..40 {
            fs::write(place.path(run).join(format!("{run}{number}")), run).unwrap();
        }
    }
    let runs = ["one", "two"].map(|run| {
        let files = (0..40).map(|number| format!("{run}/{run}{number}"));
        let files: Vec<String> = files.collect();
        let mut command = place.command(&["copy", "up"]);
        command
            .args(files)
            .arg("~/both/")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    });
    for run in runs {
        let output = run.wait_with_output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
    let both = home(&fleet, "web001").join("both");
    assert_eq!(fs::read_dir(&both).unwrap().count(), 80);
}
