# Settings in sections. ini_line LINE: ini_kind (section, value, blank or other), ini_name, ini_value
ini_line() {
  ini_value=
  ini_name=${1#"${1%%[! 	]*}"}
  case $ini_name in
    '') ini_kind=blank ;;
    '['*']'*)
      ini_kind=section
      ini_name=${ini_name#?}
      ini_name=${ini_name%%]*}
      ;;
    [#\;]*) ini_kind=other ;;
    *=*)
      ini_kind=value
      ini_value=${ini_name#*=}
      ini_value=${ini_value#"${ini_value%%[! 	]*}"}
      ini_value=${ini_value%"${ini_value##*[! 	]}"}
      ini_name=${ini_name%%=*}
      ini_name=${ini_name%"${ini_name##*[! 	]}"}
      ;;
    *) ini_kind=other ;;
  esac
}

# ini_find SECTION KEY VALUE, in text: found is empty, same, or other when any assignment is of another value.
ini_find() {
  found=
  section=
  IFS=$nl
  for line in $text; do
    ini_line "$line"
    case $ini_kind in
      section) section=$ini_name ;;
      value)
        if [ "$section" = "$1" ] && [ "$ini_name" = "$2" ]; then
          if [ "$ini_value" = "$3" ]; then found=${found:-same}; else found=other; fi
        fi
        ;;
    esac
  done
  IFS=' 	'$nl
}
