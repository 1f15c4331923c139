//! `provision copy` to real sshds: Debian with coreutils, busybox behind sudo, and a link that is cut.

use std::path::Path;
use std::sync::atomic::Ordering;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::kit::binary::{Folder, Provision, Told};
use crate::kit::docker::{self, Host};
use crate::kit::proxy::{Fault, Proxy};
use crate::kit::tree::{noise, plant, tree};

const DEBIAN: Host = Host("db1");
const BUSYBOX: Host = Host("edge1");

fn copy(inventory: &Path, args: &[&str]) -> Told {
    Provision::new("copy")
        .args(args)
        .arg("--hosts")
        .arg(inventory)
        .args(["--output", "plain"])
        .plain()
}

#[test]
fn trees_and_large_files_go_to_coreutils_and_busybox_and_come_back() {
    let Some(_lease) = docker::lease(&["db1", "edge1"]) else {
        return;
    };
    let folder = Folder::new();
    let inventory = folder.inventory(&(DEBIAN.entry("db1") + &BUSYBOX.entry("edge1")));
    let source = folder.path("tree");
    std::fs::create_dir(&source).unwrap();
    plant(&source);
    let large = noise(64 << 20, 2_654_435_761);
    std::fs::write(source.join("data/64M"), &large).unwrap();
    let sum = HEXLOWER.encode(&Sha256::digest(&large));
    let source = source.to_str().unwrap();

    for host in [DEBIAN, BUSYBOX] {
        host.sh("rm -rf /srv/copied");
    }
    let dry = copy(&inventory, &["up", "--dry-run", source, "/srv/copied"]).exits(0);
    assert!(dry.stdout.contains("db1, edge1: 15 changes"), "{}", dry.stdout);
    for host in [DEBIAN, BUSYBOX] {
        assert!(!host.holds("[ -e /srv/copied ]"), "a dry-run writes nothing");
    }
    let told = copy(
        &inventory,
        &["up", "--owner", "www-data:games", source, "/srv/copied"],
    )
    .exits(0);
    assert!(told.stdout.contains("15 changed"), "{}", told.stdout);
    for host in [DEBIAN, BUSYBOX] {
        assert!(host.sh("sha256sum /srv/copied/data/64M").starts_with(&sum));
        assert_eq!(
            host.sh("cd /srv/copied; stat -c '%U %G %a' . empty 'with space' bin/run.sh hollow"),
            "www-data games 755\nwww-data games 444\nwww-data games 755\nwww-data games 755\nwww-data games 750\n"
        );
        assert_eq!(host.sh("find /srv -name '.provision*' | wc -l").trim(), "0");
    }
    let told = copy(
        &inventory,
        &["up", "--owner", "www-data:games", source, "/srv/copied"],
    )
    .exits(0);
    assert!(told.stdout.contains("unchanged (15 steps ok)"), "{}", told.stdout);

    let back = folder.path("back");
    let told = copy(&inventory, &["down", "/srv/copied", back.to_str().unwrap()]).exits(0);
    println!("{}", told.stdout);
    let sent = tree(Path::new(source));
    for host in ["db1", "edge1"] {
        let got = tree(&back.join(host).join("copied"));
        assert_eq!(
            got.keys().collect::<Vec<_>>(),
            sent.keys().collect::<Vec<_>>(),
            "{host}"
        );
        assert!(got == sent, "{host}: another content or mode");
    }
    // Who logs in to edge1 may not write there without becoming root, and db1 does not care.
    let told = copy(&inventory, &["up", "--become=none", source, "/srv/copied2"]);
    assert_eq!(told.code, Some(1), "{}", told.stdout);
    assert!(
        told.stdout.contains("cannot be made or written to"),
        "{}",
        told.stdout
    );
    assert!(DEBIAN.holds("[ -s /srv/copied2/data/64M ]"));
    assert!(!BUSYBOX.holds("[ -e /srv/copied2 ]"));
    for host in [DEBIAN, BUSYBOX] {
        host.sh("rm -rf /srv/copied /srv/copied2");
    }
}

