# key_new PATH KEY LINE: LINE takes the place of the first line with the key, and further ones go; an empty one only
# takes them away.
key_new() {
  text_load "$1" || return 1
  text_make key_edit "$2" "$3"
}

key_edit() {
  placed=
  [ -n "$2" ] || placed=1
  while IFS= read -r line; do
    case $line in
      *"$1"*)
        [ -n "$placed" ] || put_lines "$2$nl"
        placed=1
        ;;
      *) printf '%s\n' "$line" ;;
    esac
  done
  [ -n "$placed" ] || put_lines "$2$nl"
}
