# keys_state USER: text of the keys that the user of user_state may log in with.
keys_state() { text_state "$user_home/.ssh/authorized_keys"; }

# key_only KEY LINE: the key stands in no other line than LINE, such as one with other options.
key_only() {
  status=0
  IFS=$nl
  for line in $text; do
    case $line in
      "$2") ;;
      *"$1"*) status=1 ;;
    esac
  done
  IFS=' 	'$nl
  return "$status"
}
