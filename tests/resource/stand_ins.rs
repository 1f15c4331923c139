//! A host of stand-ins: small programs with state in files, for kinds that need root or a host's own programs.
//!
//! The program under test is what a host is sent, byte for byte, but for its first lines: they set `PATH` and where
//! systemd shows itself, and here they name the stand-ins' folder.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use provision::event::Outcome;
use provision::plan::{self, Options, Plan};
use provision::resource::Resource;

use crate::kit::program;
use crate::kit::shell::{Corner, DIFF, DRY_RUN, Done, PUSH, nonce, plan};

/// Each stand-in keeps its state in files of `$HOME` and logs how it was called.
const STUBS: &[(&str, &str)] = &[
    (
        "dpkg-query",
        r#"while [ "$1" != -- ]; do shift; done; shift
status=0
for name; do
  if [ -e "$HOME/packages/$name" ]; then echo "$name ii  all 1.0"; else status=1; fi
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
    [ ! -e "$at.masked" ] || enabled=masked
    printf 'Id=%s.service\nLoadState=loaded\nActiveState=%s\nUnitFileState=%s\n\n' "$unit" "$active" "$enabled" ;;
  start) : >"$at.active" ;;
  stop) rm -f "$at.active" ;;
  mask) echo "$unit" >"$at.masked"; rm -f "$at.enabled" ;;
  unmask) rm -f "$at.masked" ;;
  enable) : >"$at.enabled" ;;
  disable) rm -f "$at.enabled" ;;
  esac
done"#,
    ),
    (
        "mount",
        r#"echo "$*" >>"$HOME/mount.log"
case "$*" in *no-such*) echo "mount: unknown filesystem" >&2; exit 32 ;; *remount*) exit 0 ;; esac
while [ "$1" != -- ]; do shift; done
echo "$2 $3 tmpfs rw 0 0" | sed "s/it's a place/it's\\\\040a\\\\040place/" >>"$HOME/moved/proc.self.mounts""#,
    ),
    (
        "umount",
        r#"grep -v place "$HOME/moved/proc.self.mounts" >"$HOME/left"; cat "$HOME/left" >"$HOME/moved/proc.self.mounts""#,
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

/// Tables of the host that stand elsewhere in the corner.
const MOVED: &[&str] = &[
    "/etc/hosts",
    "/etc/fstab",
    "/etc/locale.gen",
    "/etc/locale.conf",
    "/etc/default/locale",
    "/etc/debian_version",
    "/proc/self/mounts",
];

/// A corner with stand-ins, and what kind of host it stands for.
pub(super) struct Host {
    pub(super) corner: Corner,
    systemd: bool,
}

impl Host {
    pub(super) fn new(shell: &'static [&'static str], systemd: bool) -> Self {
        let corner = Corner::new(shell);
        fs::create_dir(corner.path("bin")).unwrap();
        fs::write(corner.path("group"), "root:x:0:\nadm:x:4:\nsudo:x:27:root\n").unwrap();
        let stubs = STUBS.iter();
        stubs.fold(Self { corner, systemd }, |host, (name, text)| {
            host.with(name, text)
        })
    }

    pub(super) fn without(self, program: &str) -> Self {
        fs::remove_file(self.corner.path("bin").join(program)).unwrap();
        self
    }

    /// Puts a program of a test's own on the host.
    pub(super) fn with(self, program: &str, text: &str) -> Self {
        let path = self.corner.path("bin").join(program);
        program::write(&path, &format!("#!/bin/dash\n{text}\n"));
        self
    }

    pub(super) fn run(&self, plan: &Arc<Plan>, options: Options) -> Done {
        // The host's own programs are found behind the stand-ins, but not those that would tell of this machine.
        let path = format!(
            "\nPATH={}:{}\n",
            self.corner.text("bin"),
            self.corner.text("system")
        );
        let sign = if self.systemd { "bin" } else { "no-such-folder" };
        let mut lines = vec![
            (
                "\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n",
                path,
            ),
            (
                "[ -d /run/systemd/system ]",
                format!("[ -d '{}' ]", self.corner.text(sign)),
            ),
        ];
        let first = plan::compile(plan, &nonce(), DRY_RUN).unwrap();
        for (line, _) in &lines {
            assert!(
                String::from_utf8_lossy(&first).contains(line),
                "the program has {line:?}"
            );
        }
        // What family this machine is of says nothing about the host.
        lines.push(("</etc/os-release", format!("<{}", self.corner.text("os-release"))));
        // Init scripts are looked for in the corner, too.
        for folder in ["init.d/", "rc[2345].d/"] {
            let own = format!("{}/{folder}", self.corner.text(""));
            lines.push((
                if folder == "init.d/" {
                    "/etc/init.d/"
                } else {
                    "/etc/rc[2345].d/"
                },
                own,
            ));
        }
        lines.push(("/etc/nftables", format!("{}/nftables", self.corner.text(""))));
        lines.extend(
            MOVED
                .iter()
                .map(|path| (*path, self.moved(path).to_str().unwrap().to_owned())),
        );
        self.system();
        self.corner.run_as(plan, options, &|half| {
            let half = String::from_utf8(half).unwrap();
            let replaced = lines.iter().fold(half, |half, (line, by)| half.replace(line, by));
            replaced.into_bytes()
        })
    }

    /// Where a table of the host is in the corner.
    pub(super) fn moved(&self, path: &str) -> PathBuf {
        let folder = self.corner.path("moved");
        fs::create_dir_all(&folder).unwrap();
        folder.join(path.trim_start_matches('/').replace('/', "."))
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
            "sort",
            "date",
            "stat",
            "tail",
            "tee",
            "timeout",
            "tr",
            "wc",
            "touch",
            "ln",
        ] {
            let found = ["/bin", "/usr/bin"].map(|at| format!("{at}/{name}"));
            let found = found.iter().find(|path| fs::exists(path).unwrap());
            std::os::unix::fs::symlink(found.unwrap(), folder.join(name)).unwrap();
        }
    }

    /// The tables that a step may edit, as they are.
    fn tables(&self) -> Vec<(&'static str, Option<Vec<u8>>)> {
        let edited = MOVED.iter().filter(|path| path.starts_with("/etc/"));
        edited
            .map(|path| (*path, fs::read(self.moved(path)).ok()))
            .collect()
    }

    /// A dry-run predicts what the push changes, and the second push changes nothing. What a lone step makes of a table
    /// was told to the byte.
    pub(super) fn converges(&self, resources: Vec<Resource>) {
        let plan = plan(resources);
        let all = |outcome| vec![outcome; plan.steps.len()];
        let shell = self.corner.shell;
        assert_eq!(
            self.run(&plan, DRY_RUN).outcomes(),
            all(Outcome::WouldChange),
            "dry-run under {shell:?}"
        );
        let before = self.tables();
        let shown = self.run(&plan, DIFF);
        assert_eq!(self.tables(), before, "a dry-run writes nothing");
        let done = self.run(&plan, PUSH);
        if plan.steps.len() == 1 {
            for ((path, was), (_, is)) in before.iter().zip(&self.tables()) {
                let told = shown.diffs().into_iter().find(|diff| diff.path == *path);
                let told = told.map(|diff| (&diff.before, &diff.after, diff.part));
                assert_eq!(
                    told,
                    (was != is).then_some((was, is, true)),
                    "{path} under {shell:?}"
                );
            }
        }
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

    pub(super) fn log(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.corner.path(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}
