# service_do VERB NAME: start, stop, restart, reload, enable, disable, mask or unmask.
service_do() {
  case $init:$1 in
    systemd:reload) systemctl reload-or-restart -- "$2" ;;
    systemd:*) systemctl "$1" -- "$2" ;;
    *:mask | *:unmask)
      say "this host has no systemd, and so no masks"
      return 1
      ;;
    openrc:enable) rc-update -q -- add "$2" default ;;
    openrc:disable)
      set +f
      for link in /etc/runlevels/*/"$2"; do
        level=${link%/*}
        [ ! -L "$link" ] || rc-update -q -- del "$2" "${level##*/}"
      done
      set -f
      ;;
    openrc:*) quietly rc-service -- "$2" "$1" ;;
    *:enable | *:disable) update-rc.d "$2" "$1" ;;
    *) quietly "/etc/init.d/$2" "$1" ;;
  esac
}

# quietly COMMAND...: a daemon it starts must not keep our output open: nobody would ever see its end.
quietly() {
  "$@" </dev/null >"$run/service" 2>&1 || {
    status=$?
    cat "$run/service"
    return "$status"
  }
}
