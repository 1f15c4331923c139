# Deadlines, kept on the host. There is no job control without a terminal, so a process is known by who started it or,
# when that one is gone, by its environment.
# bounded_check SECONDS STEP [VARIABLE]: the step's check, kSTEP, which is ended with all it has started when the time is
# over; then `overdue` says so, and `late` has the step if that was at first. Apart from us; VARIABLE is what it may set.
bounded_check() {
  overdue=
  if [ -n "$fresh" ]; then
    # What only looks at the snapshot takes no time.
    case $slow in *" $2 "*) ;; *)
      "k$2"
      return
      ;;
    esac
  fi
  answer=$(
    {
      (
        PROVISION_CHECK=$$.$2.
        export PROVISION_CHECK
        status=0
        "k$2" >/dev/null || status=1
        [ -z "${3-}" ] || eval "printf %s \"\${$3-}\""
        exit "$status"
      ) &
      worker=$!
      step_clock "$1" "$worker" "PROVISION_CHECK=$$.$2." >/dev/null &
      clock=$!
      wait "$worker"
      status=$?
      kill "$clock"
      wait "$clock"
      [ $? -ne 9 ] || exit 9
      [ "$status" -eq 0 ] || exit 1
    } 2>/dev/null 4<&- 9>&-
  )
  status=$?
  [ -z "${3-}" ] || eval "$3=\$answer"
  if [ "$status" -eq 9 ]; then
    overdue=late
    if [ -n "$fresh" ]; then
      late="${late-} $2 "
      frame late "$2"
    fi
    status=$1
    return 1
  fi
  return "$status"
}

# step_clock SECONDS PID MARK: ends the process, and all that end_all knows as its, when the time is over, and exits with
# 9 then; with 0 when it is told before that there is no need.
step_clock() {
  trap 'kill $! 2>/dev/null; exit 0' TERM
  sleep "$1" &
  wait $!
  trap '' TERM
  end_all "$2" "$3"
  exit 9
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

# end_all PID MARK: asks them to end, and after five seconds does not ask.
end_all() {
  tries=0
  while [ "$tries" -lt 50 ]; do
    started_by "$1" "$2"
    [ -n "$tree" ] || return 0
    signal=TERM
    if [ "$tries" -ge 5 ]; then signal=KILL; fi
    for pid in $tree; do kill "-$signal" "$pid" 2>/dev/null; done
    tries=$((tries + 1))
    sleep 1
  done
}
