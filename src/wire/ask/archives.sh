# Archives: what was unpacked, file by file. Nothing is read: size, time, mode and owner tell.
# tree_digest FOLDER: of the files whose names, a line each, are on stdin.
tree_digest() {
  answer=$(cd "$1" && tr '\n' '\0' | xargs -0 stat -c '%n %f %u %g %s %Y' -- 2>/dev/null | sha256sum)
  answer=${answer%% *}
}

# unpacked NAME FOLDER WHAT: whether this was unpacked there, and is there as it was.
unpacked() {
  noted archives "$1"
  case $note in "$3 "*) ;; *) return 1 ;; esac
  [ -d "$2" ] && [ -r "$state/archives/$1.names" ] || return 1
  tree_digest "$2" <"$state/archives/$1.names"
  [ "$note" = "$3 $answer" ]
}
