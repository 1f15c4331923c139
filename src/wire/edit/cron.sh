# crontab_new USER BLOCK BEGIN END: as block_new has it, for a crontab.
crontab_new() {
  if text=$(crontab -u "$1" -l 2>/dev/null && printf x); then
    text=${text%x}
  else
    # Having none is no failure; anything else must not make us write a new one over it.
    text=$(crontab -u "$1" -l 2>&1) || :
    case $text in
      *"no crontab for"* | *"No such file"*) text= ;;
      *)
        say "$text"
        return 1
        ;;
    esac
  fi
  text_ends
  # cron takes no line without an end.
  eol=$nl
  bare=
  text_make block_edit "$2" "$3" "$4" '' 0 || {
    say "the crontab of $1 has a line $3, and none $4 behind it; nothing was changed"
    return 1
  }
}
