# own_port: the port our connection came in on, 22 when that is not known. sudo and its like drop the variable that
# tells; who started us has it still. What stands there is only taken for a number.
own_port() {
  came=${SSH_CONNECTION-}
  ancestor=$$
  while [ -z "$came" ] && [ "${ancestor:-0}" -gt 1 ]; do
    came=$({ tr '\0' '\n' <"/proc/$ancestor/environ" | sed -n 's/^SSH_CONNECTION=//p'; } 2>/dev/null) || :
    ancestor=$({ sed -n 's/^PPid:[^0-9]*//p' <"/proc/$ancestor/status"; } 2>/dev/null) || :
  done
  own_port=${came##* }
  case $own_port in '' | *[!0-9]*) own_port=22 ;; esac
}
