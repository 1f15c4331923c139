//! Hosts that are reached through another one, by the names they have there.

use crate::kit::binary::{Folder, Provision};
use crate::kit::docker::{self, Host};

#[test]
fn hosts_behind_a_bastion_are_pushed_to_through_it() {
    let Some(_lease) = docker::lease(&["bastion", "edge1", "db2"]) else {
        return;
    };
    let (bastion, edge1, db2) = (Host("bastion"), Host("edge1"), Host("db2"));
    let folder = Folder::new();
    // Neither name is known here, nor is there a port; the bastion's own network has both.
    folder.inventory(&format!(
        "{}\n[hosts.edge1]\nuser = \"deploy\"\nbecome = \"sudo\"\njump = \"gate\"\ngroups = [\"behind\"]\n\
         [hosts.db2]\njump = \"gate\"\ngroups = [\"behind\"]\n",
        bastion.entry("gate")
    ));
    let large = "x".repeat(100_000);
    let module = format!(
        "[[step]]\ndirectory = \"/srv/behind\"\n\
         [[step]]\nfile = \"/srv/behind/file\"\ncontent = \"{large}\\n\"\nmode = \"0640\"\n"
    );
    folder.profile("p", "modules = [\"m\"]\n", &[("m", &module)]);
    let push = || folder.push("p").args(["--limit", "@behind"]);
    for host in [&edge1, &db2] {
        host.sh("rm -rf /srv/behind");
    }
    let dry = push().arg("--dry-run").ndjson().exits(0);
    let first = push().ndjson().exits(0);
    let second = push().ndjson().exits(0);
    for host in ["edge1", "db2"] {
        assert_eq!(dry.steps(host, "would-change").len(), 2, "{host}: {}", dry.stdout);
        assert_eq!(first.steps(host, "changed").len(), 2, "{host}: {}", first.stdout);
        assert_eq!(second.steps(host, "ok").len(), 2, "{host}: {}", second.stdout);
    }
    for host in [&edge1, &db2] {
        assert_eq!(host.sh("stat -c '%s %a' /srv/behind/file").trim(), "100001 640");
    }
    // Whoever logs in there comes from the bastion.
    let own = bastion.sh("hostname -i");
    let run = Provision::new("run")
        .arg("--hosts")
        .arg(folder.path("inventory.toml"))
        .args(["--limit", "db2", "--", "echo from $SSH_CONNECTION"])
        .plain()
        .exits(0);
    assert!(
        run.stdout.contains(&format!("from {} ", own.trim())),
        "{} is not {own}",
        run.stdout
    );
    // What the bastion cannot reach is told with the place where it failed.
    let text = std::fs::read_to_string(folder.path("inventory.toml")).unwrap();
    folder.write(
        "inventory.toml",
        &text.replace("[hosts.db2]\n", "[hosts.db2]\naddress = \"db2:2\"\n"),
    );
    let failed = push().plain();
    assert_eq!(failed.code, Some(3), "{failed:?}");
    assert!(
        failed.stdout.contains("db2:2 from deploy@127.0.0.1:"),
        "{}",
        failed.stdout
    );
    for host in [&edge1, &db2] {
        host.sh("rm -rf /srv/behind");
    }
}
