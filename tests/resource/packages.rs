//! Each package manager that a host may have, by a stand-in that takes what the real one takes: a package's version is
//! the content of `packages/NAME`, and what there is to install that of `lists/NAME`.
//!
//! apt, dnf, zypper and pacman are proved with the real programs, too (`tests/docker/kinds/package-*.toml`).

use std::fs;

use provision::event::Outcome;
use provision::resource::{Package, PackageState, Resource};

use super::flow::failure;
use super::stand_ins::Host;
use crate::kit::shell::{DRY_RUN, PUSH, SHELLS, plan};

/// What all stand-ins know.
const COMMON: &str = r#"
mkdir -p "$HOME/packages" "$HOME/lists"
has() { [ -e "$HOME/packages/$1" ]; }
get() { cat "$HOME/packages/$1"; }
newest() { tail -n 1 "$HOME/lists/$1" 2>/dev/null; }
# matching NAME PATTERN: the newest version there is of it.
matching() { found=; while read -r it; do case $it in $2) found=$it ;; esac; done <"$HOME/lists/$1"; echo "$found"; }
put() { [ -n "$2" ] || { echo "no package $1" >&2; exit 9; }; echo "$2" >"$HOME/packages/$1"; }
log() { echo "$*" >>"$HOME/manager.log"; }
log "$0" "$@"
"#;

/// A package manager: its programs, how its family calls itself, and whether it holds packages back.
struct Manager {
    id: &'static str,
    programs: &'static [(&'static str, &'static str)],
    patterns: bool,
}

const RPM: &str = r#"
case $2 in --whatprovides) shift 3; [ "$1" = virtual ] && has thing; exit ;; esac
shift 3; [ "$1" != -- ] || shift
for name; do
  if has "$name"; then echo "$name ii noarch 0:$(get "$name")-1"; else echo "package $name is not installed"; fi
done"#;

const DNF: &str = r#"
mkdir -p "$HOME/locks"
verb=
while [ $# -gt 0 ]; do
  case $1 in
  -q | -y | -C | --setopt=* | --refresh | --upgrades | --) ;;
  --qf) shift ;;
  *) [ -z "$verb" ] || break; verb=$1 ;;
  esac
  shift
done
[ "$1" != -- ] || shift
case $verb in
makecache) ;;
repoquery)
  for name; do
    if has "$name" && [ "$(get "$name")" != "$(newest "$name")" ]; then echo "$name 0:$(newest "$name")-1"; echo; fi
  done ;;
install)
  for name; do
    case $name in
    *-[0-9]*) version=${name##*-}; put "${name%-*}" "$(matching "${name%-*}" "$version")" ;;
    *) has "$name" || put "$name" "$(newest "$name")" ;;
    esac
  done ;;
upgrade) for name; do put "$name" "$(newest "$name")"; done ;;
remove) for name; do rm "$HOME/packages/$name"; done ;;
*) exit 3 ;;
esac"#;

const ZYPPER: &str = r#"
case " $* " in *" list-updates "*)
  echo 'S | Repository | Name | Current Version | Available Version | Arch'
  echo '--+------------+------+-----------------+-------------------+-------'
  for name in $(cd "$HOME/packages" && echo *); do
    [ "$(get "$name")" = "$(newest "$name")" ] || echo "v | main       | $name  | $(get "$name")-1  | $(newest "$name")-1  | noarch"
  done
  exit ;;
esac
verb=$3; shift 3
while [ $# -gt 0 ]; do case $1 in --) shift; break ;; -*) shift ;; *) break ;; esac; done
case $verb in
refresh) ;;
install)
  for name; do
    case $name in *=*) put "${name%%=*}" "$(matching "${name%%=*}" "${name#*=}")" ;; *) put "$name" "$(newest "$name")" ;; esac
  done ;;
remove) for name; do rm "$HOME/packages/$name"; done ;;
*) exit 3 ;;
esac"#;

const APK: &str = r#"
verb=$1; shift
case $verb in
info)
  verbose=
  while [ "$1" != -- ]; do case $1 in -v) verbose=1 ;; esac; shift; done; shift
  status=0
  for name; do
    real=$name; [ "$name" != virtual ] || real=thing
    if ! has "$real"; then status=1; elif [ -n "$verbose" ]; then echo "$real-$(get "$real")-r0"; else echo "$real"; fi
  done
  exit "$status" ;;
