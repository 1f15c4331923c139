# locale_make NAME SOURCE CHARSET
locale_make() {
  if command -v locale-gen >/dev/null; then
    line_set /etc/locale.gen "$1 $3" '' '' ''
    locale-gen
  elif command -v localedef >/dev/null; then
    localedef -i "$2" -f "$3" "$1"
  else
    say "neither locale-gen nor localedef is on this host; install \`locales\`, or what the host's system calls it"
    return 1
  fi
}

locale_set() {
  locale_path
  ini_set "$locale_file" '' LANG "$1" =
}

timezone_set() {
  if [ ! -f "/usr/share/zoneinfo/$1" ]; then
    say "this host has no time zone $1; install \`tzdata\`, or look for its name in /usr/share/zoneinfo"
    return 1
  fi
  if [ -d /etc/localtime ]; then
    refuse_other /etc/localtime link
    return 1
  fi
  # By rename: a clock that is read meanwhile shows one zone or the other.
  ln -sfn -- "/usr/share/zoneinfo/$1" /etc/.provision.localtime
  mv -f /etc/.provision.localtime /etc/localtime
  [ ! -e /etc/timezone ] || printf '%s\n' "$1" | place /etc/timezone '' '' ''
}
