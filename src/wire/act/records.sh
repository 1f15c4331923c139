# take_note KIND NAME TEXT
take_note() {
  mkdir -p "$state/$1"
  printf '%s\n' "$3" >"$state/$1/$2"
}
