# kernel_set PATH VALUE
kernel_set() {
  if [ ! -e "$1" ]; then
    say "the running kernel has no $1; the module that brings it may not be loaded"
    return 1
  fi
  if ! printf '%s\n' "$2" >"$1"; then
    say "the running kernel does not take \"$2\" for $1"
    return 1
  fi
}

# module_load NAME SHOWN: SHOWN is its name as the kernel writes it.
module_load() {
  [ ! -d "/sys/module/$2" ] || return 0
  modprobe -- "$1"
}

# hostname_set NAME: the running kernel's.
hostname_set() {
  if command -v hostname >/dev/null; then hostname "$1"; else printf '%s\n' "$1" >/proc/sys/kernel/hostname; fi
}
