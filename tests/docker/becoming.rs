//! sudo, doas and su with a password, on a real host: in, refused in so many words, and tried only once.

use std::os::unix::fs::PermissionsExt;

use crate::kit::binary::{Folder, Told};
use crate::kit::throwaway::{Image, Throwaway};

/// Nothing a shell or a log would leave alone.
const PASSWORD: &str = "correct $HOME 'horse\" %p \\n";

/// Users: `asked` may do all with a password, by sudo, doas or su; `guest` nothing; `bare` needs a terminal for sudo.
const PREPARE: &str = r#"
export DEBIAN_FRONTEND=noninteractive
apt-get -q update >/dev/null && apt-get -q -y install --no-install-recommends opendoas >/dev/null
for name in asked guest bare; do
  useradd -m -s /bin/sh $name
  install -d -o $name -m 700 /home/$name/.ssh
  install -o $name -m 600 /home/deploy/.ssh/authorized_keys /home/$name/.ssh/
done
for name in asked guest bare root; do printf '%s:%s\n' $name "$PASSWORD"; done | chpasswd
printf 'Defaults logfile=/var/log/sudo.log\nDefaults:bare requiretty\nasked ALL=(ALL) ALL\nbare ALL=(ALL) ALL\n' >/etc/sudoers.d/asked
chmod 440 /etc/sudoers.d/asked
printf 'permit asked as root\npermit asked as guest\n' >/etc/doas.conf
chmod 400 /etc/doas.conf
printf '#!/bin/sh\necho "$PAM_SERVICE $PAM_TYPE $PAM_RUSER $PAM_USER" >>/var/log/tries\n' >/usr/local/sbin/count
chmod 755 /usr/local/sbin/count
for service in sudo doas su; do
  sed -i '1i auth optional pam_exec.so quiet /usr/local/sbin/count' /etc/pam.d/$service
done
: >/var/log/tries; chmod 666 /var/log/tries
# Login shells talk, and some of it looks like a question.
printf 'echo "[sudo] password for asked: " >&2\nprintf "Password: "\n' | tee /etc/profile.d/noise.sh >>/home/asked/.profile
"#;

struct Site {
    host: Throwaway,
    folder: Folder,
}

impl Site {
    fn start() -> Option<Self> {
        let host = Throwaway::start(Image::Plain)?;
        let quoted = PASSWORD.replace('\'', r"'\''");
        host.sh(&format!("PASSWORD='{quoted}'\n{PREPARE}"));
        let folder = Folder::new();
        let module = "[[step]]\nfile = \"{{ path }}\"\ncontent = \"{{ text }}\\n\"\n\
                      [[step]]\nsh = { check = \"test -e {{ path }}.id\", apply = \"id -un >{{ path }}.id; \
                      cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ >{{ path }}.seen 2>/dev/null || true\" }\n\
                      [params]\npath = { type = \"string\" }\ntext = { type = \"string\" }\n";
        folder.profile("p", "modules = [\"m\"]\n", &[("m", module)]);
        Some(Self { host, folder })
    }

