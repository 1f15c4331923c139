# as_user NAME TEXT: runs fixed text as that user, with our stdin. What lies in somebody's home is touched with no more
# rights than theirs: a link they put there leads nowhere new.
as_user() {
  if [ "$(id -u)" = "$(id -u -- "$1")" ]; then
    sh -c "$2"
  elif command -v runuser >/dev/null; then
    runuser -u "$1" -- sh -c "$2"
  else
    su -s /bin/sh "$1" -c "$2"
  fi
}

# keys_load NAME HOME: text of the keys file, as text_load has it.
keys_load() {
  if ! cd -- "$2"; then
    say "$1 has no home $2 to keep keys in"
    return 1
  fi
  text=$(as_user "$1" 'if [ -L .ssh/authorized_keys ] || { [ -e .ssh/authorized_keys ] && [ ! -f .ssh/authorized_keys ]; }; then
echo "authorized_keys is not a regular file; it is not edited" >&2; exit 1; fi
[ ! -e .ssh/authorized_keys ] || cat .ssh/authorized_keys' && printf x) || return 1
  text=${text%x}
  text_ends
}

# keys_place NAME: new takes its place.
keys_place() {
  printf '%s' "$new" | as_user "$1" 'umask 077
mkdir -p .ssh && temp=$(mktemp .ssh/.provision.XXXXXXXXXX) || exit 1
mode=600
[ ! -e .ssh/authorized_keys ] || mode=$(stat -c %a .ssh/authorized_keys)
cat >"$temp" && chmod "$mode" "$temp" && mv -f "$temp" .ssh/authorized_keys && exit 0
rm -f "$temp"
exit 1'
}

# key_set NAME HOME KEY LINE: as key_new has it.
key_set() {
  keys_load "$1" "$2" || return 1
  text_make key_edit "$3" "$4" && keys_place "$1"
}
