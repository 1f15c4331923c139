# Upgrades: package_upgrade, what would come in place of an installed package by the lists this host has; empty for none.
# ask_upgrades NAME...: a line for each that has one, its name first. Nothing is fetched or written: root's apt would
# write its cache, dnf its logs, and root's zypper a lock, a list of what came along, and what rpm's readers share.
ask_upgrades() {
  case $pm in
    apt)
      set -- apt-cache policy -- "$@"
      if [ -w /var/cache/apt ]; then set -- setpriv --reuid 65534 --regid 65534 --clear-groups -- "$@"; fi
      "$@" 2>/dev/null | sed -n '/^[^ ]/{s/:$//;h;}
/^  Installed: /{s/.*: //;H;}
/^  Candidate: /{s/.*: //;H;x;/\n\(.*\)\n\1$/d;/\n(none)$/d;s/\n.*\n/ /;p;}'
      ;;
    dnf)
      logs=$(mktemp -d /dev/shm/provision.XXXXXXXXXX) || return 0
      "$manager" -q -C --setopt="logdir=$logs" repoquery --upgrades --qf '%{name} %{evr}\n' -- "$@" 2>/dev/null
      rm -rf "$logs"
      ;;
    zypper)
      export ZYPP_LOGFILE=/dev/null ZYPPTMPDIR=/dev/shm
      set -- zypper -q -n --no-refresh list-updates
      if [ -w /var/cache/zypp ]; then set -- setpriv --reuid 65534 --regid 65534 --clear-groups -- "$@"; fi
      "$@" 2>/dev/null |
        sed -n 's/^v[^|]*|[^|]*| *\([^ |]*\) *|[^|]*| *\([^ |]*\) .*/\1 \2/p'
      ;;
    apk) apk version -q -l '<' -- "$@" 2>/dev/null | sed 's/$/ newer/' ;;
    pacman) pacman -Qu -- "$@" 2>/dev/null | sed 's/ .* / /' ;;
  esac
}

snapshot_upgrades() {
  shift
  upgrades=${upgrades-}$nl$(ask_upgrades "$@")$nl
}

upgrade_state() {
  if [ -n "$fresh" ]; then answer=$upgrades; else answer=$nl$(ask_upgrades "$2")$nl || :; fi
  package_upgrade=
  case $answer in
    *"$nl$2 "*)
      package_upgrade=${answer#*"$nl$2 "}
      package_upgrade=${package_upgrade%%"$nl"*}
      ;;
  esac
}

# lists_fresh MINUTES: whether the lists of what there is were fetched no longer ago.
lists_fresh() {
  case $pm in
    # The lists carry the archive's dates; the folder they are fetched into has ours.
    apt) lists=/var/lib/apt/lists/partial ;;
    *) lists=$state/lists ;;
  esac
  [ -n "$(find "$lists" -maxdepth 0 -mmin "-$1" 2>/dev/null)" ]
}
