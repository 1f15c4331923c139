# fstab_set FIELD KEY ENTRY: ENTRY takes the place of the first entry with KEY as that field, and further ones go; an
# empty one only takes them away.
fstab_set() {
  text_load /etc/fstab || return 1
  new=$(printf '%s' "$text" | fstab_edit "$1" "$2" "$3" && printf x) || return 1
  new=${new%x}
  text_place /etc/fstab
  # systemd makes units of the entries.
  units_reload
}

fstab_edit() {
  placed=
  [ -n "$3" ] || placed=1
  while IFS= read -r line; do
    IFS=' 	'$nl
    if fstab_is "$1" "$2" "${line%"$cr"}"; then
      [ -n "$placed" ] || put "$3$nl"
      placed=1
    else
      printf '%s\n' "$line"
    fi
  done
  [ -n "$placed" ] || put "$3$nl"
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
