# What stands where something is to be put: asks, and changes nothing.

LC_ALL=C
export LC_ALL
if ! command -v sha256sum >/dev/null 2>&1; then sha256sum() { busybox sha256sum; }; fi

# open_to MODE OWNER GROUP PATH: whether mode, owner and group are as they should be; an empty one may be any.
open_to() {
  [ -z "$1" ] || [ "$(stat -c %a -- "$4")" = "$1" ] || return 1
  [ -z "$2" ] || case " $(stat -c '%U %u' -- "$4") " in *" $2 "*) ;; *) return 1 ;; esac
  [ -z "$3" ] || case " $(stat -c '%G %g' -- "$4") " in *" $3 "*) ;; *) return 1 ;; esac
}

# file INDEX SIZE MODE OWNER GROUP DIGEST PATH
file() {
  if [ -d "$7" ]; then found=directory
  elif [ -L "$7" ]; then found=other
  elif [ -f "$7" ]; then
    found=other
    if [ "$(stat -c %s -- "$7" 2>/dev/null)" = "$2" ]; then
      digest=$(sha256sum <"$7" 2>/dev/null)
      if [ "${digest%% *}" = "$6" ]; then
        if open_to "$3" "$4" "$5" "$7" 2>/dev/null; then found=same; else found=access; fi
      fi
    fi
  elif [ -e "$7" ]; then found=special
  else found=none
  fi
  printf 'at %s %s\n' "$1" "$found"
}

# folder INDEX PATH
folder() {
  if [ -d "$2" ]; then found=same
  elif [ -e "$2" ] || [ -L "$2" ]; then found=special
  else found=none
  fi
  printf 'at %s %s\n' "$1" "$found"
}
