# Packages: package_version, empty when it is not installed.
if command -v dpkg-query >/dev/null; then pm=apt; else pm=none; fi

ask_packages() {
  case $pm in
    # The second letter of the status is what is, the first what was wished for.
    apt) exec dpkg-query -W -f '${Package} ${db:Status-Abbrev} ${Version}\n' -- "$@" 2>/dev/null ;;
  esac
}

# Names are asked for in byte order, which is also the order dpkg answers in.
snapshot_packages() {
  slot=$1
  shift
  answers=$(ask_packages "$@")
  IFS=$nl
  for answer in $answers; do
    while [ $# -gt 0 ]; do
      if [ "${answer%% *}" = "$1" ]; then
        eval "package_$slot=\$answer"
        slot=$((slot + 1))
        shift
        break
      fi
      # A second architecture of the package before: its first answer stands.
      case $answer in "${seen-} "*) break ;; esac
      slot=$((slot + 1))
      shift
    done
    seen=${answer%% *}
  done
  IFS=' 	'$nl
}

package_state() {
  answer=
  if [ -n "$fresh" ]; then eval "answer=\${package_$1-}"; else answer=$(ask_packages "$2") || :; fi
  package_version=
  case $answer in *"$nl"*) answer=${answer%%"$nl"*} ;; esac
  case $answer in "$2 "?i*) package_version=${answer##* } ;; esac
}
