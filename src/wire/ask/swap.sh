# swap_size PATH MEBIBYTES
swap_size() { [ "$(stat -c %s -- "$1" 2>/dev/null)" = $(($2 * 1048576)) ]; }

# is_swap SHOWN: it is swapped to now.
is_swap() {
  while read -r area _; do
    if [ "$area" = "$1" ]; then return 0; fi
  done 2>/dev/null </proc/swaps
  return 1
}
