# Repositories of packages.
# apk_has_repository URL: apk keeps all of them in one file, a line each.
apk_has_repository() {
  [ -r /etc/apk/repositories ] || return 1
  while read -r answer; do
    [ "$answer" != "$1" ] || return 0
  done </etc/apk/repositories
  return 1
}
