//! A plan made, one byte changed on one host, the plan applied: that host is refused, and nothing is written there.

use crate::kit::binary::{Folder, Provision};
use crate::kit::throwaway::{Image, Throwaway};

const NAMES: [&str; 3] = ["db1", "db2", "db3"];

/// Hosts of our own: on those of other tests a database at work writes whenever it likes.
fn hosts() -> Option<Vec<Throwaway>> {
    NAMES.iter().map(|_| Throwaway::start(Image::Systemd)).collect()
}

#[test]
fn one_changed_byte_refuses_exactly_that_host() {
    let Some(hosts) = hosts() else { return };
    let folder = Folder::new();
    let entries = hosts.iter().zip(NAMES).map(|(host, name)| host.entry(name));
    folder.inventory(&entries.collect::<String>());
    let module = "[[step]]\npackage = \"openssh-server\"\n[[step]]\nfile = \"/srv/kept/one\"\ncontent = \"wanted\\n\"\nowner = \"daemon\"\n\
                  [[step]]\nfile = \"/srv/kept/two\"\ncontent = \"second\\n\"\n[[step]]\nservice = \"ssh\"\nenabled = true\n";
    folder.profile("p", "modules = [\"m\"]\n", &[("m", module)]);
    for host in &hosts {
        host.sh("rm -rf /srv/kept; mkdir /srv/kept; echo before >/srv/kept/one");
    }
    let kept = folder.path("kept.plan");
    let planned = Provision::new("plan")
        .arg("--hosts")
        .arg(folder.path("inventory.toml"))
        .arg("--profiles")
        .arg(folder.path("profiles"))
        .args(["--profile", "p", "--out"])
        .arg(&kept)
        .plain()
        .exits(0);
    assert!(
        planned.stdout.contains("db[1-3]: 2 changes"),
        "{}",
        planned.stdout
    );

    hosts[1].sh("echo Before >/srv/kept/one; touch /srv/kept.mark; sleep 1");
    let apply = || Provision::new("apply").arg(&kept).ndjson();
    let told = apply().exits(1);
    let end = told.host("db2");
    assert_eq!(
        (&end["status"], &end["refusal"]),
        (&"refused".into(), &"stale".into()),
        "{}",
        told.stdout
    );
    for host in ["db1", "db3"] {
        assert_eq!(told.steps(host, "changed").len(), 2, "{}", told.stdout);
    }
    assert_eq!(hosts[1].sh("cat /srv/kept/one; ls /srv/kept"), "Before\none\n");
    let written = hosts[1].sh("find / -xdev -newer /srv/kept.mark -type f ! -path '/proc/*' ! -path '/sys/*' ! -path '/var/log/*' ! -path '/run/*'");
    assert_eq!(written, "", "nothing was written there");
    assert_eq!(hosts[0].sh("stat -c %U /srv/kept/one"), "daemon\n");

    // The second time: done, or still stale.
    let again = apply().exits(1);
    assert_eq!(again.summary()["steps"]["changed"], 0, "{}", again.stdout);
    assert_eq!(again.host("db1")["status"], "ok");
    for host in &hosts {
        host.sh("rm -rf /srv/kept /srv/kept.mark");
    }
}
