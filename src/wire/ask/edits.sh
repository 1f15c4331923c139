# show_edit PATH EDIT...: sends what the file at PATH holds and what EDIT, which leaves that in `new`, makes of it. Of what
# a push could not edit either nothing is sent but that it was looked at, of a large file only that it is one. A crontab
# has no path; what EDIT found in it is in `text`.
show_edit() (
  exec 2>/dev/null
  say() { :; }
  path=$1
  shift
  if [ -f "$path" ] && ! [ "$(wc -c <"$path")" -le 262144 ]; then
    show_file "$step_now" "$path"
  elif ! "$@"; then
    show_file "$step_now" ''
  else
    if [ -f "$path" ]; then
      frame content "$step_now" file
      head -c 262145 <"$path"
    elif [ -n "$text" ]; then
      frame content "$step_now" file
      printf '%s' "$text" | head -c 262145
    else
      frame content "$step_now" none
    fi
    frame becomes "$step_now"
    printf '%s' "$new" | head -c 262145
    frame shown "$step_now"
  fi
)
