# Packages: package_version, empty when it is not installed; package_held; package_left, when only its configuration is.
# The host's family decides where there are programs of several, then what there is.
os=
while IFS='=' read -r key value; do
  case $key in ID | ID_LIKE) os="$os $value" ;; esac
done 2>/dev/null </etc/os-release || :
case $os in
  *debian* | *ubuntu*) os=apt:dpkg-query ;;
  *alpine*) os=apk:apk ;;
  *suse*) os=zypper:zypper ;;
  *arch*) os=pacman:pacman ;;
  *fedora* | *rhel* | *centos*) os='dnf:dnf dnf:yum' ;;
esac
pm=none
for manager in $os apt:dpkg-query apk:apk dnf:dnf dnf:yum zypper:zypper pacman:pacman; do
  case $manager in
    *:*)
      if command -v "${manager#*:}" >/dev/null; then
        pm=${manager%%:*}
        break
      fi
      ;;
  esac
done
manager=${manager#*:}
# dpkg notes its architectures, its own first, once there are several.
native=
if [ "$pm" = apt ] && [ -r /var/lib/dpkg/arch ]; then read -r native </var/lib/dpkg/arch || :; fi

# manager_is NAME: whether that is the host's package manager.
manager_is() { [ "$pm" = "$1" ]; }

# ask_packages NAME...: a line for each, in the order of the questions: name, status, architecture, version.
ask_packages() {
  case $pm in
    # The second letter of the status is what is, the first what was wished for.
    apt) exec dpkg-query -W -f '${Package} ${db:Status-Abbrev} ${Architecture} ${Version}\n' -- "$@" 2>/dev/null ;;
    dnf | zypper) exec rpm -q --qf '%{NAME} ii %{ARCH} %{EPOCHNUM}:%{VERSION}-%{RELEASE}\n' -- "$@" 2>/dev/null ;;
    apk) apk info -e -v -- "$@" 2>/dev/null | sed -n 's/^\(.*\)-\([0-9][^-]*-r[0-9]*\)$/\1 ii - \2/p' ;;
    pacman) pacman -Q -- "$@" 2>/dev/null | sed 's/ / ii - /' ;;
  esac
}

# is_package LINE NAME: whether the line of ask_packages is about it. Another architecture's package has to be named so.
is_package() {
  about=${1%% *}
  arch=${1% *}
  arch=${arch##* }
  case $2 in
    "$about:$arch" | "$about.$arch") return 0 ;;
    "$about") ;;
    *) return 1 ;;
  esac
  case $pm:$arch in
    apt:all | apt:"${native:-$arch}") return 0 ;;
    apt:*) return 1 ;;
  esac
}

# Names are asked for in byte order, which is also the order dpkg answers in; the others keep that of the questions.
snapshot_packages() {
  slot=$1
  shift
  # dpkg answers about another architecture beside its own's, out of order: such names are asked for alone.
  asked=
  for name; do
    case $name in *:*) ;; *) asked="$asked $name" ;; esac
  done
  answers=
  [ -z "$asked" ] || answers=$(ask_packages $asked)
  seen=
  IFS=$nl
  for answer in $answers; do
    # What answers by another name, as what provides it, is no answer.
    case $pm:$nl$*$nl in
      apk:*"$nl${answer%% *}$nl"*) ;;
      apk:*) continue ;;
    esac
    case $answer in 'package '*' is not '*) continue ;; esac
    # One more version, or architecture, of the package before: its first answer stands.
    if [ "${answer%% *}" = "$seen" ] && ! is_package "$answer" "${1-}"; then continue; fi
    while [ $# -gt 0 ]; do
      if [ "${1%:*}" = "$1" ] && is_package "$answer" "$1"; then
        eval "package_$slot=\$answer"
        seen=${answer%% *}
        slot=$((slot + 1))
        shift
        break
      fi
      # A foreign architecture's only.
      case $1 in "${answer%% *}") break ;; esac
      slot=$((slot + 1))
      shift
    done
  done
  IFS=' 	'$nl
}

package_state() {
  case ${fresh:+fresh}:$2 in
    :* | *:*:*) answers=$(ask_packages "$2") || : ;;
    *) eval "answers=\${package_$1-}" ;;
  esac
  package_version=
  package_held=
  package_left=
  IFS=$nl
  for answer in $answers; do
    is_package "$answer" "$2" || continue
    package_version=${answer##* }
    answer=${answer#* }
    case $answer in h*) package_held=1 ;; esac
    case $answer in
      ?i*) ;;
      ?c*) package_left=1 package_version= ;;
      *) package_version= ;;
    esac
    break
  done
  IFS=' 	'$nl
}

# package_is PATTERN: whether the version is one of these; but for dpkg, epoch and release may be left out.
package_is() {
  short=${package_version#*:}
  case $package_version in $1) return 0 ;; esac
  [ "$pm" != apt ] || return 1
  case $short in $1) return 0 ;; esac
  case ${short%-*} in $1) return 0 ;; esac
  return 1
}

# package_provided NAME: whether an installed package stands for that name.
package_provided() {
  case $pm in
    apt)
      if [ -z "$fresh" ] || [ -z "${provided-}" ]; then
        provided=" $(printf '%s ' $(exec dpkg-query -W -f '${db:Status-Abbrev} ${Provides},\n' 2>/dev/null |
          sed -n '/^.i/{s/^...//;s/([^)]*)//g;s/:[a-z0-9]*//g;s/,/ /g;p;}'))"
      fi
      case $provided in *" $1 "*) return 0 ;; esac
      return 1
      ;;
    dnf | zypper) rpm -q --whatprovides -- "$1" ;;
    apk) apk info -e -- "$1" ;;
    pacman) pacman -T -- "$1" ;;
    *) return 1 ;;
  esac >/dev/null 2>&1
}

# package_lock NAME: package_held, where a list beside the packages says so.
package_lock() {
  case $pm in
    dnf) locks=/etc/dnf/plugins/versionlock.list ;;
    zypper) locks=/etc/zypp/locks ;;
    *) return 0 ;;
  esac
  package_held=
  [ -r "$locks" ] || return 0
  while read -r answer; do
    case $answer in "$1"-[0-9]*:* | "solvable_name: $1") package_held=1 ;; esac
  done <"$locks"
}
