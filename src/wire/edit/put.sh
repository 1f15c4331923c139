# put_lines LINES: writes them with the file's own ends.
put_lines() {
  if [ "$eol" = "$nl" ]; then
    printf '%s' "$1"
  else
    printf '%s' "$1" | while IFS= read -r line; do printf '%s%s' "$line" "$eol"; done
  fi
}
