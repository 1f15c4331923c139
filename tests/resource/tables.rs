//! Tables that others write, too: /etc/hosts and /etc/fstab, with stand-ins for those and for what the kernel shows.

use std::fs;

use provision::event::Outcome;
use provision::resource::Resource;

use super::read;
use super::stand_ins::Host;
use crate::kit::shell::{DRY_RUN, PUSH, SHELLS, plan};

fn step(kind: &str, text: &str) -> Resource {
    read(kind, "step.toml", text).unwrap_or_else(|mistake| panic!("{text}: {mistake}"))
}

/// `before` becomes `after` by the step, under every shell, and then stays.
fn becomes(table: &str, kind: &str, text: &str, before: &str, after: &str) {
    for shell in SHELLS {
        let host = Host::new(shell, false);
        fs::write(host.moved(table), before).unwrap();
        fs::write(host.moved("/proc/self/mounts"), "proc /proc proc rw 0 0\n").unwrap();
        host.converges(vec![step(kind, text)]);
        assert_eq!(
            fs::read_to_string(host.moved(table)).unwrap(),
            after,
            "{text} under {shell:?}"
        );
    }
}

#[test]
fn names_stand_for_one_address() {
    let hosts =
        |text: &str, before: &str, after: &str| becomes("/etc/hosts", "hosts_entry", text, before, after);
    let db = "hosts_entry = '192.0.2.1'\nnames = ['db1.example.com', 'db1']";
    hosts(db, "", "192.0.2.1 db1.example.com db1\n");
    hosts(
        db,
        "127.0.0.1\tlocalhost",
        "127.0.0.1\tlocalhost\n192.0.2.1 db1.example.com db1",
    );
    hosts(
        db,
        "127.0.0.1 localhost\r\n",
        "127.0.0.1 localhost\r\n192.0.2.1 db1.example.com db1\r\n",
    );
    // Other names of the address stay; other addresses lose these names, and a line without names goes.
    hosts(
        db,
        "192.0.2.1\tother  db1  # why\n192.0.2.2 db1 x # y\n192.0.2.3 db1.example.com\n#192.0.2.4 db1\n",
        "192.0.2.1\tother  db1 db1.example.com # why\n192.0.2.2 x # y\n#192.0.2.4 db1\n",
    );
    // The other family's addresses are no others; a longer name is another one.
    hosts(
        db,
        "2001:db8::1 db1\n192.0.2.2 db10\n",
        "2001:db8::1 db1\n192.0.2.2 db10\n192.0.2.1 db1.example.com db1\n",
    );
    hosts(
        "hosts_entry = '2001:db8::1'\nnames = ['db1']",
        "::1 db1 a\n192.0.2.1 db1\n",
        "::1 a\n192.0.2.1 db1\n2001:db8::1 db1\n",
    );
    hosts(
        "hosts_entry = '192.0.2.1'\nnames = ['a', 'b']\nstate = 'absent'",
        "192.0.2.1 a c\n192.0.2.1 b\n192.0.2.2 a\n",
        "192.0.2.1 c\n192.0.2.2 a\n",
    );
}

#[test]
fn a_mount_is_entered_once_and_mounted() {
    for shell in SHELLS {
        let host = Host::new(shell, false);
        let point = host.corner.text("it's a place");
        let shown = point.replace(' ', "\\040");
        let text = format!("mount = \"{point}\"\nsource = 'tmpfs'\nfstype = 'tmpfs'\noptions = 'size=1m'");
        let before = format!(
            "# mine\n/dev/sda1\t/\text4\tdefaults\t0 1\ntmpfs {shown} tmpfs size=2m\n\nx {shown} y z 0 0\n"
        );
        fs::write(host.moved("/etc/fstab"), &before).unwrap();
        fs::write(host.moved("/proc/self/mounts"), "proc /proc proc rw 0 0\n").unwrap();
        host.converges(vec![step("mount", &text)]);
        assert_eq!(
            fs::read_to_string(host.moved("/etc/fstab")).unwrap(),
            format!("# mine\n/dev/sda1\t/\text4\tdefaults\t0 1\ntmpfs {shown} tmpfs size=1m 0 0\n\n")
        );
        assert_eq!(
            host.log("mount.log"),
            [format!("-t tmpfs -o size=1m -- tmpfs {point}")]
        );
        // Mounted already: with new options it is mounted anew.
        host.converges(vec![step("mount", &text.replace("size=1m", "size=3m"))]);
        assert_eq!(
            host.log("mount.log")[1..],
            [format!("-o remount,size=3m -- {point}")]
        );
        // What cannot be mounted is not entered.
        let broken = plan(vec![step(
            "mount",
            &text
                .replace("it's a place", "no-such")
                .replace("tmpfs'", "no-such'"),
        )]);
        assert_eq!(host.run(&broken, DRY_RUN).outcomes(), [Outcome::WouldChange]);
        assert_eq!(host.run(&broken, PUSH).outcomes(), [Outcome::Failed]);
        assert!(
            !fs::read_to_string(host.moved("/etc/fstab"))
                .unwrap()
                .contains("no-such")
        );
        host.converges(vec![step(
            "mount",
            &format!("mount = \"{point}\"\nstate = 'absent'"),
        )]);
        assert_eq!(
            fs::read_to_string(host.moved("/etc/fstab")).unwrap(),
            "# mine\n/dev/sda1\t/\text4\tdefaults\t0 1\n\n"
        );
    }
}
