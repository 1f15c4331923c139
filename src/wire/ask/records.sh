# Notes that applies leave for later checks, of what the host itself does not tell.
# noted KIND NAME: the note, empty when there is none.
noted() {
  note=
  [ ! -r "$state/$1/$2" ] || read -r note <"$state/$1/$2" || :
}
