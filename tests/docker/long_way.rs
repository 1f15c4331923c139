//! All that stands before a real fleet at once: two bastions that let few in, certificates on both sides, passwords.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::kit::binary::Folder;
use crate::kit::throwaway::{Image, Throwaway};

/// Names in the inventory; all of them are the last host.
const NAMES: usize = 50;

const PASSWORD: &str = "open $sesame 'now\"";

fn ssh_keygen(folder: &Folder, args: &[&str]) {
    let mut command = Command::new("ssh-keygen");
    let made = command.current_dir(folder.path("")).args(args).output().unwrap();
    assert!(
        made.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&made.stderr)
    );
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap().trim().to_owned()
}

/// A host that has a key of its own, signed for `name`, and lets in nobody without a certificate.
fn host(folder: &Folder, name: &str, startups: &str) -> Option<(Throwaway, String)> {
    let host = Throwaway::start(Image::Plain)?;
    let address = host.sh("hostname -i").trim().to_owned();
    // The first is reached by the port it is published on, the others where the one before them finds them.
    let known_as = if name == "outer" { "127.0.0.1" } else { &address };
    let key = host.sh("ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/own && cat /etc/ssh/own.pub");
    folder.write(&format!("{name}.pub"), &key);
    ssh_keygen(
        folder,
        &[
            "-q",
            "-s",
            "hosts_ca",
            "-I",
            name,
            "-h",
            "-n",
            known_as,
            &format!("{name}.pub"),
        ],
    );
    host.feed(
        "cat >/etc/ssh/own-cert.pub",
        &read(&folder.path(&format!("{name}-cert.pub"))),
    );
    host.feed("cat >/etc/ssh/users_ca.pub", &read(&folder.path("users_ca.pub")));
    // What stands first holds.
    host.feed(
        "cat >/etc/ssh/sshd_config.d/00-signed.conf && sshd -t && kill -HUP 1",
        &format!(
            "HostKey /etc/ssh/own\nHostCertificate /etc/ssh/own-cert.pub\nTrustedUserCAKeys /etc/ssh/users_ca.pub\n\
             AuthorizedKeysFile none\nMaxStartups {startups}\n"
        ),
    );
    host.until(
        "sshd shows its certificate",
        "ssh-keyscan -c -t ed25519 127.0.0.1 2>/dev/null | grep -q ssh-ed25519-cert-v01",
    );
    Some((host, address))
}

#[test]
fn two_bastions_certificates_and_a_password_are_one_push() {
    let folder = Folder::new();
    for ca in ["hosts_ca", "users_ca", "id"] {
        ssh_keygen(&folder, &["-q", "-t", "ed25519", "-N", "", "-f", ca]);
    }
    ssh_keygen(
        &folder,
        &["-q", "-s", "users_ca", "-I", "us", "-n", "deploy,asked", "id.pub"],
    );
    let Some((outer, _)) = host(&folder, "outer", "2:100:3") else {
        return;
    };
    let (_inner, inner_address) = host(&folder, "inner", "2:100:3").unwrap();
    let (target, target_address) = host(&folder, "target", "200:30:400").unwrap();
    target.feed("cat >/tmp/password", &format!("asked:{PASSWORD}\n"));
    target.sh(
        "useradd -m -s /bin/sh asked && chpasswd </tmp/password && rm /tmp/password\n\
         echo 'asked ALL=(ALL) ALL' >/etc/sudoers.d/asked && chmod 440 /etc/sudoers.d/asked",
    );
    folder.write(
        "known_hosts",
        &format!("@cert-authority * {}\n", read(&folder.path("hosts_ca.pub"))),
    );
    let outer_port = outer
        .entry("outer")
        .lines()
        .find_map(|line| line.strip_prefix("port = ").map(str::to_owned));
    folder.write(
        "inventory.toml",
        &format!(
            "[defaults]\nuser = \"deploy\"\nidentity_file = \"id\"\nidentities_only = true\nknown_hosts = \"known_hosts\"\n\
             connect_timeout = \"2m\"\n\
             [hosts.outer]\naddress = \"127.0.0.1\"\nport = {}\n\
             [hosts.inner]\naddress = \"{inner_address}\"\njump = \"outer\"\n\
             [hosts.\"far[01-{NAMES}]\"]\naddress = \"{target_address}\"\njump = \"inner\"\nuser = \"asked\"\nbecome = \"sudo\"\n\
             groups = [\"far\"]\n",
            outer_port.unwrap()
        ),
    );
    folder.profile(
        "p",
        "modules = [\"m\"]\n",
        &[(
            "m",
            "[[step]]\ndirectory = \"/srv/far\"\nowner = \"root\"\n\
             [[step]]\nfile = \"/srv/far/file\"\ncontent = \"from afar\\n\"\nmode = \"0600\"\n",
        )],
    );
    let password = folder.write("password", &format!("{PASSWORD}\n"));
    std::fs::set_permissions(&password, std::fs::Permissions::from_mode(0o600)).unwrap();
    let push = |limit| {
        folder
            .push("p")
            .arg("--become-password-file")
            .arg(&password)
            .args(["--limit", limit])
    };
    // All names are one host, where two pushes do not change things at once.
    let first = push("far01").ndjson().exits(0);
    assert_eq!(first.steps("far01", "changed").len(), 2, "{}", first.stdout);
    assert_eq!(target.sh("stat -c '%U %a' /srv/far/file").trim(), "root 600");

    let all = push("@far").ndjson().exits(0);
    for number in 1..=NAMES {
        let name = format!("far{number:02}");
        assert_eq!(all.steps(&name, "ok").len(), 2, "{name}: {}", all.stdout);
    }
    println!(
        "{NAMES} hosts behind two bastions with MaxStartups 2:100:3, certificates on both sides, sudo with a password: no failure"
    );

    // Without the authority nobody on the way is believed, and without the certificate nobody lets us in.
    let trusted = folder.path("known_hosts");
    std::fs::rename(&trusted, folder.path("aside")).unwrap();
    folder.write("known_hosts", "");
    let refused = push("far01").plain();
    assert_eq!(refused.code, Some(3), "{refused:?}");
    assert!(
        refused.stdout.contains("host key not known"),
        "{}",
        refused.stdout
    );
    std::fs::rename(folder.path("aside"), trusted).unwrap();
    std::fs::remove_file(folder.path("id-cert.pub")).unwrap();
    let refused = push("far01").plain();
    assert_eq!(refused.code, Some(3), "{refused:?}");
}
