//! A login that may not become root: said as what it is, and nothing is touched.

use crate::kit::binary::Folder;
use crate::kit::docker::{self, Host};

const HOST: Host = Host("edge1");

#[test]
fn a_sudo_that_refuses_is_named_and_nothing_changes() {
    let Some(_lease) = docker::lease(&["edge1"]) else {
        return;
    };
    HOST.sh("for name in guest asked; do \
           getent passwd $name >/dev/null || useradd -m -s /bin/sh $name; \
           install -d -o $name -m 700 /home/$name/.ssh; \
           install -o $name -m 600 /home/deploy/.ssh/authorized_keys /home/$name/.ssh/; \
         done; \
         echo 'asked ALL=(ALL) ALL' >/etc/sudoers.d/asked; chmod 440 /etc/sudoers.d/asked");
    let folder = Folder::new();
    let login = |name: &str, become_root: &str| {
        HOST.entry(name)
            .replace("\"deploy\"", &format!("\"{name}\""))
            .replace("\"sudo\"", &format!("\"{become_root}\""))
    };
    folder.inventory(
        &(login("guest", "sudo")
            + &login("asked", "sudo")
            + "[hosts.none]\n"
            + login("deploy", "doas").split_once('\n').unwrap().1),
    );
    let module = "[[step]]\nfile = \"/srv/forbidden\"\ncontent = \"x\\n\"\n";
    folder.profile("p", "modules = [\"m\"]\n", &[("m", module)]);

    let before = HOST.settled();
    let told = folder.push("p").ndjson().exits(3);
    for (host, command, words) in [
        ("guest", "sudo -n -H -- sh", "a password is required"),
        ("asked", "sudo -n -H -- sh", "a password is required"),
        ("none", "doas -n sh", "doas"),
    ] {
        let end = told.host(host);
        assert_eq!(
            (end["status"].as_str(), end["cause"].as_str()),
            (Some("unreachable"), Some("become")),
            "{end}"
        );
        assert_eq!(end["command"], command);
        assert!(end["detail"].as_str().unwrap().contains(words), "{end}");
    }
    let told = folder.push("p").plain().exits(3);
    println!("{}", told.stdout);
    assert!(
        told.stdout.contains("push with --ask-become-password"),
        "{}",
        told.stdout
    );
    before.assert_same(&HOST.state(), HOST);
}
