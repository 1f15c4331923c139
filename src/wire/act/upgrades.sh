# fresh_lists MINUTES: fetches the lists, unless they are no older.
fresh_lists() {
  ! lists_fresh "$1" || return 0
  case $pm in
    apt)
      apt_update
      : >"$run/apt-lists"
      return
      ;;
    dnf) "$manager" -q -y makecache --refresh ;;
    zypper) zypp refresh ;;
    apk) apk update ;;
    pacman) pacman -Sy --noconfirm ;;
    *) no_manager ;;
  esac
  : >"$state/lists"
}

# release_package NAME: zypper would refuse to install what is locked, though it is to be locked at what is installed then.
release_package() {
  [ "$pm" != zypper ] || [ -n "$package_version" ] || zypp removelock "$1"
}

# hold_package VERB NAME: hold keeps it at its version, unhold lets it go.
hold_package() {
  case $pm:$1 in
    apt:*) apt-mark "$1" -- "$2" ;;
    dnf:hold)
      # It may be locked at another version than it has.
      package_lock "$2"
      { [ -z "$package_held" ] || "$manager" -q -y versionlock delete "$2"; } && "$manager" -q -y versionlock add "$2"
      ;;
    dnf:unhold) "$manager" -q -y versionlock delete "$2" ;;
    zypper:hold) zypp addlock "$2" ;;
    zypper:unhold) zypp removelock "$2" ;;
    *:unhold) ;;
    *)
      say "$pm holds no package back; name its version instead"
      return 1
      ;;
  esac || {
    say "$pm did not $1 $2$([ "$pm" != dnf ] || printf ' (dnf needs its plugin versionlock for that)')"
    return 1
  }
}
