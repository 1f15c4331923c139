# Every program begins with this text: it looks at the host and answers. Nothing in it changes anything.
# Lines that are only a comment are not sent.
#
# Words: slot, the number of a read within its kind; fresh, set while the snapshot may be believed.

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
unset CDPATH ENV BASH_ENV POSIXLY_CORRECT
umask 022
nl='
'
IFS=' 	'$nl
# Answers are split into fields unquoted, so no field may act as a pattern.
set -f
fresh=

# Where the state of unfinished business is kept: as root in the system, else at home. A host that is only a corner of
# a machine, such as a demo's, says where.
if [ -n "${PROVISION_STATE-}" ]; then state=$PROVISION_STATE; elif [ -w /var/lib ]; then state=/var/lib/provision; else state=${HOME:-/nonexistent}/.local/state/provision; fi
if [ -d /run/systemd/system ]; then init=systemd; else init=sysv; fi

# frame WORD...: tells the controller something it can tell from any output.
frame() { printf '\n\036%s %s\n' "$nonce" "$*"; }

# What is not there is an answer and no failure: applies ask too, where a failing command is their end.

# ---- paths: path_type path_mode path_owner path_group path_target; all empty when there is none.
# %f is the raw mode in hex: one digit of type, three of permissions. GNU stat would quote the names in %N, each
# version in its own way.
ask_paths() { QUOTING_STYLE=literal stat -c '%f %U %G %N' -- "$@" 2>/dev/null; }

# is_about LINE PATH: whether LINE of ask_paths is the answer for PATH. busybox quotes a link's two sides.
is_about() {
  about=${1#* * * }
  case $1 in
    a*) case $about in "$2 -> "* | "'$2' -> '"*) return 0 ;; esac ;;
    *) [ "$about" = "$2" ] && return 0 ;;
  esac
  return 1
}