version) shift 4; for name; do ! has "$name" || [ "$(get "$name")" = "$(newest "$name")" ] || echo "$name"; done ;;
update) ;;
add)
  upgrade=
  while [ "$1" != -- ]; do case $1 in --upgrade) upgrade=1 ;; esac; shift; done; shift
  for name; do
    case $name in
    *~*) put "${name%%~*}" "$(matching "${name%%~*}" "${name#*~}.*")" ;;
    *=*) put "${name%%=*}" "$(matching "${name%%=*}" "${name#*=}")" ;;
    *) if [ -n "$upgrade" ] || ! has "$name"; then put "$name" "$(newest "$name")"; fi ;;
    esac
  done ;;
del) shift; for name; do rm "$HOME/packages/$name"; done ;;
*) exit 3 ;;
esac"#;

const PACMAN: &str = r#"
verb=$1; shift
while [ "${1-}" != -- ]; do [ $# -gt 0 ] || exit 0; shift; done; shift
status=0
for name; do
  case $verb in
  -Q) if has "$name"; then echo "$name $(get "$name")-1"; else echo "error: package '$name' was not found" >&2; status=1; fi ;;
  -T) has "$name" || { [ "$name" = virtual ] && has thing; } || { echo "$name"; status=127; } ;;
  -Qu) ! has "$name" || [ "$(get "$name")" = "$(newest "$name")" ] || echo "$name $(get "$name")-1 -> $(newest "$name")-1" ;;
  -S)
    case $name in *=*) put "${name%%=*}" "$(matching "${name%%=*}" "${name#*=}")" ;; *) put "$name" "$(newest "$name")" ;; esac ;;
  -R | -Rn) rm "$HOME/packages/$name" ;;
  esac
done
exit $status"#;

const MANAGERS: &[Manager] = &[
    Manager {
        id: "\"rocky\"\nID_LIKE=\"rhel centos fedora\"",
        programs: &[("rpm", RPM), ("dnf", DNF)],
        patterns: true,
    },
    Manager {
        id: "amzn",
        programs: &[("rpm", RPM), ("yum", DNF)],
        patterns: true,
    },
    Manager {
        id: "\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"",
        programs: &[("rpm", RPM), ("zypper", ZYPPER), ("dnf", "exit 1")],
        patterns: false,
    },
    Manager {
        id: "alpine",
        programs: &[("apk", APK)],
        patterns: true,
    },
    Manager {
        id: "arch",
        programs: &[("pacman", PACMAN)],
        patterns: false,
    },
];

impl Manager {
    /// A host of this family, on which somebody has installed dpkg as well where families are told apart by their name.
    fn host(&self, shell: &'static [&'static str]) -> Host {
        let mut host = Host::new(shell, true).without("apt-get");
        if self.id == "amzn" {
            host = host.without("dpkg-query");
        }
        fs::write(
            host.corner.path("os-release"),
            format!("NAME=x\nID={}\n", self.id),
        )
        .unwrap();
        fs::create_dir(host.corner.path("lists")).unwrap();
        for name in ["tool", "newest", "stale", "thing", "zsh"] {
            fs::write(host.corner.path("lists").join(name), "1.0\n1.5\n2.0\n").unwrap();
        }
        self.programs.iter().fold(host, |host, (name, text)| {
            host.with(name, &format!("{COMMON}{text}"))
        })
    }
}

fn package(name: &str) -> Resource {
    Package::lean(name).into()
}

#[test]
fn every_manager_installs_pins_upgrades_and_removes() {
    for shell in SHELLS {
        for manager in MANAGERS {
            let host = manager.host(shell);
            let pinned = Package {
                version: Some(if manager.patterns { "1.*" } else { "1.5" }.into()),
                ..Package::lean("tool")
            };
            host.converges(vec![package("newest"), pinned.clone().into(), package("zsh")]);
            assert_eq!(
                host.log("packages/tool"),
                ["1.5"],
                "{} under {shell:?}",
                manager.id
            );
            let installs = host.log("manager.log");
            let together = installs
                .iter()
                .filter(|line| line.contains("newest") && line.contains("zsh") && line.contains("tool"))
                .filter(|line| {
                    [" install ", " add ", " -S "]
                        .iter()
                        .any(|verb| line.contains(verb))
                });
            assert_eq!(together.count(), 1, "one transaction: {installs:#?}");

            // By hand: one too new, one too old.
            fs::write(host.corner.path("packages/tool"), "2.0\n").unwrap();
            fs::write(host.corner.path("packages/newest"), "1.0\n").unwrap();
            host.converges(vec![pinned.into()]);
            assert_eq!(host.log("packages/tool"), ["1.5"], "{}", manager.id);
            let latest = Package {
                state: PackageState::Latest,
                ..Package::lean("newest")
            };
            host.converges(vec![latest.into()]);
            assert_eq!(host.log("packages/newest"), ["2.0"], "{}", manager.id);
            host.converges(vec![Package::absent("newest").into()]);
            assert!(!fs::exists(host.corner.path("packages/newest")).unwrap());
        }
    }
}

