# What there is to be fetched: names, sizes, modes and digests. Changes nothing.

LC_ALL=C
export LC_ALL
sum=sha256sum
command -v sha256sum >/dev/null 2>&1 || sum='busybox sha256sum'

# A file of a list, or a directory, that find hands over, with the number of what was asked for. Every name comes
# behind its length, so that no name can be taken for anything else.
# shellcheck disable=SC2016 # it is for another shell
each='
number=$1 kind=$2 sum=$3
shift 3
for path do
  name=${path#./}
  if [ "$kind" = folder ]; then
    [ "$path" != . ] || name=
    if [ -r "$path" ] && [ -x "$path" ]; then
      printf "%s %s %s - - %s\n%s\n" folder "$number" "$(stat -c %a -- "$path")" "${#name}" "$name"
    else
      printf "closed %s - - - %s\n%s\n" "$number" "${#name}" "$name"
    fi
    continue
  fi
  digest=$($sum <"$path" 2>/dev/null)
  known=$(stat -c "%a %s" -- "$path" 2>/dev/null)
  if [ -n "$digest" ] && [ -n "$known" ]; then
    printf "file %s %s %s %s\n%s\n" "$number" "$known" "${digest%% *}" "${#name}" "$name"
  else
    printf "closed %s - - - %s\n%s\n" "$number" "${#name}" "$name"
  fi
done'

# asked NUMBER PATH
asked() {
  if [ -d "$2" ]; then
    printf 'asked %s folder\n' "$1"
    (
      cd -- "$2/" 2>/dev/null || exit
      find . -name ".provision-copy*" -prune -o -type d -exec sh -c "$each" sh "$1" folder "$sum" {} + 2>/dev/null
      find . -name ".provision-copy*" -prune -o -type f -exec sh -c "$each" sh "$1" file "$sum" {} + 2>/dev/null
      set -- "$1" "$(find . -name ".provision-copy*" -prune -o ! -type d ! -type f -exec printf . \; 2>/dev/null)"
      printf 'left %s %s\n' "$1" "${#2}"
    ) || printf 'closed %s - - - 0\n\n' "$1"
  elif [ -f "$2" ]; then
    printf 'asked %s file\n' "$1"
    digest=$($sum <"$2" 2>/dev/null)
    if [ -n "$digest" ]; then
      printf 'file %s %s %s 0\n\n' "$1" "$(stat -L -c '%a %s' -- "$2")" "${digest%% *}"
    else
      printf 'closed %s - - - 0\n\n' "$1"
    fi
  elif [ -e "$2" ]; then
    printf 'asked %s special\n' "$1"
  else
    printf 'asked %s none\n' "$1"
  fi
}
