//! Profiles `base` and `web` on a host that is little: `sh` is busybox, no systemd, a login that is not root.

use crate::kit::binary::{Provision, Told, steps};
use crate::kit::docker::{self, Host};

const HOST: Host = Host("edge1");

const BASE: [&str; 4] = [
    "packages: package ca-certificates",
    "packages: package curl",
    "packages: package less",
    "motd: file /etc/motd",
];
const NGINX: [&str; 6] = [
    "nginx: package nginx",
    "nginx: directory /var/www/welcome",
    "nginx: file /var/www/welcome/index.html",
    "nginx: file /etc/nginx/sites-available/welcome",
    "nginx: link /etc/nginx/sites-enabled/welcome",
    "nginx: service nginx",
];

fn push(profile: &str) -> Provision {
    Provision::push(profile, "edge1")
}

/// A dry-run that leaves no trace and changes `expected`, then the push, then one that changes nothing.
fn thrice(command: impl Fn() -> Provision, expected: &[&str]) -> Told {
    let before = HOST.settled();
    let dry_run = command().args(["--dry-run", "--diff"]).ndjson().exits(0);
    before.assert_same(&HOST.state(), HOST);
    assert_eq!(dry_run.steps("edge1", "would-change"), steps(expected));
    let pushed = command().ndjson().exits(0);
    assert_eq!(pushed.steps("edge1", "changed"), steps(expected));
    let count = expected.len();
    println!("truth score, edge1: {count} of {count} predicted changes made, none unpredicted");
    let again = command().ndjson().exits(0);
    assert_eq!(again.summary()["steps"]["changed"], 0);
    assert_eq!(again.summary()["hosts"]["ok"], 1);
    pushed
}

/// One test, since each part stands on what the one before left.
#[test]
fn a_site_is_served_moved_and_mended() {
    let Some(_lease) = docker::lease(&["edge1"]) else {
        return;
    };
    assert!(HOST.holds("readlink -f /bin/sh | grep busybox && ! [ -d /run/systemd/system ]"));
    thrice(|| push("base"), &BASE);
    thrice(|| push("web"), &NGINX);
    let page = |port: u16| HOST.ask(&format!("curl -sS http://127.0.0.1:{port}/")).1;
    assert!(page(80).contains("<p>It works.</p>"), "{}", page(80));
    assert!(HOST.holds("ls /etc/rc2.d/S*nginx"), "it starts at boot");
    let first = HOST.sh("cat /run/nginx.pid");

    // The site moves to another port: nginx reads its files again, and is not stopped for that.
    let moved = || {
        let site = "{name = \"welcome\", listen = 8081, index = \"moved\\n\"}";
        push("web").arg("--set").arg(format!("nginx.sites=[{site}]"))
    };
    let told = thrice(
        moved,
        &[
            "nginx: file /var/www/welcome/index.html",
            "nginx: file /etc/nginx/sites-available/welcome",
            "nginx: service nginx",
        ],
    );
    assert_eq!(told.steps("edge1", "ok").len(), 7);
    docker::eventually("nginx serves the new port", || page(8081) == "moved\n");
    docker::eventually("nginx leaves the old port", || page(80).contains("onnect"));
    assert_eq!(HOST.sh("cat /run/nginx.pid"), first);

    // Damage by hand.
    HOST.sh("/etc/init.d/nginx stop; rm /etc/nginx/sites-enabled/welcome; chmod 600 /etc/motd; update-rc.d nginx disable");
    thrice(
        moved,
        &[
            "motd: file /etc/motd",
            "nginx: link /etc/nginx/sites-enabled/welcome",
            "nginx: service nginx",
        ],
    );
    assert_eq!(page(8081), "moved\n");
    assert_eq!(HOST.sh("stat -c %a /etc/motd"), "644\n");
}
