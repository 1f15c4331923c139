# Puts files where they belong. What comes behind this program on stdin is theirs: for each a line that says from which
# byte on, then exactly the rest of it. A file is built in a directory that is ours alone, beside its place, and comes
# there by a rename, when its digest is right; what a cut leaves is found there by the next run.

mask=$(umask)
umask 077
uid=$(id -u)

# failed INDEX WHY
failed() { printf 'failed %s %s\n' "$1" "$2"; }

# above PATH: the directory it is in, made if need be, in $dir.
above() {
  dir=${1%/*}
  dir=${dir:-/}
  [ -d "$dir" ] || (umask "$mask" && exec mkdir -p -- "$dir") 2>/dev/null
}

# enter PATH: goes into a directory that is ours alone. Once we are in it, nobody can put another in its place.
enter() {
  if [ ! -L "$1" ] && cd -- "$1" 2>/dev/null && [ "$(stat -c '%u %a' .)" = "$uid 700" ]; then return; fi
  cd /
  return 1
}

# hold: a file in it that says that we are in it, so that nobody who leaves it takes it away.
hold() { printf '' 2>/dev/null >".hold.$$"; }

# stage PATH: a directory beside it that nobody else can enter, in $stage, and we in it. Files of one directory follow
# each other, and it is entered for the first of them.
staged=
stage() {
  above "$1" || return
  [ "$dir" != "$staged" ] || return 0
  leave
  stage=${dir%/}/.provision-copy.$uid
  mkdir -m 700 -- "$stage" 2>/dev/null
  if ! enter "$stage" || ! hold; then
    # Something of somebody else has the name: go on without what an earlier run may have left.
    stage=$(mktemp -d "${dir%/}/.provision-copy.XXXXXXXXXX" 2>/dev/null) && enter "$stage" && hold || return
  fi
  staged=$dir
}

# leave: out of it, and it goes if nothing is in it.
leave() {
  [ -n "$staged" ] || return 0
  staged=
  for old in .hold.*; do
    if [ "$old" = ".hold.$$" ] || ! kill -0 "${old##*.}" 2>/dev/null; then rm -f -- "$old"; fi
  done
  cd /
  rmdir -- "$stage" 2>/dev/null
}
trap leave EXIT

# own OWNER GROUP PATH
own() {
  case $1:$2 in
    :) ;;
    :*) chgrp -- "$2" "$3" ;;
    *:) chown -- "$1" "$3" ;;
    *) chown -- "$1:$2" "$3" ;;
  esac
}

# make INDEX OWNER GROUP PATH: a directory, closed until all is in it.
make() {
  if above "$4" && mkdir -m 700 -- "$4" 2>/dev/null; then
    own "$2" "$3" "$4" 2>/dev/null || failed "$1" access
  else
    failed "$1" folder
  fi
}

# open INDEX MODE PATH: the directory's own mode, at the end.
open() {
  if chmod -- "$2" "$3" 2>/dev/null; then printf 'done %s\n' "$1"; else failed "$1" access; fi
}

# access INDEX MODE OWNER GROUP PATH: the content is right already.
access() {
  if own "$3" "$4" "$5" 2>/dev/null && { [ -z "$2" ] || chmod -- "$2" "$5" 2>/dev/null; }; then
    printf 'done %s\n' "$1"
  else
    failed "$1" access
  fi
}

# part INDEX DIGEST PATH: what a run that is no more has left of it becomes ours.
part() {
  stage "$3" || return 0
  for old in "$2".*; do
    if [ ! -f "$old" ] || [ -L "$old" ] || kill -0 "${old##*.}" 2>/dev/null; then continue; fi
    if [ -e "$2.$$" ]; then rm -f -- "$old"; else mv -f -- "$old" "$2.$$"; fi
  done
  if [ -s "$2.$$" ]; then
    digest=$(sha256sum <"$2.$$")
    printf 'part %s %s %s\n' "$1" "$(stat -c %s -- "$2.$$")" "${digest%% *}"
  fi
}

# whole: ends here unless all of $file has come, of which there are to be $size bytes.
whole() { [ "$(stat -c %s -- "$file")" = "$size" ] || exit; }

# take INDEX SIZE MODE OWNER GROUP DIGEST PATH
take() {
  IFS= read -r from || exit
  left=$(($2 - from))
  if ! stage "$7"; then
    exactly "$left" >/dev/null
    failed "$1" folder
    return
  fi
  file=$6.$$ size=$2
  if [ "$from" -eq 0 ] && { [ -e "$file" ] || [ -L "$file" ]; }; then rm -f -- "$file"; fi
  if ! exactly "$left" >>"$file" 2>/dev/null; then
    # How much was read is not known, so nothing behind it can be.
    rm -f -- "$file"
    failed "$1" write
    exit
  fi
  # Where it is shorter the controller is gone; what came is kept, and a next run must not find us still reading it. Of
  # a small file the digest says the same, without another program.
  if [ "$2" -ge 65536 ]; then whole; fi
  digest=$(sha256sum <"$file")
  why=
  if [ "${digest%% *}" != "$6" ]; then
    whole
    why=digest
  elif ! own "$4" "$5" "$file" 2>/dev/null || ! chmod -- "${3:-644}" "$file" 2>/dev/null; then why=access
  elif [ -d "$7" ]; then why=directory
  elif ! mv -f -- "$file" "$7" 2>/dev/null; then why=place
  fi
  [ -z "$why" ] || rm -f -- "$file"
  if [ -z "$why" ]; then printf 'done %s\n' "$1"; else failed "$1" "$why"; fi
}
