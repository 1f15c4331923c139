# exactly BYTES: passes on so many of stdin and reads no more.
exactly() {
  if [ "$1" -ge 65536 ]; then
    dd bs=65536 count="$(($1 / 65536))" iflag=fullblock 2>/dev/null || return
  fi
  if [ "$(($1 % 65536))" -gt 0 ]; then
    dd bs="$(($1 % 65536))" count=1 iflag=fullblock 2>/dev/null || return
  fi
}

