# Git: run as the checkout's owner, never asking anybody. Credentials reach it over a descriptor that no other program
# has and no list of processes shows.
# git_as OWNER CREDENTIALS ARGUMENT...
git_as() { (
  as=$1
  secret=$2
  shift 2
  export GIT_TERMINAL_PROMPT=0 GIT_OPTIONAL_LOCKS=0 GIT_SSH_COMMAND="${GIT_SSH_COMMAND:-ssh -o BatchMode=yes}"
  set -- git -c core.hooksPath=/dev/null -c advice.detachedHead=false -c gc.auto=0 "$@"
  if [ -n "$as" ]; then
    set -- env HOME="$(home_of "$as")" runuser -u "$as" -- "$@"
  fi
  cd /
  if [ -z "$secret" ]; then exec "$@"; fi
  export GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=credential.helper GIT_CONFIG_VALUE_0=
  export GIT_CONFIG_KEY_1=credential.helper GIT_CONFIG_VALUE_1='!f() { [ "$1" != get ] || cat <&8; }; f'
  printf '%s\n' "$secret" | "$@" 8<&0 </dev/null
); }

# git_wanted OWNER CREDENTIALS URL REF: git_commit and git_ref, what the remote has under that name; empty for nothing.
git_wanted() {
  git_commit=
  git_ref=
  case $4 in
    HEAD | refs/*) set -- "$1" "$2" "$3" "$4" ;;
    *) set -- "$1" "$2" "$3" "refs/heads/$4" "refs/tags/$4^{}" "refs/tags/$4" ;;
  esac
  answers=$(git_as "$1" "$2" ls-remote -q -- "$3" "$4" "${5-$4}" "${6-$4}") || return 1
  shift 3
  for name; do
    IFS=$nl
    for answer in $answers; do
      if [ -z "$git_commit" ] && [ "${answer#*	}" = "$name" ]; then
        git_commit=${answer%%	*}
        git_ref=${name%"^{}"}
      fi
    done
    IFS=' 	'$nl
  done
  [ -n "$git_commit" ]
}

# git_holds OWNER CREDENTIALS FOLDER URL REF COMMIT: whether the folder is a checkout of it without changes. COMMIT is
# empty where only the remote knows it.
git_holds() { (
  command -v git >/dev/null && [ -e "$3/.git" ] || return 1
  [ "$(git_as "$1" '' -C "$3" config --get remote.origin.url)" = "$4" ] || return 1
  git_commit=$6
  [ -n "$git_commit" ] || git_wanted "$1" "$2" "$4" "$5" || return 1
  [ "$(git_as "$1" '' -C "$3" rev-parse -q --verify HEAD)" = "$git_commit" ] || return 1
  answer=$(git_as "$1" '' -C "$3" status --porcelain --untracked-files=no) && [ -z "$answer" ]
) 2>/dev/null; }
