# user_check TEXT: a user's own check, apart from our variables and functions' effects.
user_check() { (
  unset nonce
  set +f
  eval "$1"
) >/dev/null 2>&1; }
