# Repositories of packages.
# apk_has_repository URL: apk keeps all of them in one file, a line each.
apk_has_repository() {
  [ -r /etc/apk/repositories ] || return 1
  while read -r answer; do
    [ "$answer" != "$1" ] || return 0
  done </etc/apk/repositories
  return 1
}
# rpm_trusts NAME: whether rpm trusts the key that was given to it for that repository.
rpm_trusts() {
  noted trusted "$1"
  [ -z "$note" ] || case $(rpm -qa gpg-pubkey 2>/dev/null) in *"$note-"*) ;; *) return 1 ;; esac
}