# Answers come in the order of the questions, with gaps where there is no such path: walk both lists at once.
snapshot_paths() {
  slot=$1
  shift
  answers=$(ask_paths "$@")
  IFS=$nl
  for answer in $answers; do
    while [ $# -gt 0 ]; do
      if is_about "$answer" "$1"; then
        eval "path_$slot=\$answer"
        slot=$((slot + 1))
        shift
        break
      fi
      slot=$((slot + 1))
      shift
    done
  done
  IFS=' 	'$nl
}

path_state() {
  if [ -n "$fresh" ]; then eval "answer=\${path_$1-}"; else answer=$(ask_paths "$2") || :; fi
  path_type=${answer%"${answer#?}"}
  path_mode=${answer%% *}
  path_mode=${path_mode#?}
  answer=${answer#* }
  path_owner=${answer%% *}
  answer=${answer#* }
  path_group=${answer%% *}
  path_target=
  if [ "$path_type" = a ]; then
    answer=${answer#* }
    case $answer in
      "$2 -> "*) path_target=${answer#"$2 -> "} ;;
      *)
        path_target=${answer#"'$2' -> '"}
        path_target=${path_target%\'}
        ;;
    esac
  fi
}

# ---- digests: the SHA-256 of a regular file, empty when it is none or cannot be read.
# Only regular files are read: a FIFO would hang, a device would not end.
snapshot_digests() {
  slot=$1
  shift
  first=$slot
  count=$#
  names=
  while [ "$count" -gt 0 ]; do
    case $1 in *\\*) ;; *) if [ -f "$1" ] && [ ! -L "$1" ]; then set -- "$@" "$1"; names="$names $slot"; fi ;; esac
    shift
    slot=$((slot + 1))
    count=$((count - 1))
  done
  [ $# -gt 0 ] || return 0
  answers=$(sha256sum -- "$@" 2>/dev/null)
  IFS=$nl
  for answer in $answers; do
    while [ $# -gt 0 ]; do
      names=${names# }
      slot=${names%% *}
      names=${names#"$slot"}
      if [ "${answer#*  }" = "$1" ]; then
        eval "digest_$slot=\${answer%%  *}"
        shift
        break
      fi
      shift
    done
  done
  IFS=' 	'$nl
}

digest_state() {
  digest=
  if [ -n "$fresh" ]; then eval "digest=\${digest_$1-}"; fi
  if [ -z "$digest" ] && [ -f "$2" ] && [ ! -L "$2" ] && [ -r "$2" ]; then
    digest=$(sha256sum <"$2" 2>/dev/null) || :
    digest=${digest%% *}
  fi
}

# ---- packages: package_version, empty when it is not installed.
if command -v dpkg-query >/dev/null; then pm=apt; else pm=none; fi

ask_packages() {
  case $pm in
    # The second letter of the status is what is, the first what was wished for.
    apt) dpkg-query -W -f '${Package} ${db:Status-Abbrev} ${Version}\n' -- "$@" 2>/dev/null ;;
  esac
}

# Names are asked for in byte order, which is also the order dpkg answers in.
snapshot_packages() {
  slot=$1
  shift
  answers=$(ask_packages "$@")
  IFS=$nl
  for answer in $answers; do
    while [ $# -gt 0 ]; do
      if [ "${answer%% *}" = "$1" ]; then
        eval "package_$slot=\$answer"
        slot=$((slot + 1))
        shift
        break
      fi
      # A second architecture of the package before: its first answer stands.
      case $answer in "${seen-} "*) break ;; esac
      slot=$((slot + 1))
      shift
    done
    seen=${answer%% *}
  done
  IFS=' 	'$nl
}

package_state() {
  answer=
  if [ -n "$fresh" ]; then eval "answer=\${package_$1-}"; else answer=$(ask_packages "$2") || :; fi
  package_version=
  case $answer in
    "$2 "?i*)
      answer=${answer%%"$nl"*}
      package_version=${answer##* }
      ;;
  esac
}

# ---- users and groups: their entries with the colons as written, empty when there is none.
ask_users() { getent passwd "$@" 2>/dev/null; }
ask_groups() { getent group "$@" 2>/dev/null; }

# snapshot_names KIND SLOT NAME...: KIND is user or group; both answer in the order of the questions.
snapshot_names() {
  kind=$1
  slot=$2
  shift 2
  answers=$(ask_"$kind"s "$@")
  IFS=$nl
  for answer in $answers; do
    while [ $# -gt 0 ]; do
      if [ "${answer%%:*}" = "$1" ]; then
        eval "${kind}_$slot=\$answer"
        slot=$((slot + 1))
        shift
        break
      fi
      slot=$((slot + 1))
      shift
    done
  done
  IFS=' 	'$nl
}

# user_state: user_entry user_uid user_gid user_home user_shell
user_state() {
  if [ -n "$fresh" ]; then eval "user_entry=\${user_$1-}"; else user_entry=$(ask_users "$2") || :; fi
  answer=${user_entry#*:*:}
  user_uid=${answer%%:*}
  answer=${answer#*:}
  user_gid=${answer%%:*}
  user_shell=${answer##*:}
  answer=${answer%:*}
  user_home=${answer##*:}
}

# group_state: group_entry group_gid group_members (with a comma on both ends)
group_state() {
  if [ -n "$fresh" ]; then eval "group_entry=\${group_$1-}"; else group_entry=$(ask_groups "$2") || :; fi
  answer=${group_entry#*:*:}
  group_gid=${answer%%:*}
  group_members=,${answer#*:},
}

# ---- services: unit_load (loaded or else), unit_active, unit_enabled
# systemd prints a block for every unit asked, in the order of the questions; Id stands first in each.
ask_units() { systemctl show -p Id -p LoadState -p ActiveState -p UnitFileState -- "$@" 2>/dev/null; }

snapshot_units() {
  [ "$init" = systemd ] || return 0
  slot=$(($1 - 1))
  shift
  answers=$(ask_units "$@")
  IFS=$nl
  for answer in $answers; do
    case $answer in Id=*) slot=$((slot + 1)) ;; esac
    eval "unit_$slot=\${unit_$slot-}\$nl\$answer"
  done
  IFS=' 	'$nl
}

# A service of a host without systemd: its script's own status, and the links that start it at boot.
sysv_state() {
  unit_load=
  unit_active=
  unit_enabled=
  [ -x "/etc/init.d/$1" ] || return 0
  unit_load=loaded
  if "/etc/init.d/$1" status >/dev/null 2>&1; then unit_active=active; fi
  set +f
  for link in /etc/rc[2345].d/S[0-9][0-9]"$1"; do
    if [ -e "$link" ]; then unit_enabled=enabled; fi
  done
  set -f
}

unit_state() {
  if [ "$init" != systemd ]; then
    sysv_state "$2"
    return
  fi
  if [ -n "$fresh" ]; then eval "answer=\${unit_$1-}"; else answer=$(ask_units "$2") || :; fi
  unit_load=${answer#*LoadState=}
  unit_load=${unit_load%%"$nl"*}
  unit_active=${answer#*ActiveState=}
  unit_active=${unit_active%%"$nl"*}
  case $answer in
    *UnitFileState=*)
      unit_enabled=${answer#*UnitFileState=}
      unit_enabled=${unit_enabled%%"$nl"*}
      ;;
    *) unit_enabled= ;;
  esac
}

# ---- PostgreSQL: SQL goes through stdin, so nothing of it is seen in a list of processes.
postgres_ask() { (
  cd / && printf '%s\n' "$2" | runuser -u postgres -- psql -XAtq -v ON_ERROR_STOP=1 -p "$1" -d postgres 2>/dev/null
); }

# ---- debts: a change that owes a service a reload notes it before it is made; the service's step pays.
# no_debt NAME STEP...: nothing is owed to NAME, and none of the steps that could owe it is about to change.
no_debt() {
  [ ! -e "$state/debts/$1" ] || return 1
  [ -n "$fresh" ] || return 0
  shift
  for step; do
    case "$wanted " in *" $step "*) return 1 ;; esac
  done
}

# user_check TEXT: a user's own check, apart from our variables and functions' effects.
user_check() { (
  unset nonce
  set +f
  eval "$1"
) >/dev/null 2>&1; }

# predict: asks every step; `wanted` is the list of those that do not hold.
predict() {
  wanted=
  step_now=0
  while [ "$step_now" -lt "$steps" ]; do
    case $slow in *" $step_now "*) frame check "$step_now" ;; esac
    "c$step_now" || wanted="$wanted $step_now"
    step_now=$((step_now + 1))
  done
  # shellcheck disable=SC2086 # the list is numbers; each is a word of the frame
  frame plan "$steps" $wanted
}

# show_file STEP PATH: sends a file's present content, for a diff.
show_file() {
  if [ -f "$2" ] && [ ! -L "$2" ]; then
    frame content "$1" file
    head -c 262145 <"$2"
  else
    frame content "$1" none
  fi
  frame shown "$1"
}
