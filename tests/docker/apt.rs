//! apt and dpkg as hosts have them: names that do not exist, work cut off in the middle, and others at work.

use crate::kit::archive;
use crate::kit::binary::{Folder, Provision, steps};
use crate::kit::docker::{self, Host};

const HOST: Host = Host("bastion");

/// A folder whose profile installs these packages with the `packages` module.
fn installing(packages: &[&str]) -> Folder {
    let folder = Folder::new();
    folder.inventory(&HOST.entry("host"));
    let text = format!("modules = [\"packages\", \"m\"]\n[config.packages]\ninstall = {packages:?}\n");
    folder.profile(
        "p",
        &text,
        &[("m", "[[step]]\nfile = \"/srv/apt.after\"\ncontent = \"x\\n\"\n")],
    );
    folder
}

fn push(folder: &Folder) -> Provision {
    folder.push("p")
}

#[test]
fn a_package_that_does_not_exist_fails_alone() {
    let Some(_lease) = docker::lease(&["bastion"]) else {
        return;
    };
    archive::make(HOST, &["good-one", "good-two", "good-three"], &[]);
    let folder = installing(&["good-one", "good-two", "no-such-package", "good-three"]);
    HOST.sh("rm -f /srv/apt.after");
    let report = folder.path("report");
    let told = push(&folder)
        .arg("--report")
        .arg(&report)
        .plain()
        .exits(1)
        .with_report(&report);
    println!("{}", told.stdout);
    assert_eq!(
        told.steps("host", "changed"),
        steps(&["packages: package good-one", "packages: package good-two"])
    );
    assert_eq!(
        told.steps("host", "failed"),
        steps(&["packages: package no-such-package"])
    );
    assert_eq!(
        told.steps("host", "skipped"),
        steps(&["packages: package good-three", "m: file /srv/apt.after"])
    );
    assert_eq!(archive::status(HOST, "good-two"), "ii");
    assert!(!HOST.holds("test -e /srv/apt.after"));
    let failed = told.step("host", "package no-such-package");
    assert!(
        failed["output"]
            .as_str()
            .unwrap()
            .contains("E: Unable to locate package no-such-package")
    );
    for words in [
        "host  packages  failed   package no-such-package: its apply exited with status 100",
        "E: Unable to locate package no-such-package",
        "failed:  host  packages: package no-such-package (its apply exited with status 100)",
    ] {
        assert!(
            told.stdout.contains(words),
            "{words} is missing in\n{}",
            told.stdout
        );
    }
}

#[test]
fn work_cut_off_in_the_middle_is_mended() {
    let Some(_lease) = docker::lease(&["bastion"]) else {
        return;
    };
    archive::make(HOST, &["mended-neighbour"], &["mended"]);
    let kill = "pkill -KILL -x apt-get; pkill -KILL -x dpkg; pkill -KILL -x mended.postinst; ! pgrep -x dpkg";
    let mut apt = HOST.start("exec apt-get install -y mended");
    archive::until_begun(HOST, "mended");
    HOST.until("dpkg is dead", kill);
    apt.wait().unwrap();
    assert_eq!(archive::status(HOST, "mended"), "iF", "half configured");
    archive::open(HOST, "mended");

    // Another package is wanted, which apt refuses to install over unfinished work.
    let told = push(&installing(&["mended-neighbour"])).ndjson().exits(0);
    assert!(
        told.steps("host", "changed")
            .contains("packages: package mended-neighbour")
    );
    assert_eq!(archive::status(HOST, "mended"), "ii");
    assert_eq!(HOST.sh("dpkg --audit"), "");
}

#[test]
fn a_half_installed_package_is_not_called_installed() {
    let Some(_lease) = docker::lease(&["bastion"]) else {
        return;
    };
    archive::make(HOST, &[], &["half"]);
    let mut apt = HOST.start("exec apt-get install -y half");
    archive::until_begun(HOST, "half");
    let kill = "pkill -KILL -x apt-get; pkill -KILL -x dpkg; pkill -KILL -x half.postinst; ! pgrep -x dpkg";
    HOST.until("dpkg is dead", kill);
    apt.wait().unwrap();
    archive::open(HOST, "half");
    let folder = installing(&["half"]);
    let told = push(&folder)
        .args(["--dry-run", "--output", "ndjson"])
        .plain()
        .exits(0);
    assert!(
        told.steps("host", "would-change")
            .contains("packages: package half")
    );
    let told = push(&folder).ndjson().exits(0);
    assert!(told.steps("host", "changed").contains("packages: package half"));
    assert_eq!(archive::status(HOST, "half"), "ii");
}

#[test]
fn another_apt_at_work_is_waited_for() {
    let Some(_lease) = docker::lease(&["bastion"]) else {
        return;
    };
    archive::make(HOST, &["patient"], &["slow"]);
    let mut apt = HOST.start("exec apt-get install -y slow");
    archive::until_begun(HOST, "slow");
    let folder = installing(&["patient"]);
    let mut run = push(&folder).args(["--output", "ndjson"]).start();
    HOST.until(
        "ours waits",
        "grep -a 'Waiting for cache lock' /var/lib/provision/journal",
    );
    assert!(run.runs());
    archive::open(HOST, "slow");
    apt.wait().unwrap();
    let told = run.finish().exits(0);
    assert!(
        told.steps("host", "changed")
            .contains("packages: package patient")
    );
    assert_eq!(archive::status(HOST, "slow"), "ii");
}

#[test]
fn an_update_of_the_lists_at_work_is_waited_for() {
    let Some(_lease) = docker::lease(&["bastion"]) else {
        return;
    };
    archive::make(HOST, &["listed"], &[]);
    HOST.sh("rm -rf /var/lib/apt/lists/*_* /srv/lists.*");
    let mut holder = HOST.start(
        r#"exec perl -e '
use Fcntl;
open F, ">>", "/var/lib/apt/lists/lock";
my $lock = pack("s s l! l! i", F_WRLCK, 0, 0, 0, 0);
fcntl(F, F_SETLK, $lock) or die;
open G, ">", "/srv/lists.held";
for (1..600) { last if -e "/srv/lists.gate"; select undef, undef, undef, 0.1 }
'"#,
    );
    HOST.until("the lists are locked", "test -e /srv/lists.held");
    let folder = installing(&["listed"]);
    let mut run = push(&folder).args(["--output", "ndjson"]).start();
    HOST.until(
        "ours waits",
        "grep -a 'waiting for the lists' /var/lib/provision/journal",
    );
    assert!(run.runs());
    HOST.sh("touch /srv/lists.gate");
    holder.wait().unwrap();
    let told = run.finish().exits(0);
    assert!(told.steps("host", "changed").contains("packages: package listed"));
}
