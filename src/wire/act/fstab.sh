fstab_set() {
  fstab_new "$@" || return 1
  text_place /etc/fstab
  # systemd makes units of the entries.
  units_reload
}

# mount_now SHOWN PATH SOURCE TYPE OPTIONS
mount_now() {
  if is_mounted "$1"; then
    mount -o "remount,$5" -- "$2"
  else
    mount -t "$4" -o "$5" -- "$3" "$2"
  fi
}

unmount() {
  if is_mounted "$1"; then umount -- "$2"; fi
}
