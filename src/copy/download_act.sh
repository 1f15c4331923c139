# Sends files, each as many bytes as were announced: what has become shorter is filled up, and its digest tells.

# give INDEX SIZE FROM DIGEST PATH: from the byte FROM on where what is before it has this digest, else all.
give() {
  from=$3
  if [ "$from" -gt 0 ]; then
    digest=$(exactly "$from" <"$5" 2>/dev/null | $sum)
    [ "${digest%% *}" = "$4" ] || from=0
  fi
  printf 'take %s %s\n' "$1" "$from"
  {
    if [ "$from" -gt 0 ]; then tail -c "+$((from + 1))" -- "$5"; else cat -- "$5"; fi 2>/dev/null
    cat /dev/zero
  } | exactly $(($2 - from))
}
