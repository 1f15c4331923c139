# pip_as OWNER CONFIGURATION COMMAND...: as the environment's owner. The configuration, where there is one, holds
# credentials: it lies in a file of the owner's own while the command runs.
pip_as() { (
  as=$1
  secret=$2
  shift 2
  export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
  if [ -n "$secret" ]; then
    # shellcheck disable=SC2016 # it is the other shell's text
    set -- sh -c 'umask 077
file=$(mktemp) || exit
trap "rm -f -- $file" EXIT
cat >"$file"
PIP_CONFIG_FILE=$file "$@"' sh "$@"
  fi
  if [ -n "$as" ]; then
    set -- env HOME="$(home_of "$as")" runuser -u "$as" -- "$@"
  fi
  cd /
  printf '%s\n' "$secret" | "$@"
); }

# pip_venv OWNER FOLDER PYTHON: makes the virtual environment, or makes it work again.
pip_venv() {
  if [ -x "$2/bin/python" ] && [ -x "$2/bin/pip" ]; then return 0; fi
  if ! command -v "$3" >/dev/null; then
    say "there is no $3 on this host; a package step before this one brings it"
    return 1
  fi
  mkdir -p -- "$2"
  own "$2" "$1"
  pip_as "$1" '' "$3" -m venv -- "$2"
}

# pip_note NAME FILE-DIGEST: what following the file has brought.
pip_note() {
  mkdir -p "$state/pip"
  printf '%s%s' "$2" "$pip_packages" >"$state/pip/$1"
}
