# Paths: path_type path_mode path_uid path_gid path_target; all empty when there is none.
# %f is the raw mode in hex: one digit of type, three of permissions. Owners are numbers: a name for each would be a
# look into the user database, path by path. GNU stat would quote the names in %N, each version in its own way.
# Questions are only ever asked inside $(…), where exec saves a process.
ask_paths() {
  export QUOTING_STYLE=literal
  exec stat -c '%f %u %g %N' -- "$@" 2>/dev/null
}

# is_about LINE PATH: whether LINE of ask_paths is the answer for PATH. busybox quotes a link's two sides.
is_about() {
  about=${1#* }
  about=${about#* }
  about=${about#* }
  case $1 in
    a*) case $about in "$2 -> "* | "'$2' -> '"*) return 0 ;; esac ;;
    *) [ "$about" = "$2" ] && return 0 ;;
  esac
  return 1
}

# Answers come in the order of the questions, with gaps where there is no such path: walk both lists at once.
snapshot_paths() {
  slot=$1
  shift
  answers=$(ask_paths "$@")
  IFS=$nl
  for answer in $answers; do
    while [ $# -gt 0 ]; do
      if is_about "$answer" "$1"; then
        eval "path_$slot=\$answer"
        slot=$((slot + 1))
        shift
        break
      fi
      slot=$((slot + 1))
      shift
    done
  done
  IFS=' 	'$nl
}

path_state() {
  if [ -n "$fresh" ]; then eval "answer=\${path_$1-}"; else answer=$(ask_paths "$2") || :; fi
  path_mode=${answer%% *}
  path_type=${path_mode%???}
  path_mode=${path_mode#?}
  answer=${answer#* }
  path_uid=${answer%% *}
  answer=${answer#* }
  path_gid=${answer%% *}
  path_target=
  if [ "$path_type" = a ]; then
    answer=${answer#* }
    case $answer in
      "$2 -> "*) path_target=${answer#"$2 -> "} ;;
      *)
        path_target=${answer#"'$2' -> '"}
        path_target=${path_target%\'}
        ;;
    esac
  fi
}
