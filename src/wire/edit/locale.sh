# locale_gen_new SHOWN NAME CHARSET: locale-gen is told to make it, where there is one and it has not yet.
locale_gen_new() {
  ! locale_there "$1" && command -v locale-gen >/dev/null && line_new /etc/locale.gen "$2 $3" '' '' ''
}

# locale_new PATH NAME: the default, when this host keeps it there.
locale_new() {
  locale_path
  [ "$locale_file" = "$1" ] && ini_new "$1" '' LANG "$2" = set
}

# timezone_new NAME: /etc/timezone, where there is one.
timezone_new() {
  new=$1$nl
  [ -e /etc/timezone ]
}
