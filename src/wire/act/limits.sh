# bounded SECONDS STEP: applies the step, and ends everything it has started when the time is over. There is no job
# control without a terminal, so a process is known by who started it or, when that one is gone, by its environment.
bounded() {
  mark=PROVISION_STEP=$$.$2
  (
    unset nonce
    PROVISION_STEP=$$.$2
    export PROVISION_STEP
    set -e
    "a$2"
  ) 4<&- 9>&- &
  worker=$!
  (
    sleep "$1"
    : >"$run/late.$2"
    end_all "$worker" "$mark"
  ) >/dev/null 2>&1 4<&- 9>&- &
  clock=$!
  wait "$worker" 2>/dev/null
  status=$?
  if [ -e "$run/late.$2" ]; then
    wait "$clock" 2>/dev/null
    why=late
    status=$1
    return
  fi
  # The clock and the sleep it waits for.
  end_all "$clock" "PROVISION_CLOCK=$$.$2" KILL
  wait "$clock" 2>/dev/null
}

# started_by PID MARK: leaves in `tree` the process, all that it or those have started, and all that carry the mark;
# not those that are dead and only wait for their parent to hear of it.
started_by() {
  tree=" $1 "
  for marked in $(
    set +f
    grep -lsF -e "$2" /proc/[0-9]*/environ
  ); do
    marked=${marked#/proc/}
    tree="$tree${marked%%/*} "
  done
  all=$(
    set +f
    grep -sE '^(State|PPid):' /proc/[0-9]*/status
  )
  dead=' '
  grown=1
  while [ -n "$grown" ]; do
    grown=
    IFS=$nl
    for line in $all; do
      pid=${line#/proc/}
      pid=${pid%%/*}
      case $line in
        *:State:*Z*) dead="$dead$pid " ;;
        *:PPid:*)
          parent=${line##*	}
          case $tree in
            *" $pid "*) ;;
            *" $parent "*)
              tree="$tree$pid "
              grown=1
              ;;
          esac
          ;;
      esac
    done
    IFS=' 	'$nl
  done
  living=
  for pid in $tree; do
    case $dead in *" $pid "*) ;; *) [ ! -e "/proc/$pid" ] || living="$living $pid" ;; esac
  done
  tree=$living
}

# end_all PID MARK [KILL]: asks them to end, and after five seconds does not ask.
end_all() {
  tries=0
  while [ "$tries" -lt 50 ]; do
    started_by "$1" "$2"
    [ -n "$tree" ] || return 0
    signal=TERM
    if [ "$tries" -ge 5 ] || [ -n "${3-}" ]; then signal=KILL; fi
    for pid in $tree; do kill "-$signal" "$pid" 2>/dev/null; done
    tries=$((tries + 1))
    [ -n "${3-}" ] || sleep 1
  done
}
