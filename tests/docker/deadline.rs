//! A check that hangs, on real hosts: the step fails in its time, nothing of it is left, and the others are told.

use crate::kit::binary::{Folder, Told};
use crate::kit::docker;
use crate::kit::throwaway::{Image, Throwaway};

const MODULE: &str = r#"
[[step]]
sh = { check = "cat /srv/nobody-writes-here", apply = "touch /srv/applied" }
title = "hangs"
timeout = "2s"
on_failure = "continue"

[[step]]
file = "/srv/after"
content = "x"
"#;

#[test]
fn a_check_that_hangs_fails_its_step_and_leaves_nothing_behind() {
    if !docker::are_there() {
        return;
    }
    for image in [Image::Systemd, Image::Busybox] {
        let host = Throwaway::start(image).unwrap();
        host.sh("mkfifo /srv/nobody-writes-here");
        let folder = Folder::new();
        folder.inventory(&host.entry("host"));
        folder.profile("p", "modules = [\"m\"]\n", &[("m", MODULE)]);
        let late = |told: Told, after: &str| {
            let step = told.step("host", "hangs");
            assert_eq!(step["outcome"], "failed", "{image:?}");
            assert_eq!(step["reason"], "timed-out", "{image:?}");
            assert_eq!(step["seconds"], 2, "{image:?}");
            assert_eq!(
                told.step("host", "file /srv/after")["outcome"],
                after,
                "{image:?}"
            );
            // The brackets keep the question from being its own answer.
            let left = "grep -ls '[n]obody-writes-here' /proc/[0-9]*/cmdline; test ! -e /srv/applied";
            let (status, left) = host.ask(left);
            assert_eq!((status, left.as_str()), (0, ""), "{image:?}");
        };
        late(
            folder.push("p").arg("--dry-run").ndjson().exits(1),
            "would-change",
        );
        late(folder.push("p").ndjson().exits(1), "changed");
    }
}
