//! Kinds that need root or programs of a host, run for real against stand-ins: small programs with state in files.
//!
//! The program under test is what a host is sent, byte for byte, but for its first lines: they set `PATH` and where
//! systemd shows itself, and here they name the stand-ins' folder.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use provision::event::{Event, Outcome, Reason};
use provision::plan::{self, Options, Plan};
use provision::resource::{
    File, Group, OnChange, Package, PostgresDatabase, PostgresRole, Presence, Resource, Service, Sh, User,
};
use provision::script::Secret;

use crate::kit::shell::{Corner, DRY_RUN, Done, PUSH, SHELLS, nonce, plan, plan_with, read};

/// Each stand-in keeps its state in files of `$HOME` and logs how it was called.
const STUBS: &[(&str, &str)] = &[
    (
        "dpkg-query",
        r#"while [ "$1" != -- ]; do shift; done; shift
status=0
for name; do
  if [ -e "$HOME/packages/$name" ]; then echo "$name ii  1.0"; else status=1; fi
done
exit $status"#,
    ),
    ("dpkg", "exit 0"),
    (
        "apt-get",
        r#"echo "$*" >>"$HOME/apt.log"
case " $* " in
*" update "*) exit 0 ;;
*" remove "*) verb=remove ;;
*) verb=install ;;
esac
while [ "$1" != -- ]; do shift; done; shift
for name; do
  case $name in no-such-*) echo "E: Unable to locate package $name" >&2; exit 100 ;; esac
done
for name; do
  if [ $verb = remove ]; then rm -f "$HOME/packages/$name"; else mkdir -p "$HOME/packages"; : >"$HOME/packages/$name"; fi
done"#,
    ),
    (
        "getent",
        r#"file=$HOME/$1; shift
[ -e "$file" ] || exit 2
status=0
for name; do grep "^$name:" "$file" || status=2; done
exit $status"#,
    ),
    (
        "useradd",
        r#"uid=1000 home= shell=/bin/sh group=1000
while [ "$1" != -- ]; do
  case $1 in
  -u) uid=$2; shift ;;
  -d) home=$2; shift ;;
  -s) shell=$2; shift ;;
  -g) group=$(grep "^$2:" "$HOME/group" | cut -d: -f3); shift ;;
  esac
  shift
done
echo "$2:x:$uid:$group::${home:-/home/$2}:$shell" >>"$HOME/passwd""#,
    ),
    (
        "usermod",
        r#"case $1 in
-a)
  for group in $(echo "$3" | tr , ' '); do
    grep -q "^$group:" "$HOME/group" || { echo "usermod: group '$group' does not exist" >&2; exit 6; }
    sed -i "s/^\($group:.*:\)$/\1$5/; t; s/^\($group:.*\)$/\1,$5/" "$HOME/group"
  done ;;
-s) sed -i "s#^\($4:.*:\)[^:]*\$#\1$2#" "$HOME/passwd" ;;
esac"#,
    ),
    ("userdel", r#"sed -i "/^$2:/d" "$HOME/passwd""#),
    (
        "groupadd",
        r#"gid=100; while [ "$1" != -- ]; do case $1 in -g) gid=$2; shift ;; esac; shift; done
echo "$2:x:$gid:" >>"$HOME/group""#,
    ),
    ("groupmod", r#"sed -i "s/^\($4:x:\)[0-9]*/\1$2/" "$HOME/group""#),
    ("groupdel", r#"sed -i "/^$2:/d" "$HOME/group""#),
    (
        "systemctl",
        r#"verb=$1; shift
while [ "$1" != -- ]; do shift; done; shift
[ "$verb" = show ] || echo "$verb $1" >>"$HOME/systemctl.log"
for unit; do
  at=$HOME/units/$unit; mkdir -p "$HOME/units"
  case $verb in
  show)
    [ ! -e "$at.active" ] && active=inactive || active=active
    [ ! -e "$at.enabled" ] && enabled=disabled || enabled=enabled
    printf 'Id=%s.service\nLoadState=loaded\nActiveState=%s\nUnitFileState=%s\n\n' "$unit" "$active" "$enabled" ;;
  start) : >"$at.active" ;;
  stop) rm -f "$at.active" ;;
  enable) : >"$at.enabled" ;;
  disable) rm -f "$at.enabled" ;;
  esac
done"#,
    ),
    ("runuser", r#"shift 3; exec "$@""#),
    ("pg_isready", "exit 0"),
    (
        "psql",
        r#"sql=$(cat)
case $sql in
*"SELECT count(*)"*) [ ! -e "$HOME/sql" ] && echo 0 || grep -c . "$HOME/sql" ;;
*) echo "$sql" | tr '\n' ' ' >"$HOME/sql" ;;
esac"#,
    ),
];

