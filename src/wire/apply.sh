# A push's second half begins with this text: everything that changes a host, and the order it is done in. The shell
# that reads it has read the first half, and knows in `wanted` which steps do not hold: some of them, always.

# A lone echo may swallow backslashes; messages hold names.
say() { printf '%s\n' "$*"; }

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

# once STEP: applies it one time, and believes only its check; `why` says what failed, if anything. Never called in a
# condition: set -e would be off inside.
once() {
  why=
  if [ -n "$limit" ]; then
    # shellcheck disable=SC2086 # a function of ours and its first argument
    $limit "$1"
  else
    (
      unset nonce
      set -e
      "a$1"
    ) 4<&- 9>&-
    status=$?
  fi
  fresh=
  overdue=
  if [ -z "$why" ]; then
    if [ "$status" -ne 0 ]; then why=apply; elif [ ! -e "$run/reboot" ]; then
      frame verify "$1"
      "c$1" || why=${overdue:-verify}
    fi
  fi
}

# attempt STEP: brings it about, as often as it may be tried.
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
  eval "more=\${retries_$1:-0} pause=\${delay_$1:-0} limit=\${limit_$1-}"
  once "$1"
  while [ -n "$why" ] && [ "$more" -gt 0 ] && [ ! -e "$run/stop" ]; do
    more=$((more - 1))
    sleep "$pause"
    # It may have come about by itself.
    if "c$1"; then why=; else
      frame apply "$1"
      once "$1"
    fi
  done
  if [ -z "$why" ]; then
    # Only the next boot can tell whether there was one.
    if [ -e "$run/reboot" ]; then frame reboot "$1"; else frame changed "$1"; fi
  else
    frame failed "$1" "$why" "$status"
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
    if [ -z "$holds" ] && [ "$held$exactly" = 11 ]; then
      # A plan that is carried out did not say that an earlier step makes this one necessary.
      frame failed "$step_now" unplanned 0
      after "$step_now"
    elif [ -z "$holds" ]; then
      # The first half has shown those that did not hold from the beginning.
      if [ -n "$held" ]; then
        case $shown in *" $step_now "*) "d$step_now" ;; esac
      fi
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
  true >"$journal"
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
    tee "$journal" 2>/dev/null 4<&- 9>&-
  }
  kill "$watcher" 2>/dev/null
}

after_all() {
  if [ $(($1 + 1)) -lt "$steps" ]; then frame skip $(($1 + 1)) $((steps - 1)) after "$1"; fi
  frame end
}
