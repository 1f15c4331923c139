# Runs `main` with nothing on its stdin, until it ends or until our own stdin does: then all that it has started ends.

exec 4<&0
(
  PROVISION_RUN=$$
  export PROVISION_RUN
  main
) </dev/null 4<&- &
worker=$!
(
  set -f
  nl='
'
  while read -r _; do :; done
  # Whoever has begun to end it is not ended before.
  trap '' TERM
  end_all "$worker" "PROVISION_RUN=$$"
) <&4 >/dev/null 2>&1 4<&- &
watcher=$!
exec 4<&-
wait "$worker" 2>/dev/null
status=$?
kill "$watcher" 2>/dev/null
wait "$watcher" 2>/dev/null
exit "$status"
