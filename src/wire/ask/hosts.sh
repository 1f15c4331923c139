# hosts_find ADDRESS NAME, in text: found is empty when the name stands for no address of that family, same when it
# stands for this one alone; ours is set when it stands for this one.
hosts_find() {
  found=
  ours=
  IFS=$nl
  for line in $text; do
    case $line in *"$2"*) ;; *) continue ;; esac
    IFS=' 	'
    at=
    for word in ${line%%#*}; do
      if [ -z "$at" ]; then
        at=$word
      elif [ "$word" != "$2" ]; then
        :
      elif [ "$at" = "$1" ]; then
        found=${found:-same}
        ours=1
      elif same_family "$at" "$1"; then
        found=other
      fi
    done
  done
  IFS=' 	'$nl
}

same_family() {
  case $1 in
    *:*) case $2 in *:*) return 0 ;; esac ;;
    *) case $2 in *:*) ;; *) return 0 ;; esac ;;
  esac
  return 1
}

hosts_has() { hosts_find "$1" "$2" && [ "$found" = same ]; }
hosts_lacks() { hosts_find "$1" "$2" && [ -z "$ours" ]; }
