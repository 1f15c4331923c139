# await WANTED SECONDS FUNCTION WORD...: asks each second whether it is reached (WANTED is 0) or no longer (1).
await() {
  wanted_now=$1
  within=$2
  shift 2
  deadline=$(($(date +%s) + within))
  while :; do
    reached=0
    "$@" || reached=1
    [ "$reached" != "$wanted_now" ] || return 0
    [ "$(date +%s)" -lt "$deadline" ] || break
    sleep 1
  done
  [ "$1" != reaches_page ] || say "the last answer's status was ${answered:-none}"
  say "waited for $within seconds, in vain"
  return 1
}
