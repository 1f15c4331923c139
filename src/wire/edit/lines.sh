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
  case $1 in '' | drop) return 0 ;; esac
  text_numbers "$2" || return 1
  [ "$numbers" != ' ' ] || return 0
  anchor=${numbers# }
  anchor=${anchor% }
  case $1 in
    before) anchor=${anchor%% *} ;;
    after) anchor=${anchor##* } ;;
  esac
}

# line_new PATH LINE PATTERN WHERE ANCHOR: LINE takes the place of the first line that is it or matches, and further
# ones go; where none does it is added before the first or after the last line that matches ANCHOR, else at the end.
# line_new PATH LINE PATTERN drop: no line is LINE or matches.
line_new() {
  text_load "$1" || return 1
  numbers=' '
  [ -z "$3" ] || text_numbers "$3" || return 1
  hits=$numbers
  anchor=0
  [ "$hits" != ' ' ] || text_anchor "$4" "${5-}" || return 1
  text_make line_edit "$2" "$hits" "$4" "$anchor"
}

line_edit() {
  nth=0
  placed=
  [ "$3" != drop ] || placed=1
  while IFS= read -r line; do
    nth=$((nth + 1))
    hit=
    case $2 in *" $nth "*) hit=1 ;; esac
    if [ -n "$1" ] && [ "${line%"$cr"}" = "$1" ]; then hit=1; fi
    if [ -n "$hit" ]; then
      case $placed$line in
        1*) ;;
        *"$cr") printf '%s%s\n' "$1" "$cr" ;;
        *) printf '%s\n' "$1" ;;
      esac
      placed=1
      continue
    fi
    if [ "$3$nth" = "before$4" ] && [ -z "$placed" ]; then
      put_lines "$1$nl"
      placed=1
    fi
    printf '%s\n' "$line"
    if [ "$3$nth" = "after$4" ] && [ -z "$placed" ]; then
      put_lines "$1$nl"
      placed=1
    fi
  done
  [ -n "$placed" ] || put_lines "$1$nl"
}

# block_new PATH BLOCK BEGIN END WHERE ANCHOR: BLOCK, which has the lines BEGIN and END in it, takes the place of all
# there is between such lines; an empty one only takes them away.
block_new() {
  text_load "$1" || return 1
  anchor=0
  case $nl$text in
    *"$nl$3$eol"*) ;;
    *) text_anchor "$5" "$6" || return 1 ;;
  esac
  text_make block_edit "$2" "$3" "$4" "$5" "$anchor" || {
    say "the block in $1 that begins with $3 has no end, $4; nothing was changed"
    return 1
  }
}

block_edit() {
  nth=0
  placed=
  inside=
  while IFS= read -r line; do
    nth=$((nth + 1))
    if [ -n "$inside" ]; then
      if [ "${line%"$cr"}" = "$3" ]; then inside=; fi
      continue
    fi
    if [ "${line%"$cr"}" = "$2" ]; then
      inside=1
      [ -n "$placed" ] || put_lines "$1"
      placed=1
      continue
    fi
    if [ "$4$nth" = "before$5" ]; then
      put_lines "$1"
      placed=1
    fi
    printf '%s\n' "$line"
    if [ "$4$nth" = "after$5" ]; then
      put_lines "$1"
      placed=1
    fi
  done
  [ -n "$placed" ] || put_lines "$1"
  [ -z "$inside" ]
}
