# systemd reads its units again.
units_reload() { [ "$init" != systemd ] || systemctl daemon-reload; }

# unit_unmask PATH: takes a link to nothing away, so that a unit can stand there.
unit_unmask() {
  if [ -L "$1" ] && [ "$(readlink -- "$1")" = /dev/null ]; then rm -f -- "$1"; fi
}

# timer_start NAME: with what its file says now.
timer_start() {
  if [ "$init" != systemd ]; then
    say "this host has no systemd, and so no timers; use \`cron\`"
    return 1
  fi
  units_reload
  systemctl enable -- "$1"
  systemctl restart -- "$1"
}

timer_stop() {
  [ "$init" = systemd ] || return 0
  if [ -e "/etc/systemd/system/$1" ]; then systemctl disable --now -- "$1"; fi
}
