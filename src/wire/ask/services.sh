# Services: unit_load (loaded or else), unit_active, unit_enabled (perhaps masked), unit_stale (yes when its files
# are newer than what systemd has read)
# systemd prints a block for every unit asked, in the order of the questions; Id stands first in each.
ask_units() { exec systemctl show -p Id -p LoadState -p ActiveState -p UnitFileState -p NeedDaemonReload -- "$@" 2>/dev/null; }

snapshot_units() {
  [ "$init" = systemd ] || return 0
  slot=$(($1 - 1))
  shift
  answers=$(ask_units "$@")
  IFS=$nl
  for answer in $answers; do
    case $answer in Id=*) slot=$((slot + 1)) ;; esac
    eval "unit_$slot=\${unit_$slot-}\$nl\$answer"
  done
  IFS=' 	'$nl
}

# OpenRC has scripts in the same place; what starts at boot is a link in a runlevel.
if [ "$init" = sysv ] && [ -d /run/openrc ] && command -v rc-service >/dev/null; then init=openrc; fi

openrc_state() {
  unit_load=
  unit_active=
  unit_enabled=
  [ -x "/etc/init.d/$1" ] || return 0
  unit_load=loaded
  if rc-service -q -- "$1" status </dev/null >/dev/null 2>&1; then unit_active=active; fi
  set +f
  for link in /etc/runlevels/*/"$1"; do
    if [ -L "$link" ]; then unit_enabled=enabled; fi
  done
  set -f
}

# A service of a host without either: its script's own status, and the links that start it at boot.
sysv_state() {
  unit_stale=
  unit_load=
  unit_active=
  unit_enabled=
  [ -x "/etc/init.d/$1" ] || return 0
  unit_load=loaded
  if "/etc/init.d/$1" status >/dev/null 2>&1; then unit_active=active; fi
  set +f
  for link in /etc/rc[2345].d/S[0-9][0-9]"$1"; do
    if [ -e "$link" ]; then unit_enabled=enabled; fi
  done
  set -f
}

unit_state() {
  case $init in
    openrc) openrc_state "$2" ;;
    sysv) sysv_state "$2" ;;
  esac
  [ "$init" = systemd ] || return 0
  if [ -n "$fresh" ]; then eval "answer=\${unit_$1-}"; else answer=$(ask_units "$2") || :; fi
  unit_load=${answer#*LoadState=}
  unit_load=${unit_load%%"$nl"*}
  unit_active=${answer#*ActiveState=}
  unit_active=${unit_active%%"$nl"*}
  case $answer in
    *UnitFileState=*)
      unit_enabled=${answer#*UnitFileState=}
      unit_enabled=${unit_enabled%%"$nl"*}
      ;;
    *) unit_enabled= ;;
  esac
  case $answer in *NeedDaemonReload=yes*) unit_stale=yes ;; *) unit_stale= ;; esac
}
