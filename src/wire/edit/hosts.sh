# hosts_new set|drop ADDRESS NAMES: lines that need no change keep every byte.
hosts_new() {
  text_load /etc/hosts || return 1
  text_make hosts_lines "$@"
}

hosts_lines() {
  placed=
  [ "$1" = set ] || placed=1
  while IFS= read -r line; do
    IFS=' 	'$nl
    end=
    case $line in *"$cr") end=$cr ;; esac
    body=${line%"$cr"}
    note=
    case $body in *\#*) note="#${body#*#}" body=${body%%#*} ;; esac
    at=
    kept=
    gone=
    for word in $body; do
      if [ -z "$at" ]; then
        at=$word
      elif hosts_goes "$1" "$2" "$at" && is_word "$word" "$3"; then
        gone=1
      else
        kept="$kept $word"
      fi
    done
    if [ "$at" = "$2" ] && [ -z "$placed" ]; then
      placed=1
      more=
      for word in $3; do is_word "$word" "$kept" || more="$more $word"; done
      if [ -n "$more" ]; then
        body=${body%"${body##*[! 	]}"}
        line="$body$more${note:+ $note}$end"
      fi
    elif [ -n "$gone" ]; then
      # A line that is left without names says nothing.
      [ -n "$kept" ] || continue
      line="$at$kept${note:+ $note}$end"
    fi
    printf '%s\n' "$line"
  done
  [ -n "$placed" ] || put_lines "$2 $3$nl"
}

# hosts_goes set|drop ADDRESS AT: the names go from the line of AT.
hosts_goes() {
  if [ "$1" = drop ]; then [ "$2" = "$3" ]; else [ "$2" != "$3" ] && same_family "$2" "$3"; fi
}

is_word() { case " $2 " in *" $1 "*) ;; *) return 1 ;; esac }
