# fstab_find FIELD KEY ENTRY, in text: found is empty when no entry has KEY as that field, same when the only one is
# ENTRY, else other. What is left out at a line's end is 0.
fstab_find() {
  found=
  IFS=$nl
  for line in $text; do
    IFS=' 	'$nl
    fstab_is "$1" "$2" "$line" || continue
    if [ -z "$found" ] && [ "$entry" = "$3" ]; then found=same; else found=other; fi
  done
  IFS=' 	'$nl
}

# fstab_is FIELD KEY LINE: the line is an entry with that field; entry has all six.
fstab_is() {
  field=$1
  key=$2
  # shellcheck disable=SC2086 # a line is its fields
  set -- $3
  case ${1-} in '' | \#*) return 1 ;; esac
  entry="$1 ${2-} ${3-} ${4-} ${5:-0} ${6:-0}"
  if [ "$field" = 1 ]; then [ "$1" = "$key" ]; else [ "${2-}" = "$key" ]; fi
}

# is_mounted POINT, written as the kernel writes it; read by the shell itself.
is_mounted() {
  while read -r _ point _; do
    if [ "$point" = "$1" ]; then return 0; fi
  done </proc/self/mounts
  return 1
}
is_unmounted() { ! is_mounted "$1"; }
