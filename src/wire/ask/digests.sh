# Digests: the SHA-256 of a regular file, empty when it is none or cannot be read.
# Only regular files are read: a FIFO would hang, a device would not end.
snapshot_digests() {
  slot=$1
  shift
  nth=0
  asked=
  names=
  for path; do
    nth=$((nth + 1))
    case $path in *\\*) ;; *) if [ -f "$path" ] && [ ! -L "$path" ]; then asked="$asked \"\${$nth}\"" names="$names $slot"; fi ;; esac
    slot=$((slot + 1))
  done
  [ -n "$asked" ] || return 0
  # Numbers, not words: adding to the list one by one would copy it each time.
  eval "set -- $asked"
  answers=$(exec sha256sum -- "$@" 2>/dev/null)
  IFS=$nl
  for answer in $answers; do
    while [ $# -gt 0 ]; do
      names=${names# }
      slot=${names%% *}
      names=${names#"$slot"}
      digest=${answer%% *}
      if [ "$answer" = "$digest  $1" ]; then
        eval "digest_$slot=\$digest"
        shift
        break
      fi
      shift
    done
  done
  IFS=' 	'$nl
}

digest_state() {
  digest=
  if [ -n "$fresh" ]; then eval "digest=\${digest_$1-}"; fi
  if [ -z "$digest" ] && [ -f "$2" ] && [ ! -L "$2" ] && [ -r "$2" ]; then
    digest=$(exec sha256sum <"$2" 2>/dev/null) || :
    digest=${digest%% *}
  fi
}
