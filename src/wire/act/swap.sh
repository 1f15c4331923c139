# swap_make PATH SHOWN MEBIBYTES: a file of that size with a swap area in it, which nobody else may read.
swap_make() {
  if [ -L "$1" ] || { [ -e "$1" ] && [ ! -f "$1" ]; }; then
    refuse_other "$1" file
    return 1
  fi
  if swap_size "$1" "$3" && swap_area "$1"; then
    own "$1" root:root
    chmod 600 -- "$1"
    return 0
  fi
  swap_off "$1" "$2" || return 1
  rm -f -- "$1"
  (
    umask 077
    : >"$1"
    fallocate -l "$3M" -- "$1" 2>/dev/null || dd if=/dev/zero of="$1" bs=1M count="$3" 2>/dev/null
  ) || {
    rm -f -- "$1"
    say "there is no room for a file of $3 MiB at $1"
    return 1
  }
  mkswap -- "$1" >/dev/null
}

# swap_area PATH: its first page ends with the sign of a swap area (mkswap(8)), whatever the page's size.
swap_area() {
  for page in 4096 16384 65536; do
    if [ "$(tail -c +$((page - 9)) -- "$1" | head -c 10)" = SWAPSPACE2 ]; then return 0; fi
  done 2>/dev/null
  return 1
}

swap_off() {
  if is_swap "$2"; then swapoff -- "$1"; fi
}

swap_remove() {
  if [ -L "$1" ] || { [ -e "$1" ] && [ ! -f "$1" ]; }; then
    refuse_other "$1" file
    return 1
  fi
  swap_off "$1" "$2" || return 1
  rm -f -- "$1"
}
