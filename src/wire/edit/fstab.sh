# fstab_new FIELD KEY ENTRY: ENTRY takes the place of the first entry with KEY as that field, and further ones go; an
# empty one only takes them away.
fstab_new() {
  text_load /etc/fstab || return 1
  text_make fstab_edit "$@"
}

fstab_edit() {
  placed=
  [ -n "$3" ] || placed=1
  while IFS= read -r line; do
    IFS=' 	'$nl
    if fstab_is "$1" "$2" "${line%"$cr"}"; then
      [ -n "$placed" ] || put_lines "$3$nl"
      placed=1
    else
      printf '%s\n' "$line"
    fi
  done
  [ -n "$placed" ] || put_lines "$3$nl"
}
