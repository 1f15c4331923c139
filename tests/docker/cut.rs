//! The controller dies in the middle of a package's installation.

use crate::kit::archive;
use crate::kit::binary::{Folder, steps};
use crate::kit::docker::{self, Host};

#[test]
fn a_package_is_not_left_half_installed_behind_sudo() {
    killed_in_mid_install("bastion", "cut-sudo");
}

#[test]
fn a_package_is_not_left_half_installed_under_systemd() {
    killed_in_mid_install("db3", "cut-root");
}

fn killed_in_mid_install(name: &'static str, package: &str) {
    let Some(_lease) = docker::lease(&[name]) else {
        return;
    };
    let host = Host(name);
    archive::make(host, &[], &[package]);
    let folder = Folder::new();
    folder.inventory(&host.entry("host"));
    let after = format!("/srv/{package}.after");
    let module = format!(
        "[[step]]\npackage = \"{package}\"\n[[step]]\nfile = \"{after}\"\ncontent = \"x\\n\"\n[[step]]\ndirectory = \"{after}.d\"\n"
    );
    folder.profile("p", "modules = [\"m\"]\n", &[("m", &module)]);

    let run = folder.push("p").arg("--output").arg("ndjson").start();
    archive::until_begun(host, package);
    run.signal("KILL");
    let told = run.finish();
    assert_eq!(told.code, None);
    host.until("the host has heard", "ls /tmp/provision.*/stop");
    assert_ne!(
        archive::status(host, package),
        "ii",
        "the installation is still in its middle"
    );
    archive::open(host, package);
    host.until("the program has ended", "! ls -d /tmp/provision.*");

    assert_eq!(archive::status(host, package), "ii", "apt went on to its end");
    assert!(host.holds("dpkg --audit && [ -z \"$(dpkg --audit)\" ]"));
    let journal = host.sh("tr -d '\\036' </var/lib/provision/journal");
    let words: Vec<&str> = journal
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(nonce, _)| nonce.len() == 32)
        .map(|(_, words)| words)
        .collect();
    assert_eq!(
        words[words.len() - 3..],
        ["changed 0", "skip 1 2 cancelled", "end"],
        "{journal}"
    );
    assert!(
        !host.holds(&format!("ls -d {after} || ls -d {after}.d")),
        "no later step was begun"
    );

    let told = folder.push("p").ndjson().exits(0);
    assert_eq!(
        told.steps("host", "ok"),
        steps(&[&format!("m: package {package}")])
    );
    assert_eq!(
        told.steps("host", "changed"),
        steps(&[&format!("m: file {after}"), &format!("m: directory {after}.d")])
    );
    archive::undo(host);
}
