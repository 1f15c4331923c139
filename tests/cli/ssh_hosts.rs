//! `--hosts ~/.ssh/config`: hosts of `ssh_config(5)`, listed, shown, converted.

use super::called::Place;

#[test]
fn hosts_of_ssh_config_are_listed_and_converted() {
    let place = Place::new(&[
        (
            ".ssh/config",
            "IgnoreUnknown Tag\n\nHost web1 web2 web-* ::1\n  Tag web\n  User deploy\n\nHost web2\n  Port 2222\n  \
             ServerAliveInterval 30\n\nHost db1\n  HostName 192.0.2.7\n  ProxyJump ops@web1:23\n  StrictHostKeyChecking no\n\n\
             Host *\n  User ada\n",
        ),
        (".ssh/broken", "Host a\n  HostNam b\n"),
        (".ssh/patterns", "Host web*\n  User a\n"),
    ]);
    let file = ["--hosts", ".ssh/config"];
    let call = |args: &[&str]| place.call(&[args, &file].concat());
    call(&["hosts"]).success().golden("ssh-hosts");
    call(&["hosts", "list", "--limit", "@web&!web1"])
        .success()
        .golden("ssh-hosts-limit");
    call(&["hosts", "convert"]).success().golden("ssh-hosts-convert");
    for name in ["broken", "patterns"] {
        place
            .call(&["hosts", "--hosts", &format!(".ssh/{name}")])
            .fails_with(2)
            .golden(&format!("ssh-hosts-{name}"));
    }
}

/// A broken file that is also the one in force is complained of once.
#[test]
fn a_mistake_in_it_is_told_once() {
    let place = Place::new(&[(".ssh/config", "Host a\n  HostNam b\n")]);
    let output = place
        .command(&["hosts", "--hosts", ".ssh/config", "--ssh-config", ".ssh/config"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(said.matches("unknown directive").count(), 1, "{said}");
}
