# unpack FILE FOLDER: a tar, whatever compressed it, or a zip. Its owners are those of another machine.
unpack() {
  case $(head -c 2 -- "$1" | tr -d '\0') in
    PK)
      if command -v unzip >/dev/null; then
        unzip -q -o "$1" -d "$2"
      elif command -v busybox >/dev/null; then
        busybox unzip -q -o "$1" -d "$2"
      else
        say "it is a zip, and there is no unzip on this host; a package step before this one brings it"
        return 1
      fi
      ;;
    *) tar -x -o -f "$1" -C "$2" ;;
  esac
}

# unpack_into NAME FOLDER WHAT FILE STRIP OWNER: beside what is there first, so that a bad archive changes nothing.
unpack_into() {
  mkdir -p -- "$2"
  temp=$(mktemp -d "$2/.provision.XXXXXXXXXX")
  trap 'rm -rf -- "$temp"' EXIT
  mkdir "$temp/0"
  unpack "$4" "$temp/0"
  level=0
  while [ "$level" -lt "$5" ]; do
    mkdir "$temp/$((level + 1))"
    find "$temp/$level" -mindepth 2 -maxdepth 2 -exec mv -- {} "$temp/$((level + 1))/" \;
    level=$((level + 1))
  done
  cd "$temp/$level"
  if find . -name "*$nl*" | grep -q .; then
    say "a name in the archive has a line end in it"
    return 1
  fi
  find . ! -type d >"$run/names"
  if [ ! -s "$run/names" ]; then
    say "no file is left of the archive"
    return 1
  fi
  if [ -n "${6#:}" ]; then
    chown -R -h "$6" .
    own "$2" "$6"
  fi
  # What the archive before had and this one has not.
  if [ -r "$state/archives/$1.names" ]; then
    grep -v -x -F -f "$run/names" "$state/archives/$1.names" >"$run/stale" || :
    while IFS= read -r name; do rm -f -- "$2/$name"; done <"$run/stale"
  fi
  set +f
  for entry in * .[!.]* ..?*; do
    if [ ! -e "$entry" ] && [ ! -L "$entry" ]; then
      continue
    elif [ -e "$2/$entry" ] || [ -L "$2/$entry" ]; then
      tar -cf - -- "$entry" | tar -xpf - -C "$2"
    else
      mv -- "$entry" "$2/"
    fi
  done
  set -f
  mkdir -p "$state/archives"
  mv -f "$run/names" "$state/archives/$1.names"
  tree_digest "$2" <"$state/archives/$1.names"
  take_note archives "$1" "$3 $answer"
}
