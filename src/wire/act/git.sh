# git_checkout OWNER CREDENTIALS FOLDER URL REF COMMIT FORCE DEPTH: the folder becomes a checkout of it. What somebody has
# changed or committed there is only thrown away when FORCE is not empty.
git_checkout() {
  if ! command -v git >/dev/null; then
    say "there is no git on this host; a package step before this one brings it"
    return 1
  fi
  if [ ! -e "$3/.git" ]; then
    if [ -e "$3" ] && { [ ! -d "$3" ] || [ -n "$(ls -A "$3")" ]; }; then
      say "$3 is there, and is neither empty nor a checkout of git; it is not replaced"
      return 1
    fi
    mkdir -p -- "$3"
    own "$3" "$1"
    git_as "$1" '' -C "$3" init -q
  fi
  git_as "$1" '' -C "$3" config remote.origin.url "$4"
  git_as "$1" '' -C "$3" config remote.origin.fetch '+refs/heads/*:refs/remotes/origin/*'
  answer=$(git_as "$1" '' -C "$3" status --porcelain --untracked-files=no)
  if [ -n "$answer" ] && [ -z "$7" ]; then
    say "$3 has changes of its own; they are not thrown away (\`force = true\` would):"
    say "$answer"
    return 1
  fi
  git_commit=$6
  git_ref=$6
  if [ -z "$git_commit" ] && ! git_wanted "$1" "$2" "$4" "$5"; then
    say "$4 has no $5"
    return 1
  fi
  head=$(git_as "$1" '' -C "$3" rev-parse -q --verify HEAD) || head=
  if [ -n "$8" ]; then
    git_as "$1" "$2" -C "$3" fetch -q --force --no-tags --depth "$8" origin "$git_ref"
  elif ! git_as "$1" '' -C "$3" cat-file -e "$git_commit^{commit}" 2>/dev/null; then
    git_as "$1" "$2" -C "$3" fetch -q --force --tags origin
  fi
  # Commits that neither a step nor the remote has made.
  if [ -n "$head" ] && [ -z "$7" ] && [ "$head" != "$git_commit" ] &&
    [ "$head" != "$(git_as "$1" '' -C "$3" rev-parse -q --verify refs/provision/head)" ] &&
    [ -z "$(git_as "$1" '' -C "$3" for-each-ref --count=1 --contains "$head" refs/remotes refs/tags)" ]; then
    say "$3 has commits of its own, up to $head; they are not left behind (\`force = true\` would)"
    return 1
  fi
  git_as "$1" '' -C "$3" checkout -q ${7:+--force} --detach "$git_commit"
  git_as "$1" '' -C "$3" update-ref refs/provision/head "$git_commit"
}
