# user_apply TEXT [NAME WORD]...: a user's own apply.
user_apply() {
  provision_text=$1
  shift
  set_given "$@"
  set --
  set +f
  eval "$provision_text"
}
