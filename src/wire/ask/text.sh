# Texts: text, the lines of a regular file without carriage returns; empty when there is no such file.
# A shell holds no NUL: it becomes a character that no wanted text may have.
cr=$(printf '\r')

# text_state PATH: neighbours that ask about the same file share one look at it.
text_state() {
  if [ -n "$fresh" ] && [ "${text_of-}" = "$1" ]; then return; fi
  text=
  text_of=$1
  if [ -f "$1" ] && [ ! -L "$1" ]; then
    text=$(exec tr '\000' '\001' 2>/dev/null <"$1") || :
    case $text in *"$cr"*) text=$(printf '%s\n' "$text" | tr -d '\015') || : ;; esac
  fi
}

# text_has LINES: they stand in it, one behind the other.
text_has() { case $nl$text$nl in *"$nl$1$nl"*) ;; *) return 1 ;; esac }

text_lacks() { ! text_has "$1"; }

# text_only PATTERN LINE: no other line than LINE matches. What cannot be asked does not hold.
text_only() {
  status=0
  answers=$(printf '%s\n' "$text" | grep -E -e "$1" 2>/dev/null) || status=$?
  [ "$status" -lt 2 ] || return 1
  status=0
  IFS=$nl
  for answer in $answers; do
    [ "$answer" = "$2" ] || status=1
  done
  IFS=' 	'$nl
  return "$status"
}
