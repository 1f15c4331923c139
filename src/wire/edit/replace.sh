# replace_new PATH SCRIPT: what the sed script makes of the file.
replace_new() {
  if [ ! -e "$1" ] && [ ! -L "$1" ]; then
    say "$1 does not exist; there is nothing to replace in it"
    return 1
  fi
  text_load "$1" || return 1
  new=$(printf '%s\n' "$2" | sed -E -f - -- "$1" && printf x) || return 1
  new=${new%x}
}