    fn secret(&self, password: &str) -> std::path::PathBuf {
        let path = self.folder.write("password", &format!("{password}\n"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// A push as `user`, becoming another `by` a way, with this password if any.
    fn push(&self, user: &str, by: &str, more: &str, password: Option<&str>, path: &str) -> Told {
        let entry = self
            .host
            .entry("h")
            .replace("\"deploy\"", &format!("\"{user}\""))
            .replace("\"sudo\"", &format!("\"{by}\""));
        self.folder.inventory(&format!("{entry}{more}"));
        let text = "x".repeat(20_000);
        let mut push = self.folder.push("p").args([
            format!("--set=m.path={path:?}"),
            format!("--set=m.text={text:?}"),
            "--report".to_owned(),
        ]);
        push = push.arg(self.folder.path("report"));
        if let Some(password) = password {
            push = push.arg("--become-password-file").arg(self.secret(password));
        }
        let told = push.plain();
        let told = told.with_report(&self.folder.path("report"));
        for text in [
            &told.stdout,
            &told.stderr,
            &std::fs::read_to_string(self.folder.path("report")).unwrap(),
        ] {
            assert!(!text.contains(PASSWORD), "{text}");
        }
        told
    }

    fn tries(&self) -> usize {
        self.host.sh("cat /var/log/tries").lines().count()
    }
}

#[test]
fn passwords_let_us_in_once_or_say_why_not() {
    let Some(site) = Site::start() else { return };
    let right = Some(PASSWORD);
    for (number, (by, more, user)) in [
        ("sudo", "", "root"),
        ("doas", "", "root"),
        ("su", "", "root"),
        ("sudo", "become_user = \"guest\"\n", "guest"),
        ("doas", "become_user = \"guest\"\n", "guest"),
        ("su", "become_user = \"guest\"\n", "guest"),
    ]
    .into_iter()
    .enumerate()
    {
        let folder = format!("/srv/{number}");
        site.host.sh(&format!("install -d -o {user} {folder}"));
        let path = format!("{folder}/file");
        let before = site.tries();
        let told = site.push("asked", by, more, right, &path).exits(0);
        assert_eq!(
            told.steps("h", "changed").len(),
            2,
            "{by} to {user}: {}",
            told.stdout
        );
        assert_eq!(site.host.sh(&format!("cat {path}.id")).trim(), user, "{by}");
        assert_eq!(
            site.host.sh(&format!("stat -c %s {path}")).trim(),
            "20001",
            "{by}"
        );
        let seen = site.host.sh(&format!("tr '\\0' '\\n' <{path}.seen"));
        assert!(seen.contains("sshd"), "{seen}");
        assert!(
            !seen.contains(PASSWORD),
            "the password stands in argv or environment"
        );
        // The file's content comes by a program of its own, which becomes the user on its own.
        assert_eq!(
            site.tries(),
            before + 2,
            "{by}: {}",
            site.host.sh("cat /var/log/tries")
        );
        let told = site.push("asked", by, more, right, &path).exits(0);
        assert_eq!(told.steps("h", "ok").len(), 2, "{by}: {}", told.stdout);
        println!("{by} to {user}: in at once, and nothing to do the second time");
    }

    let before = site.host.settled();
    for (user, by, more, password, refusal, tries) in [
        // sudo asks PAM again before it asks us again, which is where we leave.
        ("asked", "sudo", "", Some("wrong"), "wrong-password", 2),
        ("asked", "doas", "", Some("wrong"), "wrong-password", 1),
        ("asked", "su", "", Some("wrong"), "wrong-password", 1),
        ("asked", "sudo", "", None, "password-needed", 0),
        ("asked", "doas", "", None, "password-needed", 0),
        // su asks PAM before it asks us.
        ("asked", "su", "", None, "password-needed", 1),
        ("guest", "sudo", "", right, "not-allowed", 1),
        ("guest", "doas", "", right, "not-allowed", 0),
        ("bare", "sudo", "", right, "terminal-needed", 0),
        (
            "asked",
            "sudo",
            "become_user = \"nobody2\"\n",
            right,
            "no-such-user",
            0,
        ),
    ] {
        let before = site.tries();
        let told = site.push(user, by, more, password, "/srv/never").exits(3);
        let end = told.host("h");
        println!("{user} {by}: {end}");
        assert_eq!(
            (end["cause"].as_str(), end["refusal"].as_str()),
            (Some("become"), Some(refusal)),
            "{end}"
        );
        assert_eq!(site.tries(), before + tries, "{user} by {by}: {end}");
    }
    println!(
        "{}",
        site.push("guest", "sudo", "", right, "/srv/never")
            .exits(3)
            .stdout
    );
    let after = site.host.settled();
    let touched = |tree: &str| {
        tree.lines()
            .filter(|line| line.starts_with("/srv"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        touched(&before.tree),
        touched(&after.tree),
        "a refused login changes nothing"
    );
    let log = site.host.sh("cat /var/log/sudo.log");
    assert!(
        log.contains("1 incorrect password attempt") && !log.contains("2 incorrect"),
        "{log}"
    );
}

/// Ctrl-C ends a run between steps where stdin is a terminal too; and a terminal that goes away cuts no apply.
#[test]
fn the_inventory_says_where_the_password_is() {
    let Some(site) = Site::start() else { return };
    let file = site.secret(PASSWORD).display().to_string();
    for (by, reference) in [
        ("sudo", format!("{{ secret_file = \"{file}\" }}")),
        ("doas", format!("{{ secret_command = [\"cat\", \"{file}\"] }}")),
        ("su", format!("{{ secret_file = \"{file}\" }}")),
    ] {
        let more = format!("become_password = {reference}\n");
        let told = site
            .push("asked", by, &more, None, &format!("/srv/{by}"))
            .exits(0);
        assert_eq!(told.steps("h", "changed").len(), 2, "{by}: {}", told.stdout);
        assert_eq!(site.host.sh(&format!("cat /srv/{by}.id")).trim(), "root", "{by}");
    }
}

#[test]
fn a_run_behind_doas_ends_between_steps() {
    let Some(site) = Site::start() else { return };
    let module = "[[step]]\nsh = { check = \"test -e /srv/first\", apply = \"mkfifo /srv/wait; echo on >/srv/on; cat /srv/wait; echo done >/srv/first\" }\n\
                  [[step]]\nfile = \"/srv/second\"\ncontent = \"x\\n\"\n";
    site.folder.profile("p", "modules = [\"m\"]\n", &[("m", module)]);
    let entry = site
        .host
        .entry("h")
        .replace("\"deploy\"", "\"asked\"")
        .replace("\"sudo\"", "\"doas\"");
    site.folder.inventory(&entry);
    for signals in [&["INT"][..], &["KILL"]] {
        let push = site
            .folder
            .push("p")
            .arg("--become-password-file")
            .arg(site.secret(PASSWORD));
        let started = push.args(["--output", "ndjson"]).start();
        site.host.until("the first step is at work", "test -e /srv/on");
        for signal in signals {
            started.signal(signal);
        }
        if signals == ["INT"] {
            site.host.until("the run knows", "ls /tmp/provision.*/stop");
            site.host.sh("echo go >/srv/wait");
            let told = started.finish();
            assert_eq!(told.code, Some(130), "{}", told.stdout);
            assert_eq!(told.step("h", "file /srv/second")["outcome"], "skipped");
        } else {
            started.finish();
            site.host.until("the run knows", "ls /tmp/provision.*/stop");
            site.host.sh("echo go >/srv/wait");
            site.host.until("the first step is whole", "test -e /srv/first");
            site.host.until("the run is over", "! ls -d /tmp/provision.*");
        }
        assert!(site.host.holds("test -e /srv/first && ! test -e /srv/second"));
        site.host.sh("rm -f /srv/first /srv/on /srv/wait");
    }
}
