# replace_holds PATH SCRIPT: what the sed script makes of the file is what it is.
replace_holds() {
  {
    old=$(exec cat <"$1") && new=$(printf '%s\n' "$2" | sed -E -f - -- "$1") || return 1
  } 2>/dev/null
  [ "$old" = "$new" ]
}
