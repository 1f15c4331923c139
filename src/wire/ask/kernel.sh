# kernel_shows PATH VALUE: the words of a file of /proc/sys. The shell's own `read` asks for one byte at a time, and there
# the kernel answers nothing but the first.
kernel_shows() {
  answer=$(exec cat 2>/dev/null <"$1") || return 1
  words=$2
  # shellcheck disable=SC2086 # the kernel parts words by tabs, people by spaces
  set -- $answer
  [ "$*" = "$words" ]
}

# module_built_in NAME: the kernel holds it without ever loading it.
module_built_in() {
  grep -q "/$1\\.ko" "/lib/modules/$(uname -r)/modules.builtin" 2>/dev/null
}