/// A corner with stand-ins, and what kind of host it stands for.
struct Host {
    corner: Corner,
    systemd: bool,
}

impl Host {
    fn new(shell: &'static [&'static str], systemd: bool) -> Self {
        let corner = Corner::new(shell);
        fs::create_dir(corner.path("bin")).unwrap();
        for (name, text) in STUBS {
            let path = corner.path("bin").join(name);
            fs::write(&path, format!("#!/bin/dash\n{text}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        fs::write(corner.path("group"), "root:x:0:\nadm:x:4:\nsudo:x:27:root\n").unwrap();
        Self { corner, systemd }
    }

    fn without(self, program: &str) -> Self {
        fs::remove_file(self.corner.path("bin").join(program)).unwrap();
        self
    }

    fn run(&self, plan: &Arc<Plan>, options: Options) -> Done {
        let program = String::from_utf8(plan::compile(plan, &nonce(), options).unwrap()).unwrap();
        let replaced = |text: String, line: &str, by: &str| {
            assert!(text.contains(line), "the program has {line:?}");
            text.replacen(line, by, 1)
        };
        // The host's own programs are found behind the stand-ins, but not those that would tell of this machine.
        let path = format!(
            "\nPATH={}:{}\n",
            self.corner.text("bin"),
            self.corner.text("system")
        );
        self.system();
        let program = replaced(
            program,
            "\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n",
            &path,
        );
        let sign = if self.systemd { "bin" } else { "no-such-folder" };
        let program = replaced(
            program,
            "[ -d /run/systemd/system ]",
            &format!("[ -d '{}' ]", self.corner.text(sign)),
        );
        // Init scripts are looked for in the corner, too.
        let program = program.replace("/etc/init.d/", &format!("{}/init.d/", self.corner.text("")));
        let program = program.replace(
            "/etc/rc[2345].d/",
            &format!("{}/rc[2345].d/", self.corner.text("")),
        );
        read(plan, options, &self.corner.run_bytes(program.as_bytes()))
    }

    /// The programs every host has, and none of those the stand-ins are for.
    fn system(&self) {
        let folder = self.corner.path("system");
        if folder.exists() {
            return;
        }
        fs::create_dir(&folder).unwrap();
        for name in [
            "cat",
            "chmod",
            "chown",
            "cut",
            "find",
            "flock",
            "grep",
            "head",
            "mkdir",
            "mktemp",
            "mv",
            "rm",
            "sed",
            "sha256sum",
            "sleep",
            "stat",
            "tee",
            "tr",
            "touch",
            "ln",
        ] {
            let found = ["/bin", "/usr/bin"].map(|at| format!("{at}/{name}"));
            let found = found.iter().find(|path| fs::exists(path).unwrap());
            std::os::unix::fs::symlink(found.unwrap(), folder.join(name)).unwrap();
        }
    }

    /// A dry-run predicts what the push changes, and the second push changes nothing.
    fn converges(&self, resources: Vec<Resource>) {
        let plan = plan(resources);
        let all = |outcome| vec![outcome; plan.steps.len()];
        let shell = self.corner.shell;
        assert_eq!(
            self.run(&plan, DRY_RUN).outcomes(),
            all(Outcome::WouldChange),
            "dry-run under {shell:?}"
        );
        let done = self.run(&plan, PUSH);
        assert_eq!(
            done.outcomes(),
            all(Outcome::Changed),
            "push under {shell:?}: {:#?}",
            done.events
        );
        let again = self.run(&plan, PUSH);
        assert_eq!(
            again.outcomes(),
            all(Outcome::Ok),
            "second push under {shell:?}: {:#?}",
            again.events
        );
    }

    fn log(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.corner.path(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

/// What the failed step said, and why it failed.
fn failure(done: &Done) -> (usize, Option<Reason>, String) {
    let failed = done.events.iter().find_map(|event| match event {
        Event::StepFinished {
            step,
            outcome: Outcome::Failed,
            reason,
            output,
            ..
        } => Some((
            step.index,
            reason.clone(),
            String::from_utf8_lossy(output).into_owned(),
        )),
        _ => None,
    });
    failed.unwrap_or_else(|| panic!("nothing failed: {:#?}", done.events))
}

fn package(name: &str) -> Resource {
    Package::lean(name).into()
}

#[test]
fn packages_are_installed_in_one_transaction_and_removed() {
    for shell in SHELLS {
        let host = Host::new(shell, true);
        host.converges(vec![package("curl"), package("less"), package("zsh")]);
        let installs: Vec<_> = host
            .log("apt.log")
            .into_iter()
            .filter(|line| line.contains(" install "))
            .collect();
        assert_eq!(installs.len(), 1, "{installs:?}");
        assert!(
            installs[0].ends_with("--no-install-recommends install -- curl less zsh"),
            "{installs:?}"
        );
        host.converges(vec![
            Package {
                state: Presence::Absent,
                ..Package::lean("less")
            }
            .into(),
        ]);
        assert!(!fs::exists(host.corner.path("packages/less")).unwrap());
    }
}

#[test]
fn a_package_that_is_there_is_not_given_to_apt() {
    for shell in SHELLS {
        let host = Host::new(shell, true);
        host.converges(vec![package("curl")]);
        let plan = plan(vec![package("aaa"), package("curl"), package("zzz")]);
        let done = host.run(&plan, PUSH);
        assert_eq!(done.outcomes(), [Outcome::Changed, Outcome::Ok, Outcome::Changed]);
        assert!(
            host.log("apt.log")
                .last()
                .unwrap()
                .ends_with(" install -- aaa zzz"),
            "{:?}",
            host.log("apt.log")
        );
    }
}

#[test]
fn files_a_package_brings_are_discarded_without_asking_apt_again() {
    for shell in SHELLS {
        let host = Host::new(shell, true);
        host.converges(vec![package("web")]);
        let example = host.corner.text("example");
        fs::write(&example, "").unwrap();
        let asked = host.log("apt.log").len();
        let web = Package {
            discard: vec![example.clone()],
            ..Package::lean("web")
        };
        host.converges(vec![web.into()]);
        assert!(!fs::exists(&example).unwrap());
        assert_eq!(host.log("apt.log").len(), asked, "nothing to install");
    }
}

#[test]
fn one_bad_package_does_not_keep_the_good_ones_out() {
    for shell in SHELLS {
        let host = Host::new(shell, true);
        let resources = vec![package("curl"), package("no-such-thing"), package("zsh")];
        let plan = plan_with(resources, &[3, 2, 3]);
        let done = host.run(&plan, PUSH);
        assert_eq!(
            done.outcomes(),
            [Outcome::Changed, Outcome::Failed, Outcome::Changed],
            "{shell:?}: {:#?}",
            done.events
        );
        let (step, reason, output) = failure(&done);
        assert_eq!((step, reason), (1, Some(Reason::ApplyExit { status: 100 })));
        assert!(
            output.contains("Unable to locate package no-such-thing"),
            "{output}"
        );
    }
}

#[test]
fn a_host_without_apt_says_so() {
    for shell in SHELLS {
        let host = Host::new(shell, true).without("dpkg-query").without("apt-get");
        let plan = plan(vec![package("curl"), package("zsh")]);
        assert_eq!(host.run(&plan, DRY_RUN).outcomes(), [Outcome::WouldChange; 2]);
        let (step, _, output) = failure(&host.run(&plan, PUSH));
        assert_eq!(step, 0);
        assert!(
            output.contains("no known package manager on this host (looked for apt)"),
            "{output}"
        );
    }
}

#[test]
fn users_and_groups_are_made_changed_and_removed() {
    for shell in SHELLS {
        let host = Host::new(shell, true);
        let group = |gid| Group {
            name: "people".into(),
            gid,
            system: false,
            state: Presence::Present,
        };
        let ada = |shell: &str| User {
            name: "ada".into(),
            uid: Some(1234),
            group: Some("people".into()),
            groups: vec!["adm".into(), "sudo".into()],
            home: Some("/srv/ada".into()),
            shell: Some(shell.into()),
            ..User::default()
        };
        host.converges(vec![group(Some(500)).into(), ada("/bin/bash").into()]);
        assert_eq!(host.log("passwd"), ["ada:x:1234:500::/srv/ada:/bin/bash"]);
        assert_eq!(
            host.log("group"),
            ["root:x:0:", "adm:x:4:ada", "sudo:x:27:root,ada", "people:x:500:"]
        );
        host.converges(vec![group(Some(501)).into()]);
        let shell_only = User {
            name: "ada".into(),
            shell: Some("/bin/zsh".into()),
            ..User::default()
        };
        host.converges(vec![shell_only.into()]);
        assert_eq!(host.log("passwd"), ["ada:x:1234:500::/srv/ada:/bin/zsh"]);
        let nobody = User {
            name: "eve".into(),
            groups: vec!["no-such-group".into()],
            ..User::default()
        };
        let (_, reason, output) = failure(&host.run(&plan(vec![nobody.into()]), PUSH));
        assert_eq!(reason, Some(Reason::ApplyExit { status: 6 }));
        assert!(
            output.contains("group 'no-such-group' does not exist"),
            "{output}"
        );
        let gone = User {
            name: "ada".into(),
            state: Presence::Absent,
            ..User::default()
        };
        let no_group = Group {
            name: "people".into(),
            gid: None,
            system: false,
            state: Presence::Absent,
        };
        host.converges(vec![gone.into(), no_group.into()]);
    }
}

#[test]
fn a_service_starts_and_pays_its_debts_once() {
    for shell in SHELLS {
        let host = Host::new(shell, true);
        let conf = |text: &str| Resource::from(File::new(host.corner.text("conf"), text)).notify("web");
        let web = || Resource::from(Service::new("web", OnChange::Reload));
        host.converges(vec![conf("one"), web()]);
        assert_eq!(
            host.log("systemctl.log"),
            ["enable web", "start web"],
            "what starts needs no reload"
        );
        let done = host.run(&plan(vec![conf("two"), web()]), PUSH);
        assert_eq!(done.outcomes(), [Outcome::Changed, Outcome::Changed]);
        assert_eq!(
            host.log("systemctl.log")[2..],
            ["enable web", "reload-or-restart web"]
        );
        assert_eq!(
            host.run(&plan(vec![conf("two"), web()]), PUSH).outcomes(),
            [Outcome::Ok, Outcome::Ok]
        );
        // A failure in between leaves the debt; the next push pays it though the file holds by then.
        let broken = || Resource::from(Sh::new("test -e \"$HOME/mended\"", "false"));
        let done = host.run(&plan(vec![conf("three"), broken(), web()]), PUSH);
        assert_eq!(
            done.outcomes(),
            [Outcome::Changed, Outcome::Failed, Outcome::Skipped]
        );
        fs::write(host.corner.path("mended"), "").unwrap();
        let done = host.run(&plan(vec![conf("three"), broken(), web()]), PUSH);
        assert_eq!(done.outcomes(), [Outcome::Ok, Outcome::Ok, Outcome::Changed]);
        assert_eq!(host.log("systemctl.log").last().unwrap(), "reload-or-restart web");
        let off = Service {
            running: Some(false),
            enabled: Some(false),
            ..Service::new("web", OnChange::Restart)
        };
        host.converges(vec![off.into()]);
    }
}

#[test]
fn a_service_of_an_init_script_does_the_same() {
    let script = r#"#!/bin/dash
echo "$1" >>"$HOME/init.log"
case $1 in
status) [ -e "$HOME/runs" ] ;;
start) : >"$HOME/runs" ;;
stop) rm -f "$HOME/runs" ;;
reload) echo "cannot reload" >&2; exit 3 ;;
esac"#;
    let update_rc = r#"#!/bin/dash
mkdir -p "$HOME/rc2.d"
case $2 in
enable) : >"$HOME/rc2.d/S01$1" ;;
disable) rm -f "$HOME/rc2.d/S01$1" ;;
esac"#;
    for shell in SHELLS {
        let host = Host::new(shell, false).without("systemctl");
        fs::create_dir(host.corner.path("init.d")).unwrap();
        for (path, text) in [("init.d/web", script), ("bin/update-rc.d", update_rc)] {
            fs::write(host.corner.path(path), text).unwrap();
            fs::set_permissions(host.corner.path(path), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let conf = |text: &str| Resource::from(File::new(host.corner.text("conf"), text)).notify("web");
        host.converges(vec![conf("one"), Service::new("web", OnChange::Restart).into()]);
        assert!(host.log("init.log").contains(&"start".to_owned()));
        let plan = plan(vec![conf("two"), Service::new("web", OnChange::Reload).into()]);
        let (step, reason, output) = failure(&host.run(&plan, PUSH));
        assert_eq!((step, reason), (1, Some(Reason::ApplyExit { status: 3 })));
        assert!(
            output.contains("cannot reload"),
            "the script's own words: {output}"
        );
        let off = Service {
            running: Some(false),
            enabled: Some(false),
            ..Service::new("web", OnChange::Restart)
        };
        host.converges(vec![off.into()]);
    }
}

#[test]
fn postgres_is_asked_over_stdin() {
    for shell in SHELLS {
        let host = Host::new(shell, true);
        let role = PostgresRole {
            name: "it's".into(),
            password: Some(Secret::new("hunter2")),
            login: true,
            createdb: false,
            port: 5433,
        };
        host.converges(vec![role.into()]);
        assert!(
            host.log("sql")[0].contains("ALTER ROLE \"it's\" WITH LOGIN NOCREATEDB PASSWORD 'SCRAM-SHA-256$")
        );
        fs::remove_file(host.corner.path("sql")).unwrap();
        host.converges(vec![
            PostgresDatabase {
                name: "app".into(),
                owner: Some("app".into()),
                port: 5432,
            }
            .into(),
        ]);
        assert!(host.log("sql")[0].contains("ALTER DATABASE \"app\" OWNER TO \"app\";"));
    }
}
