# npm_do OWNER ARGUMENT...: npm as the packages' owner.
npm_do() { (
  as=$1
  shift
  if ! command -v npm >/dev/null; then
    say "there is no npm on this host; a package step before this one brings it"
    exit 1
  fi
  set -- npm --no-audit --no-fund --no-update-notifier --loglevel=error "$@"
  if [ -n "$as" ]; then
    set -- env HOME="$(home_of "$as")" runuser -u "$as" -- "$@"
  fi
  cd /
  exec "$@"
); }
