cr=$(printf '\r')

# text_load PATH: text, each line of it ended; eol, what ends its lines; bare, set when the last one has no end.
# Lines keep their own ends.
text_load() {
  text=
  if [ -L "$1" ] || { [ -e "$1" ] && [ ! -f "$1" ]; }; then
    say "$1 is not a regular file; it is not edited, and a link is not followed"
    return 1
  fi
  if [ -e "$1" ]; then
    if [ "$(tr -dc '\000' <"$1" | wc -c)" -ne 0 ]; then
      say "$1 has NUL bytes in it; it is not a text, and not edited"
      return 1
    fi
    text=$(cat -- "$1" && printf x) || return 1
    text=${text%x}
  fi
  text_ends
}

text_ends() {
  eol=$nl
  bare=
  case $text in
    '') return 0 ;;
    *"$nl") ;;
    *) bare=1 ;;
  esac
  case ${text%%"$nl"*} in *"$cr") eol=$cr$nl ;; esac
  [ -z "$bare" ] || text=$text$eol
}

# text_make FILTER...: new, what the filter makes of text, without the end that text_ends gave to the last line.
text_make() {
  new=$(printf '%s' "$text" | "$@" && printf x) || return 1
  new=${new%x}
  if [ -n "$bare" ]; then
    new=${new%"$nl"}
    new=${new%"$cr"}
  fi
}
