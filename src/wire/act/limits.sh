# bounded SECONDS STEP: applies the step, and ends everything it has started when the time is over. Where its check has
# taken too long nobody knows whether there is anything to do.
bounded() {
  [ -z "$fresh" ] || case ${late-} in *" $2 "*) overdue=late ;; *) overdue= ;; esac
  if [ -n "$overdue" ]; then
    why=late
    status=$1
    return
  fi
  (
    unset nonce
    PROVISION_STEP=$$.$2.
    export PROVISION_STEP
    set -e
    "a$2"
  ) 4<&- 9>&- &
  worker=$!
  step_clock "$1" "$worker" "PROVISION_STEP=$$.$2." >/dev/null 2>&1 4<&- 9>&- &
  clock=$!
  wait "$worker" 2>/dev/null
  status=$?
  kill "$clock" 2>/dev/null
  wait "$clock" 2>/dev/null
  if [ $? -eq 9 ]; then
    why=late
    status=$1
  fi
}