#[test]
fn what_an_installed_package_stands_for_is_there() {
    for shell in SHELLS {
        for manager in MANAGERS.iter().filter(|manager| !manager.id.contains("suse")) {
            let host = manager.host(shell);
            let plan = plan(vec![package("thing"), package("virtual"), package("zsh")]);
            assert_eq!(
                host.run(&plan, DRY_RUN).outcomes(),
                [Outcome::WouldChange; 3],
                "{} under {shell:?}",
                manager.id
            );
            fs::create_dir_all(host.corner.path("packages")).unwrap();
            fs::write(host.corner.path("packages/thing"), "1.0\n").unwrap();
            let done = host.run(&plan, PUSH);
            assert_eq!(
                done.outcomes(),
                [Outcome::Ok, Outcome::Ok, Outcome::Changed],
                "{} under {shell:?}: {:#?}",
                manager.id,
                done.events
            );
        }
    }
}

#[test]
fn a_manager_that_holds_nothing_back_says_so() {
    for shell in SHELLS {
        for manager in MANAGERS
            .iter()
            .filter(|manager| ["alpine", "arch"].contains(&manager.id))
        {
            let host = manager.host(shell);
            let held = Package {
                hold: Some(true),
                ..Package::lean("tool")
            };
            let (_, _, output) = failure(&host.run(&plan(vec![held.into()]), PUSH));
            assert!(
                output.contains("holds no package back; name its version instead"),
                "{output}"
            );
        }
    }
}

/// dpkg's own ways: held packages, removed ones that left their configuration, and several architectures.
#[test]
fn dpkg_answers_are_read_for_what_they_are() {
    let query = r#"while [ "$1" != -- ]; do shift; done; shift
for name; do
  case $name in
  held) echo 'held hi  all 1.0' ;;
  left) echo 'left rc  riscv64 1.0' ;;
  known) echo 'known un   ' ;;
  foreign) echo 'foreign ii  i386 1.0' ;;
  both) printf 'both ii  amd64 2.0\nboth ii  i386 1.0\n' ;;
  both:i386) echo 'both ii  i386 1.0' ;;
  both-dev) echo 'both-dev ii  amd64 1.0' ;;
  half) echo 'half iF  all 1.0' ;;
  esac
done"#;
    for shell in SHELLS {
        let host = Host::new(shell, true).with("dpkg-query", query);
        let pinned = |name: &str, version: &str| {
            let version = Some(version.into());
            Resource::from(Package {
                version,
                ..Package::lean(name)
            })
        };
        let purged = |name: &str| {
            Resource::from(Package {
                purge: true,
                ..Package::absent(name)
            })
        };
        let held = |hold| {
            Resource::from(Package {
                hold: Some(hold),
                ..Package::lean("held")
            })
        };
        let plan = plan(vec![
            held(true),
            held(false),
            Package::absent("left").into(),
            purged("left"),
            Package::absent("known").into(),
            purged("known"),
            package("half"),
            pinned("both", "2.*"),
            pinned("both:i386", "1.0"),
            pinned("both-dev", "?.0"),
            pinned("both", "1.0"),
        ]);
        let expected = [
            Outcome::Ok,
            Outcome::WouldChange,
            Outcome::Ok,
            Outcome::WouldChange,
            Outcome::Ok,
            Outcome::Ok,
            Outcome::WouldChange,
            Outcome::Ok,
            Outcome::Ok,
            Outcome::Ok,
            Outcome::WouldChange,
        ];
        assert_eq!(host.run(&plan, DRY_RUN).outcomes(), expected, "{shell:?}");
    }
}
