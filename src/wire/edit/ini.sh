# ini_new PATH SECTION KEY VALUE SEPARATOR set: the first assignment gets the value, and further ones go.
# ini_new PATH SECTION KEY '' '' drop: nothing is assigned to it.
ini_new() {
  text_load "$1" || return 1
  shift
  text_make ini_edit "$@"
}

# ini_edit SECTION KEY VALUE SEPARATOR set|drop: a new key stands at the end of its section, before the empty lines
# there; a new section at the end of all.
ini_edit() {
  section=
  seen=
  [ -n "$1" ] || seen=1
  placed=
  [ "$5" != drop ] || placed=1
  blanks=
  any=
  while IFS= read -r line; do
    ini_line "${line%"$cr"}"
    if [ "$ini_kind" = blank ]; then
      blanks=$blanks$line$nl
      continue
    fi
    if [ "$ini_kind" = section ]; then
      if [ -z "$placed" ] && [ -n "$seen" ] && [ "$section" = "$1" ]; then
        printf '%s%s' "$2$4$3" "$eol"
        placed=1
        # The next section stands apart.
        [ -n "$blanks" ] || [ -z "$any" ] || blanks=$eol
      fi
      section=$ini_name
      [ "$section" != "$1" ] || seen=1
    fi
    printf '%s' "$blanks"
    blanks=
    any=1
    if [ "$ini_kind" = value ] && [ "$section" = "$1" ] && [ "$ini_name" = "$2" ]; then
      [ -n "$placed" ] || ini_again "$line" "$3"
      placed=1
    else
      printf '%s\n' "$line"
    fi
  done
  if [ -z "$placed" ] && [ -z "$seen" ]; then
    [ -z "$any" ] || [ -n "$blanks" ] || blanks=$eol
    printf '%s[%s]%s' "$blanks" "$1" "$eol"
    blanks=
  fi
  [ -n "$placed" ] || printf '%s%s' "$2$4$3" "$eol"
  printf '%s' "$blanks"
}

# ini_again LINE VALUE: the line with another value, in the manner it is written.
ini_again() {
  rest=${1#*=}
  before=${1%"$rest"}
  end=
  case $rest in *"$cr") end=$cr rest=${rest%"$cr"} ;; esac
  printf '%s\n' "$before${rest%%[! 	]*}$2$end"
}
