# Reboots: a debt that names the boot it was made in. Whoever boots the host anew has paid it.

# boot_mark: leaves in `boot` what tells this boot from any other: the kernel's name for it, and when the first process
# began, which is all that a container has of a boot.
boot_mark() {
  boot=
  boot_stat=
  read -r boot 2>/dev/null </proc/sys/kernel/random/boot_id || :
  read -r boot_stat 2>/dev/null </proc/1/stat || :
  # shellcheck disable=SC2086 # its fields; the second is a name in brackets, with anything in it
  set -- ${boot_stat##*) }
  boot=$boot:${20-}
}

owes_reboot() {
  read -r boot_owed 2>/dev/null <"$state/debts/reboot" || return 1
  boot_mark
  [ "$boot_owed" = "$boot" ]
}

# no_reboot_debt STEP...: none is owed, and none of the steps that could owe it is about to change.
no_reboot_debt() {
  ! owes_reboot || return 1
  [ -n "$fresh" ] || return 0
  for step; do
    case "$wanted " in *" $step "*) return 1 ;; esac
  done
}
