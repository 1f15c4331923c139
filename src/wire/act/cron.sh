# crontab_set USER BLOCK BEGIN END: as block_set has it, for a crontab.
crontab_set() {
  text=
  if ! text=$(crontab -u "$1" -l 2>"$run/crontab"); then
    # Having none is no failure; anything else must not make us write a new one over it.
    case $(cat "$run/crontab") in
      *"no crontab for"* | *"No such file"*) ;;
      *)
        cat "$run/crontab"
        return 1
        ;;
    esac
  fi
  [ -z "$text" ] || text=$text$nl
  eol=$nl
  new=$(printf '%s' "$text" | block_edit "$2" "$3" "$4" '' 0) || {
    say "the crontab of $1 has a line $3, and none $4 behind it; nothing was changed"
    return 1
  }
  printf '%s\n' "$new" | crontab -u "$1" -
}
