# service_do VERB NAME: start, stop, restart, reload, enable or disable.
service_do() {
  case $init:$1 in
    systemd:reload) systemctl reload-or-restart -- "$2" ;;
    systemd:*) systemctl "$1" -- "$2" ;;
    *:enable | *:disable) update-rc.d "$2" "$1" ;;
    # A daemon must not keep our output open: nobody would ever see its end.
    *) "/etc/init.d/$2" "$1" </dev/null >"$run/service" 2>&1 || {
      status=$?
      cat "$run/service"
      return "$status"
    } ;;
  esac
}
