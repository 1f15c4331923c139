//! Waves on real hosts: what a closed gate leaves alone, and who is tried again.

use crate::kit::binary::Folder;
use crate::kit::docker::{self, Host};

const HOSTS: [Host; 3] = [Host("db1"), Host("db2"), Host("db3")];

#[test]
fn a_closed_gate_leaves_later_waves_byte_for_byte_as_they_were() {
    let Some(_lease) = docker::lease(&["db1", "db2", "db3"]) else {
        return;
    };
    let folder = Folder::new();
    folder.inventory(&HOSTS.map(|host| host.entry(host.0)).concat());
    let rollout = "[rollout]\nwaves = [1, \"100%\"]\ngates = [{ host = \"grep good /srv/wave\" }]\n";
    let step = "[[step]]\nfile = \"/srv/wave\"\ncontent = \"bad\\n\"\n";
    folder.profile("p", &format!("modules = [\"m\"]\n{rollout}"), &[("m", step)]);
    let before = HOSTS.map(Host::settled);
    let report = folder.path("report.ndjson");
    let push = || {
        folder
            .push("p")
            .args(["--gate-within", "1s", "--report"])
            .arg(&report)
    };
    let told = push().plain().exits(1).with_report(&report);
    println!("{}", told.stdout);
    assert!(told.stdout.contains("wave 1 of 2: db1"), "{}", told.stdout);
    assert!(
        told.stdout
            .contains("gate host grep good /srv/wave: did not pass"),
        "{}",
        told.stdout
    );
    assert_eq!(HOSTS[0].sh("cat /srv/wave"), "bad\n");
    for (host, before) in HOSTS.into_iter().zip(&before).skip(1) {
        assert_eq!(told.host(host.0)["status"], "withheld");
        assert_eq!(told.host(host.0)["why"], "gate");
        before.assert_same(&host.state(), host);
    }

    // What was withheld did not end well, and is what a second try is for.
    let good = "[[step]]\nfile = \"/srv/wave\"\ncontent = \"good\\n\"\n";
    folder.profile("p", &format!("modules = [\"m\"]\n{rollout}"), &[("m", good)]);
    let told = push().arg("--retry-failed").arg(&report).ndjson().exits(0);
    assert_eq!(told.summary()["hosts"]["ok"], 2);
    assert_eq!(
        HOSTS.map(|host| host.sh("cat /srv/wave")),
        ["bad\n", "good\n", "good\n"]
    );
    for host in HOSTS {
        host.sh("rm /srv/wave");
    }
}
