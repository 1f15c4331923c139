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
