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

# text_numbers PATTERN: numbers, those of the lines that match, each between spaces.
text_numbers() {
  status=0
  numbers=$(printf '%s' "$text" | tr -d '\015' | grep -nE -e "$1") || status=$?
  if [ "$status" -gt 1 ]; then
    say "the pattern $1 cannot be looked for"
    return 1
  fi
  answers=$numbers
  numbers=' '
  IFS=$nl
  for answer in $answers; do numbers="$numbers${answer%%:*} "; done
  IFS=' 	'$nl
}

# text_anchor WHERE PATTERN: anchor, the number of the line to stand before or after; 0 when there is none.
text_anchor() {
  anchor=0
  [ -n "$1" ] || return 0
  text_numbers "$2" || return 1
  [ "$numbers" != ' ' ] || return 0
  anchor=${numbers# }
  anchor=${anchor% }
  case $1 in
    before) anchor=${anchor%% *} ;;
    after) anchor=${anchor##* } ;;
  esac
}

# put LINES: writes them with the file's own ends.
put() {
  if [ "$eol" = "$nl" ]; then
    printf '%s' "$1"
  else
    printf '%s' "$1" | while IFS= read -r line; do printf '%s%s' "$line" "$eol"; done
  fi
}

# text_bare: takes from new the end that text_load gave to its last line.
text_bare() {
  [ -z "$bare" ] || new=${new%"$nl"}
  [ -z "$bare" ] || new=${new%"$cr"}
}

# text_place PATH: new takes the place of the file's text; owner and mode stay.
text_place() {
  text_bare
  printf '%s' "$new" | place "$1" '' '' ''
}
