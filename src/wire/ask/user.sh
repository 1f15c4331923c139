# set_given NAME WORD...: sets each NAME to what follows `=` in its word, or to the value of the variable it names.
set_given() {
  while [ "$#" -gt 1 ]; do
    case $2 in
      =*) eval "$1=\${2#=}" ;;
      *) eval "$1=\${$2-}" ;;
    esac
    shift 2
  done
}

# user_check TEXT [NAME WORD]...: a user's own check, apart from our variables and functions' effects.
user_check() { (
  unset nonce
  provision_text=$1
  shift
  set_given "$@"
  set --
  set +f
  eval "$provision_text"
) >/dev/null 2>&1; }

# user_ask HELD TEXT [NAME WORD]...: the same; what it prints is kept, as data, in the variable HELD.
user_ask() {
  provision_held=$1
  shift
  provision_said=$(
    unset nonce
    provision_text=$1
    shift
    set_given "$@"
    set --
    set +f
    eval "$provision_text"
  ) 2>/dev/null
  provision_status=$?
  if [ "${#provision_said}" -gt 65536 ]; then
    provision_said=$(printf %s "$provision_said" | head -c 65536)
  fi
  eval "$provision_held=\$provision_said"
  return "$provision_status"
}
