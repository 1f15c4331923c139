//! A host that owes a reboot goes down and comes back; one that does not is left running.

use crate::kit::binary::{Folder, Told, steps};
use crate::kit::throwaway::{Image, Throwaway};

const FILE: &str = "m: file /etc/modules-load.d/none.conf";
const REBOOT: &str = "m: reboot for what is loaded at boot";

/// What tells a container's boots apart: when its first process began.
const BOOT: &str = "cut -d ' ' -f 22 /proc/1/stat";

fn folder(host: &Throwaway, within: u32) -> Folder {
    let folder = Folder::new();
    folder.inventory(&host.entry("host"));
    let module = format!(
        "[[step]]\nfile = \"/etc/modules-load.d/none.conf\"\ncontent = \"# none\\n\"\nnotify = \"reboot\"\n\
         [[step]]\nreboot = \"for what is loaded at boot\"\nneeded = \"test -e /run/reboot-required\"\nwithin = {within}\n"
    );
    folder.profile("p", "modules = [\"m\"]\n", &[("m", &module)]);
    folder
}

#[test]
fn a_host_reboots_when_it_owes_that_and_the_run_waits_for_it() {
    let Some(host) = Throwaway::start_again_and_again(Image::Systemd) else {
        return;
    };
    let folder = folder(&host, 120);
    let dry_run = || folder.push("p").arg("--dry-run").ndjson().exits(0);
    let push = || folder.push("p").ndjson().exits(0);
    let changes = |told: &Told| (told.steps("host", "would-change"), told.steps("host", "changed"));
    let none = || steps(&[]);

    let first = host.sh(BOOT);
    assert_eq!(changes(&dry_run()), (steps(&[FILE, REBOOT]), none()));
    assert_eq!(host.sh(BOOT), first, "a dry-run only looks");
    assert_eq!(changes(&push()), (none(), steps(&[FILE, REBOOT])));
    let second = host.sh(BOOT);
    assert_ne!(second, first, "the run has ended, so the host has booted");
    assert_eq!(changes(&push()), (none(), none()));
    assert_eq!(host.sh(BOOT), second, "nothing was owed");

    host.sh("touch /run/reboot-required");
    assert_eq!(changes(&dry_run()), (steps(&[REBOOT]), none()));
    assert_eq!(changes(&push()), (none(), steps(&[REBOOT])));
    assert_ne!(host.sh(BOOT), second);
}

#[test]
fn a_host_that_does_not_go_down_is_no_success_and_owes_it_still() {
    let Some(host) = Throwaway::start(Image::Systemd) else {
        return;
    };
    host.sh("systemctl mask reboot.target 2>&1");
    let folder = folder(&host, 4);
    let told = folder.push("p").ndjson().exits(1);
    let reboot = told.step("host", REBOOT.trim_start_matches("m: "));
    assert_eq!(
        (&reboot["outcome"], &reboot["reason"], &reboot["seconds"]),
        (&"failed".into(), &"not-back".into(), &4.into()),
        "{}",
        told.stdout
    );
    let told = folder.push("p").arg("--dry-run").ndjson().exits(0);
    assert_eq!(told.steps("host", "would-change"), steps(&[REBOOT]));
}
