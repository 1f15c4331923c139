//! `provision copy` to real sshds: Debian with coreutils, busybox behind sudo, and a link that is cut.

use std::path::Path;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::kit::binary::{Folder, Provision, Told};
use crate::kit::docker::{self, Host};
use crate::kit::tree::{plant, tree};

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
    let large: Vec<u8> = (0..64_u32 << 20)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 21) as u8)
        .collect();
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
