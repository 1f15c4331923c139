# locale_there SHOWN, as `locale -a` writes it.
locale_there() {
  answers=$(exec locale -a 2>/dev/null) || :
  case $nl$answers$nl in *"$nl$1$nl"*) ;; *) return 1 ;; esac
}

# Debian and its kin keep the default in a file of their own.
locale_path() {
  locale_file=/etc/locale.conf
  if [ -e /etc/debian_version ]; then locale_file=/etc/default/locale; fi
}

locale_default() {
  locale_path
  text_state "$locale_file"
  ini_find '' LANG "$1" && [ "$found" = same ]
}

# timezone_file NAME: where there is an /etc/timezone, it says the same.
timezone_file() {
  [ -e /etc/timezone ] || return 0
  kernel_shows /etc/timezone "$1"
}
