# place PATH MODE OWNER GROUP: stdin becomes the file's content; it is never seen half written.
# An empty word keeps what the present file has; a new file is 0644 and the user's own.
place() {
  dir=${1%/*}
  if [ ! -d "${dir:-/}" ]; then
    say "the directory ${dir:-/} does not exist"
    return 1
  fi
  if [ -L "$1" ] || { [ -e "$1" ] && [ ! -f "$1" ]; }; then
    say "$1 is not a regular file; remove it first, it is not replaced"
    return 1
  fi
  mode=${2:-0644}
  who=$3${4:+:$4}
  if [ -f "$1" ]; then
    mode=${2:-$(stat -c %a -- "$1")}
    who=${3:-$(stat -c %u -- "$1")}:${4:-$(stat -c %g -- "$1")}
  fi
  temp=$(mktemp "$dir/.provision.XXXXXXXXXX") || return 1
  if cat >"$temp" && own "$temp" "$who" && chmod "$mode" "$temp" && mv -f "$temp" "$1"; then return 0; fi
  rm -f "$temp"
  return 1
}

# own PATH OWNER[:GROUP]: nothing to do for an empty owner; not following links.
own() { [ -z "${2#:}" ] || chown -h "$2" "$1"; }

# refuse_other PATH WANTED: PATH exists and is something else than what is wanted there.
refuse_other() {
  say "$1 exists and is not a $2; remove it first, it is not replaced"
  return 1
}
