# show_file STEP PATH: sends a file's present content, for a diff.
show_file() {
  if [ -f "$2" ] && [ ! -L "$2" ]; then
    frame content "$1" file
    head -c 262145 <"$2"
  else
    frame content "$1" none
  fi
  frame shown "$1"
}
