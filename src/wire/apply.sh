# Only a push's program holds this text: everything that changes a host, and the order it is done in.

# A lone echo may swallow backslashes; messages hold names.
say() { printf '%s\n' "$*"; }

# ---- parts the resources' applies are made of

# place PATH MODE OWNER GROUP: stdin becomes the file's content; it is never seen half written.
# An empty word keeps what the present file has; a new file is 0644 and the user's own.
place() {
  dir=${1%/*}
  if [ ! -d "${dir:-/}" ]; then
    say "the directory ${dir:-/} does not exist"
    return 1
  fi
  if [ -L "$1" ] || { [ -e "$1" ] && [ ! -f "$1" ]; }; then
    say "$1 is not a regular file; remove it first, it is not replaced"
    return 1
  fi
  mode=${2:-0644}
  who=$3${4:+:$4}
  if [ -f "$1" ]; then
    mode=${2:-$(stat -c %a -- "$1")}
    who=${3:-$(stat -c %u -- "$1")}:${4:-$(stat -c %g -- "$1")}
  fi
  temp=$(mktemp "$dir/.provision.XXXXXXXXXX") || return 1
  if cat >"$temp" && own "$temp" "$who" && chmod "$mode" "$temp" && mv -f "$temp" "$1"; then return 0; fi
  rm -f "$temp"
  return 1
}

# own PATH OWNER[:GROUP]: nothing to do for an empty owner; not following links.
own() { [ -z "${2#:}" ] || chown -h "$2" "$1"; }

# refuse_other PATH WANTED: PATH exists and is something else than what is wanted there.
refuse_other() {
  say "$1 exists and is not a $2; remove it first, it is not replaced"
  return 1
}

# ---- packages

# apt asks nobody, keeps changed configuration files, and waits for another apt to end. What packages make of the
# locale, such as a database's encoding, is UTF-8.
apt() {
  LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 "$@"
}

# apt_unfinished: packages are in the middle of their installation.
apt_unfinished() {
  [ -n "$(find /var/lib/dpkg/updates -type f 2>/dev/null | head -n 1)" ] || dpkg --audit 2>/dev/null | grep -q .
}

# An earlier dpkg was cut off in the middle: finish its work before anything else.
apt_mend() {
  apt_unfinished || return 0
  # It may be at work still, for somebody else. apt waits for that, dpkg does not.
  apt check || :
  apt_unfinished || return 0
  DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold --configure -a
}

# apt_update: fetches the lists. Their lock is one apt does not wait for, so we do.
apt_update() {
  waited=0
  while :; do
    status=0
    apt update >"$run/update" 2>&1 || status=$?
    if [ "$status" -eq 0 ] || [ "$waited" -ge 300 ] || ! grep -q "/lock. It is held by" "$run/update"; then
      cat "$run/update"
      return "$status"
    fi
    [ "$waited" -gt 0 ] || say "waiting for the lists: $(grep "/lock. It is held by" "$run/update")"
    waited=$((waited + 1))
    sleep 1
  done
}

# Package lists are fetched once a run when there are none or they are a day old.
apt_lists() {
  [ ! -e "$run/apt-lists" ] || return 0
  # The lists carry the archive's dates; the folder they are fetched into has ours.
  if [ "${1-}" != now ] && [ -n "$(find /var/lib/apt/lists -name '*_*' -type f 2>/dev/null | head -n 1)" ] &&
    [ -n "$(find /var/lib/apt/lists/partial -maxdepth 0 -mtime -1 2>/dev/null)" ]; then
    return 0
  fi
  apt_update
  : >"$run/apt-lists"
}

# install_packages RECOMMENDS NAME...: all in one transaction.
install_packages() {
  recommends=$1
  shift
  case $pm in
    apt)
      apt_mend
      apt_lists
      apt "$recommends" install -- "$@" && return 0
      status=$?
      # The lists may be too old for the archive; with fresh ones there is no second try.
      [ ! -e "$run/apt-lists" ] || return "$status"
      apt_lists now
      apt "$recommends" install -- "$@"
      ;;
    *)
      say "no known package manager on this host (looked for apt)"
      return 1
      ;;
  esac
}

remove_packages() {
  case $pm in
    apt)
      apt_mend
      apt remove -- "$@"
      ;;
    *)
      say "no known package manager on this host (looked for apt)"
      return 1
      ;;
  esac
}

# ---- services

# service_do VERB NAME: start, stop, restart, reload, enable or disable.
service_do() {
  case $init:$1 in
    systemd:reload) systemctl reload-or-restart -- "$2" ;;
    systemd:*) systemctl "$1" -- "$2" ;;
    *:enable | *:disable) update-rc.d "$2" "$1" ;;
    # A daemon must not keep our output open: nobody would ever see its end.
    *) "/etc/init.d/$2" "$1" </dev/null >"$run/service" 2>&1 || {
      status=$?
      cat "$run/service"
      return "$status"
    } ;;
  esac
}

# ---- PostgreSQL

# postgres_do PORT SQL: waits, bounded, for a server that is still starting.
postgres_do() {
  cd /
  tries=0
  until runuser -u postgres -- pg_isready -q -p "$1"; do
    tries=$((tries + 1))
    if [ "$tries" -ge 30 ]; then
      say "no PostgreSQL server answers on port $1"
      return 1
    fi
    sleep 1
  done
  printf '%s\n' "$2" | runuser -u postgres -- psql -XAtq -v ON_ERROR_STOP=1 -v VERBOSITY=terse -p "$1" -d postgres
}

# ---- debts

owe() {
  mkdir -p "$state/debts"
  true >"$state/debts/$1"
}
owed() { [ -e "$state/debts/$1" ]; }
settle() { rm -f "$state/debts/$1"; }

# ---- the run

user_apply() {
  set +f
  eval "$1"
}

# after STEP WHY: skips what a failure stops, and goes on behind it.
after() {
  eval "next=\$next_$1"
  if [ $(($1 + 1)) -lt "$next" ]; then frame skip $(($1 + 1)) $((next - 1)) after "$1"; fi
}

# await_content STEP: asks for content too large for the program, which is put beside us while we wait.
await_content() {
  frame need "$1" "$room" "${run##*.}"
  until [ -e "$run/content.$1" ]; do
    [ ! -e "$run/stop" ] || return 1
    sleep 0.05 2>/dev/null || sleep 1
  done
}

# attempt STEP: applies it, and believes only its check. Never called in a condition: set -e would be off inside.
attempt() {
  frame apply "$1"
  case $large in
    *" $1 "*)
      if ! await_content "$1"; then
        frame failed "$1" content 0
        after "$1"
        return
      fi
      ;;
  esac
  (
    unset nonce
    set -e
    "a$1"
  ) 4<&- 9>&-
  status=$?
  fresh=
  if [ "$status" -ne 0 ]; then
    frame failed "$1" apply "$status"
    after "$1"
    return
  fi
  frame verify "$1"
  if "c$1"; then frame changed "$1"; else
    frame failed "$1" verify 0
    after "$1"
  fi
}

# drive FIRST: the steps from FIRST on, in order; never stops inside one.
drive() {
  step_now=$1
  while [ "$step_now" -lt "$steps" ]; do
    if [ -e "$run/stop" ]; then
      frame skip "$step_now" $((steps - 1)) cancelled
      break
    fi
    next=$((step_now + 1))
    case "$wanted " in *" $step_now "*) held= ;; *) held=1 ;; esac
    holds=$held
    if [ -z "$fresh" ]; then
      frame check "$step_now"
      if "c$step_now"; then holds=1; else holds=; fi
    fi
    if [ -z "$holds" ]; then
      case $shown in *" $step_now "*) "d$step_now" ;; esac
      attempt "$step_now"
    elif [ -n "$held" ]; then
      frame ok "$step_now"
    else
      frame changed "$step_now" earlier
    fi
    step_now=$next
  done
  rm -rf "$run"
  frame end
}

# make_run: a directory of our own with an unguessable name, in the first place that takes one. The controller knows
# the places by these words.
make_run() {
  for room in tmp vartmp run home; do
    case $room in tmp) place=/tmp ;; vartmp) place=/var/tmp ;; run) place=/run ;; home) place=${HOME:-/nonexistent} ;; esac
    run=$(mktemp -d "$place/provision.XXXXXXXXXX" 2>/dev/null) && return 0
  done
  return 1
}

# One push at a time changes a host. The kernel drops the lock with the last process that holds it.
take_lock() {
  command -v flock >/dev/null || return 0
  if [ "$state" = /var/lib/provision ] && [ -w /run ]; then lock=/run/provision.lock; else lock=$state/lock; fi
  # Without `command` a failed redirection would end the shell (POSIX, XCU 2.8.1).
  command exec 9>>"$lock" && flock -n 9 || return 1
  printf '%s\n' "$$" >"$lock"
}

push() {
  predict
  if [ -z "$wanted" ]; then
    frame end
    return
  fi
  first=${wanted# }
  first=${first%% *}
  old=$(umask)
  umask 077
  if ! make_run || ! mkdir -p "$state"; then
    frame failed "$first" room 0
    after_all "$first"
    return
  fi
  if ! take_lock; then
    read -r holder <"$lock" || holder=0
    rm -rf "$run"
    frame failed "$first" locked "${holder:-0}"
    after_all "$first"
    return
  fi
  # The journal is made private here; what the steps make is not.
  true >"$state/journal"
  umask "$old"
  # Nobody listens any more when stdin ends: the step at work ends, no other begins.
  {
    cat <&4
    : >"$run/stop"
  } >/dev/null 2>&1 9>&- &
  watcher=$!
  # Output goes through tee, which outlives the connection: an apply never writes into a broken pipe.
  drive "$first" 2>&1 | {
    trap '' PIPE HUP INT TERM
    tee "$state/journal" 2>/dev/null 4<&- 9>&-
  }
  kill "$watcher" 2>/dev/null
}

after_all() {
  if [ $(($1 + 1)) -lt "$steps" ]; then frame skip $(($1 + 1)) $((steps - 1)) after "$1"; fi
  frame end
}
