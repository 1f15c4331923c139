# Python: pip_packages, a line for each package of a virtual environment: its name as folders have it, and its version.
pip_list() {
  pip_packages=$nl$(
    set +f
    for answer in "$1"/lib/python3*/site-packages/*.dist-info; do
      answer=${answer##*/}
      answer=${answer%.dist-info}
      name=${answer%%-*}
      while :; do
        case $name in
          *.*) name=${name%%.*}_${name#*.} ;;
          *) break ;;
        esac
      done
      printf '%s %s\n' "$name" "${answer#*-}"
    done | tr '[:upper:]' '[:lower:]'
  )$nl
}

# pip_has NAME VERSION: whether the list has it, in a version of that pattern.
pip_has() {
  case $pip_packages in *"$nl$1 "$2$nl*) ;; *) return 1 ;; esac
}

# pip_noted NAME FILE-DIGEST: whether that file of requirements was followed, and what it brought is still there.
pip_noted() {
  [ -n "$2" ] && [ -r "$state/pip/$1" ] || return 1
  {
    read -r answer
    [ "$answer" = "$2" ] || return 1
    while read -r answer; do
      case $pip_packages in *"$nl$answer$nl"*) ;; *) return 1 ;; esac
    done
  } <"$state/pip/$1"
}
