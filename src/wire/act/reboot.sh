owe_reboot() {
  mkdir -p "$state/debts"
  boot_mark
  printf '%s\n' "$boot" >"$state/debts/reboot"
}

# reboot_soon: has the host reboot when the program has told all it has to tell; `$run/reboot` says that only the next
# boot can say more.
reboot_soon() {
  # Whoever asks next can tell this boot from that one.
  owe_reboot
  case $init in systemd) set -- systemctl --no-block reboot ;; *) set -- reboot ;; esac
  if ! command -v "$1" >/dev/null; then
    say "this host has no $1"
    return 1
  fi
  (
    trap '' HUP TERM
    tries=0
    while kill -0 "$$" && [ "$tries" -lt 50 ]; do
      tries=$((tries + 1))
      sleep 0.2 || sleep 1
    done
    "$@"
  ) </dev/null >/dev/null 2>&1 &
  : >"$run/reboot"
}
