# A user's own apply.
user_apply() {
  set +f
  eval "$1"
}