#[test]
fn a_cut_link_costs_what_was_under_way() {
    let Some(_lease) = docker::lease(&["edge1"]) else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = Folder::new();
    let large = noise(64 << 20, 40_503);
    let source = folder.path("64M");
    std::fs::write(&source, &large).unwrap();
    let source = source.to_str().unwrap();
    let keys = BUSYBOX.sh("cat /etc/ssh/ssh_host_*_key.pub");
    let through = |fault: Fault| {
        let proxy = runtime.block_on(Proxy::start(BUSYBOX.port(), fault));
        let lines = keys
            .lines()
            .map(|key| format!("[127.0.0.1]:{} {key}\n", proxy.port));
        let known = folder.write("known_hosts", &lines.collect::<String>());
        let entry = BUSYBOX.entry("edge1").replace(
            &format!("port = {}", BUSYBOX.port()),
            &format!("port = {}\nknown_hosts = \"{}\"", proxy.port, known.display()),
        );
        let inventory = folder.inventory(&entry);
        (proxy, inventory)
    };
    BUSYBOX.sh("rm -rf /srv/cut");
    let half = 40 << 20;
    let (proxy, inventory) = through(Fault {
        cut_up: Some(half),
        ..Fault::default()
    });
    let told = copy(&inventory, &["up", source, "/srv/cut/64M"]);
    assert_eq!(told.code, Some(1), "{}{}", told.stdout, told.stderr);
    drop(proxy);
    assert!(!BUSYBOX.holds("[ -e /srv/cut/64M ]"));
    BUSYBOX.until("the program has seen the end", "! pgrep dd");
    let (proxy, inventory) = through(Fault::default());
    copy(&inventory, &["up", source, "/srv/cut/64M"]).exits(0);
    let sent = proxy.passed.up.load(Ordering::SeqCst);
    assert!(
        sent < (64 << 20) - half + (8 << 20),
        "{sent} bytes were sent again"
    );
    let sum = HEXLOWER.encode(&Sha256::digest(&large));
    assert!(BUSYBOX.sh("sha256sum /srv/cut/64M").starts_with(&sum));
    assert_eq!(BUSYBOX.sh("ls -A /srv/cut"), "64M\n");
    drop(proxy);

    // Ctrl-C in the middle, where it cannot go on: nothing in place, at once.
    let (_proxy, inventory) = through(Fault {
        deaf_after: Some(half),
        ..Fault::default()
    });
    let started = Provision::new("copy")
        .args(["up", source, "/srv/cut/other"])
        .arg("--hosts")
        .arg(&inventory)
        .args(["--output", "plain"])
        .start();
    BUSYBOX.until("some of it is there", "[ -s /srv/cut/.provision-copy.0/* ]");
    started.signal("INT");
    let told = started.finish();
    assert_eq!(told.code, Some(130), "{}{}", told.stdout, told.stderr);
    assert_eq!(BUSYBOX.sh("ls /srv/cut"), "64M\n");
    BUSYBOX.sh("rm -rf /srv/cut");
}

#[test]
fn a_full_disk_and_somebody_elses_directory_do_no_harm() {
    let Some(_lease) = docker::lease(&["db1"]) else {
        return;
    };
    let folder = Folder::new();
    let inventory = folder.inventory(&DEBIAN.entry("db1"));
    let write = |name: &str, size: usize| {
        let path = folder.path(name);
        std::fs::write(&path, vec![b'x'; size]).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (small, large, last) = (write("a", 1000), write("b", 16 << 20), write("c", 1000));
    DEBIAN.sh("mkdir -p /srv/small && mount -t tmpfs -o size=4m tmpfs /srv/small");
    let told = copy(&inventory, &["up", &small, &large, &last, "/srv/small/"]);
    DEBIAN.sh("ls -A /srv/small >/tmp/small; umount /srv/small; rmdir /srv/small");
    assert_eq!(told.code, Some(1), "{}{}", told.stdout, told.stderr);
    assert!(told.stdout.contains("look for a full disk"), "{}", told.stdout);
    assert!(
        told.stdout.contains("1 changed, 0 ok, 1 skipped, 1 failed"),
        "{}",
        told.stdout
    );
    assert_eq!(DEBIAN.sh("cat /tmp/small; rm /tmp/small"), "a\n");

    // A link, and a directory of somebody else, where ours should be.
    for theirs in [
        "ln -s /root .provision-copy.0",
        "mkdir .provision-copy.0; chown nobody .provision-copy.0",
        "mkdir -m 777 .provision-copy.0",
    ] {
        DEBIAN.sh(&format!("mkdir -p /srv/shared && cd /srv/shared && {theirs}"));
        let before = DEBIAN.sh("ls -A /root");
        copy(&inventory, &["up", &large, "/srv/shared/b"]).exits(0);
        assert_eq!(DEBIAN.sh("ls -A /root"), before);
        assert_eq!(
            DEBIAN.sh("ls -A /srv/shared"),
            ".provision-copy.0\nb\n",
            "{theirs}"
        );
        assert_eq!(
            DEBIAN.sh("stat -c %s /srv/shared/b").trim(),
            (16 << 20).to_string()
        );
        DEBIAN.sh("rm -rf /srv/shared");
    }
}

#[test]
fn what_may_not_be_entered_is_named_and_the_rest_is_fetched() {
    let Some(_lease) = docker::lease(&["edge1"]) else {
        return;
    };
    let folder = Folder::new();
    let inventory = folder.inventory(&BUSYBOX.entry("edge1"));
    BUSYBOX.sh("rm -rf /srv/partly; mkdir -p /srv/partly/open /srv/partly/shut; echo 1 >/srv/partly/open/f; echo 2 >/srv/partly/shut/f; chmod 700 /srv/partly/shut");
    let back = folder.path("back");
    let args = ["down", "--become=none", "/srv/partly", back.to_str().unwrap()];
    let told = copy(&inventory, &args).exits(1);
    assert!(
        told.stdout.contains("it may not be read there"),
        "{}",
        told.stdout
    );
    assert!(
        told.stdout.contains("shut: not copied, closed"),
        "{}",
        told.stdout
    );
    assert!(back.join("edge1/partly/open/f").exists());
    let args = ["down", "/srv/partly", back.to_str().unwrap()];
    copy(&inventory, &args).exits(0);
    assert!(back.join("edge1/partly/shut/f").exists());
    BUSYBOX.sh("rm -rf /srv/partly");
}
