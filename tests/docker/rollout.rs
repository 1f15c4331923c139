//! Waves on real hosts: what a closed gate leaves alone, and who is tried again.

use crate::kit::binary::Folder;
use crate::kit::docker::State;
use crate::kit::throwaway::{Image, Throwaway};

const NAMES: [&str; 3] = ["db1", "db2", "db3"];

/// Hosts of our own: on those of other tests a database at work writes whenever it likes.
fn hosts() -> Option<Vec<Throwaway>> {
    NAMES.iter().map(|_| Throwaway::start(Image::Plain)).collect()
}

#[test]
fn a_closed_gate_leaves_later_waves_byte_for_byte_as_they_were() {
    let Some(hosts) = hosts() else { return };
    let folder = Folder::new();
    let entries = hosts.iter().zip(NAMES).map(|(host, name)| host.entry(name));
    folder.inventory(&entries.collect::<String>());
    let rollout = "[rollout]\nwaves = [1, \"100%\"]\ngates = [{ host = \"grep good /srv/wave\" }]\n";
    let step = "[[step]]\nfile = \"/srv/wave\"\ncontent = \"bad\\n\"\n";
    folder.profile("p", &format!("modules = [\"m\"]\n{rollout}"), &[("m", step)]);
    let before: Vec<State> = hosts.iter().map(|host| host.settled()).collect();
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
    assert_eq!(hosts[0].sh("cat /srv/wave"), "bad\n");
    for ((host, name), before) in hosts.iter().zip(NAMES).zip(&before).skip(1) {
        assert_eq!(told.host(name)["status"], "withheld");
        assert_eq!(told.host(name)["why"], "gate");
        before.assert_same(&host.state(), **host);
    }

    // What was withheld did not end well, and is what a second try is for.
    let good = "[[step]]\nfile = \"/srv/wave\"\ncontent = \"good\\n\"\n";
    folder.profile("p", &format!("modules = [\"m\"]\n{rollout}"), &[("m", good)]);
    let told = push().arg("--retry-failed").arg(&report).ndjson().exits(0);
    assert_eq!(told.summary()["hosts"]["ok"], 2);
    let waves: Vec<String> = hosts.iter().map(|host| host.sh("cat /srv/wave")).collect();
    assert_eq!(waves, ["bad\n", "good\n", "good\n"]);
}
