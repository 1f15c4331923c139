//! A file of `ssh_config(5)` as an inventory: which hosts it has, and that they are reached as `ssh -F` reaches them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use provision::config::Data;
use provision::inventory::ssh_config::{Choice, SshConfig};
use provision::inventory::{Converted, Environment, Host, Inventory, Outline, Route};
use tempfile::TempDir;

use crate::kit::tools;

const CONFIG: &str = "# the fleet
IgnoreUnknown Tag
Include more/*.conf

Host web1 web2 !web3 *.example.com
    HostName %h.example.com
    Tag web

Host web1
    Port 2222

Match host web2.example.com
    User second

Host db1 web1 db? ::1
    HostName 192.0.2.7
    ProxyJump bastion

Host bastion
    HostName bastion.example.com
    User jump

Match exec \"touch ran\"
    Include behind.conf

Host web?
    Include of-web.conf

Host *
    User deploy
    IdentityFile ~/.ssh/fleet
    ConnectTimeout 7
    ForwardAgent yes
    Ciphers aes256-gcm@openssh.com
";

/// A home with `.ssh/config` and what it includes.
fn home() -> TempDir {
    let home = TempDir::new().unwrap();
    let ssh = home.path().join(".ssh");
    fs::create_dir_all(ssh.join("more")).unwrap();
    for (name, text) in [
        (
            "config",
            CONFIG.replace("touch ran", &format!("touch {}/ran", home.path().display())),
        ),
        ("more/cache.conf", "Host cache1\n    Port 24\n".to_owned()),
        ("behind.conf", "Host behind\n".to_owned()),
        ("of-web.conf", "Host web9 mail\n    Port 99\n".to_owned()),
    ] {
        fs::write(ssh.join(name), text).unwrap();
    }
    home
}

fn environment(home: &Path) -> Environment {
    Environment {
        home: Some(home.to_owned()),
        user: Some("ada".to_owned()),
        uid: fs::metadata(home)
            .ok()
            .map(|found| std::os::unix::fs::MetadataExt::uid(&found)),
        ..Environment::default()
    }
}

fn names(inventory: &Inventory) -> Vec<&str> {
    inventory.hosts.iter().map(|host| host.name.as_str()).collect()
}

fn groups(host: &Host) -> Vec<&str> {
    host.groups.iter().map(provision::name::Name::as_str).collect()
}

#[test]
fn hosts_are_those_it_names() {
    let home = home();
    let file = home.path().join(".ssh/config");
    let inventory = Inventory::load(&file, &environment(home.path())).unwrap();
    // Not `mail`, which is for hosts called web? alone, nor `behind`, which depends on a command.
    assert_eq!(
        names(&inventory),
        ["cache1", "web1", "web2", "db1", "bastion", "web9"]
    );
    let host = |name: &str| inventory.host(name).unwrap();
    assert_eq!(groups(host("web1")), ["web"]);
    assert_eq!(groups(host("db1")), [""; 0]);
    assert_eq!(host("web1").connection.port, 2222);
    assert_eq!(host("web1").connection.address, "web1.example.com");
    assert_eq!(host("db1").connection.address, "192.0.2.7");
    assert_eq!(
        host("web2").connection.user,
        "second",
        "`Match host` sees what `HostName` came to"
    );
    assert_eq!(host("cache1").connection.port, 24);
    assert_eq!(host("bastion").connection.user, "jump");
    let Route::Jump(hop) = &host("db1").connection.route else {
        panic!("{:?}", host("db1").connection.route);
    };
    assert_eq!(
        (hop.address.as_str(), hop.user.as_str()),
        ("bastion.example.com", "jump")
    );
    assert_eq!(inventory.notes.len(), 1, "{:?}", inventory.notes);
    let note = &inventory.notes[0];
    assert!(note.contains(":15: \"::1\" is left out: "), "{note}");
}

/// Also where a file of another name is given, and another file is the usual one.
#[test]
fn they_are_reached_as_ssh_reaches_them() {
    let Some(ssh) = tools::find("ssh", "ways to hosts of ssh_config were not compared with it") else {
        return;
    };
    let home = home();
    let file = home.path().join("fleet");
    fs::write(
        &file,
        "Host a b\n  HostName %h.example.com\nHost b\n  Port 7\n  User first\nHost *\n  User last\n",
    )
    .unwrap();
    let mut environment = environment(home.path());
    environment.ssh_config = SshConfig::load(&Choice::Usual, &environment).unwrap();
    let inventory = Inventory::load(&file, &environment).unwrap();
    assert_eq!(names(&inventory), ["a", "b"]);
    for host in &inventory.hosts {
        let output = Command::new(&ssh)
            .arg("-G")
            .arg("-F")
            .arg(&file)
            .arg(host.name.as_str())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let said = String::from_utf8(output.stdout).unwrap();
        let connection = &host.connection;
        for line in [
            format!("hostname {}", connection.address),
            format!("port {}", connection.port),
            format!("user {}", connection.user),
        ] {
            assert!(
                said.lines().any(|said| said == line),
                "{}: {line}\n{said}",
                host.name
            );
        }
    }
}

#[test]
fn a_chosen_file_lies_below_it() {
    let home = home();
    let write = |name: &str, text: &str| -> PathBuf {
        let path = home.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let fleet = write("ssh_config", "Host a\n  Port 7\n");
    let chosen = write("chosen", "Host a b\n  Port 8\n  User below\n");
    let mut environment = environment(home.path());
    environment.ssh_config = SshConfig::load(&Choice::File(chosen), &environment).unwrap();
    let inventory = Inventory::load(&fleet, &environment).unwrap();
    assert_eq!(
        names(&inventory),
        ["a"],
        "the chosen file names no hosts of the inventory"
    );
    let connection = &inventory.hosts[0].connection;
    assert_eq!((connection.port, connection.user.as_str()), (7, "below"));
}

#[test]
fn what_is_converted_says_the_same() {
    let home = home();
    let environment = environment(home.path());
    let file = home.path().join(".ssh/config");
    let before = Inventory::load(&file, &environment).unwrap();
    let Converted { root, notes } = Inventory::convert(&file, &environment).unwrap().unwrap();
    let text = provision::document::write(&root);
    let toml = home.path().join("inventory.toml");
    fs::write(&toml, &text).unwrap();
    // Nothing but the file itself says anything now.
    let after = Inventory::load(&toml, &environment).unwrap();
    assert_eq!(names(&after), names(&before), "{text}");
    for (before, after) in before.hosts.iter().zip(&after.hosts) {
        assert_eq!(before.groups, after.groups);
        let (was, is) = (&before.connection, &after.connection);
        assert_eq!(
            (
                &was.address,
                was.port,
                &was.user,
                &was.identity_files,
                was.connect_timeout
            ),
            (
                &is.address,
                is.port,
                &is.user,
                &is.identity_files,
                is.connect_timeout
            ),
            "{text}"
        );
        assert_eq!(
            matches!(was.route, Route::Jump(_)),
            matches!(is.route, Route::Jump(_))
        );
    }
    let defaults = root.get("defaults").unwrap().as_table().unwrap();
    assert_eq!(
        defaults.get("connect_timeout").map(|value| &value.data),
        Some(&Data::String("7s".to_owned())),
        "what all have alike is said once: {text}"
    );
    assert!(
        notes
            .iter()
            .any(|note| note.contains("`ciphers`") && note.contains("config:34 ")),
        "{notes:?}"
    );
}

#[test]
fn mistakes_have_their_place() {
    let home = home();
    for (text, expected) in [
        ("Host a\n  Prot 22\n", "ssh_config:2:3: unknown directive `prot`"),
        ("Host a\n  Port 99999\n", "ssh_config:2:8: "),
        (
            "Host *\n  Port 22\n",
            "ssh_config names no host: what it has are patterns",
        ),
        (
            "Host a\n  Tag 'no such'\n",
            "ssh_config:1:6: \"no such\" is no group name",
        ),
    ] {
        let file = home.path().join("ssh_config");
        fs::write(&file, text).unwrap();
        let mistakes = Inventory::load(&file, &environment(home.path()))
            .unwrap_err()
            .to_string();
        assert!(mistakes.contains(expected), "{text}{mistakes}");
    }
}

#[test]
fn other_inventories_are_not_taken_for_it() {
    let folder = TempDir::new().unwrap();
    for (text, hosts) in [
        ("host ansible_host=192.0.2.1\nmatch\n", vec!["host", "match"]),
        ("[web]\nhost\n", vec!["host"]),
        ("[defaults]\nuser = \"a\"\n[hosts.Host]\n", vec!["Host"]),
        ("# Host a\nMATCH all\n  Port 22\nHOST b\n", vec!["b"]),
    ] {
        let file = folder.path().join("hosts");
        fs::write(&file, text).unwrap();
        let inventory = Inventory::load(&file, &environment(folder.path())).unwrap();
        assert_eq!(names(&inventory), hosts, "{text}");
    }
}

#[test]
fn its_names_are_known_without_running_anything() {
    let home = home();
    let environment = environment(home.path());
    let outline = Outline::read(&home.path().join(".ssh/config"), &environment).unwrap();
    assert_eq!(
        outline.hosts,
        ["cache1", "web1", "web2", "db1", "bastion", "web9"]
    );
    assert_eq!(outline.groups, ["web"]);
    assert!(!home.path().join("ran").exists());
    let script = home.path().join("script");
    crate::kit::program::write(
        &script,
        &format!("#!/bin/sh\ntouch {}/ran\necho '{{}}'\n", home.path().display()),
    );
    assert_eq!(Outline::read(&script, &environment), None);
    assert!(!home.path().join("ran").exists());
    let toml = home.path().join("x.toml");
    fs::write(
        &toml,
        "[groups.eu]\n[hosts.'web[1-2]']\ngroups = ['web']\n[hosts.a]\nno_such = 1\n",
    )
    .unwrap();
    let outline = Outline::read(&toml, &environment).unwrap();
    assert_eq!(
        (outline.hosts, outline.groups),
        (
            ["web1", "web2", "a"].map(str::to_owned).to_vec(),
            ["eu", "web"].map(str::to_owned).to_vec(),
        )
    );
    assert_eq!(Outline::read(&home.path().join("none"), &environment), None);
}
