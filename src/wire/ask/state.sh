# observed NAME COUNT...: sends the snapshot's answers NAME_0 to NAME_COUNT-1 as they are, for a controller that keeps
# their digests or compares them.
observed() {
  frame state
  while [ $# -gt 0 ]; do
    slot=0
    while [ "$slot" -lt "$2" ]; do
      eval "printf '%s\\037' \"\${$1_$slot-}\""
      slot=$((slot + 1))
    done
    shift 2
  done
  frame stated
}
