# apt asks nobody, keeps changed configuration files, and waits for another apt to end. What packages make of the
# locale, such as a database's encoding, is UTF-8.
apt() {
  LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 "$@"
}

# apt_unfinished: packages are in the middle of their installation.
apt_unfinished() {
  [ -n "$(find /var/lib/dpkg/updates -type f 2>/dev/null | head -n 1)" ] || dpkg --audit 2>/dev/null | grep -q .
}

# An earlier dpkg was cut off in the middle: finish its work before anything else.
apt_mend() {
  apt_unfinished || return 0
  # It may be at work still, for somebody else. apt waits for that, dpkg does not.
  apt check || :
  apt_unfinished || return 0
  DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold --configure -a
}

# apt_update: fetches the lists. Their lock is one apt does not wait for, so we do.
apt_update() {
  waited=0
  while :; do
    status=0
    apt update >"$run/update" 2>&1 || status=$?
    if [ "$status" -eq 0 ] || [ "$waited" -ge 300 ] || ! grep -q "/lock. It is held by" "$run/update"; then
      cat "$run/update"
      return "$status"
    fi
    [ "$waited" -gt 0 ] || say "waiting for the lists: $(grep "/lock. It is held by" "$run/update")"
    waited=$((waited + 1))
    sleep 1
  done
}

# Package lists are fetched once a run when there are none or they are a day old.
apt_lists() {
  [ ! -e "$run/apt-lists" ] || return 0
  # The lists carry the archive's dates; the folder they are fetched into has ours.
  if [ "${1-}" != now ] && [ -n "$(find /var/lib/apt/lists -name '*_*' -type f 2>/dev/null | head -n 1)" ] &&
    [ -n "$(find /var/lib/apt/lists/partial -maxdepth 0 -mtime -1 2>/dev/null)" ]; then
    return 0
  fi
  apt_update
  : >"$run/apt-lists"
}

apt_install() {
  extras=--no-install-recommends
  [ "$1" = lean ] || extras=--install-recommends
  shift
  # Who names a version means that one, older or held back as it may be.
  case " $*" in *=*) extras="$extras --allow-downgrades --allow-change-held-packages" ;; esac
  apt_mend
  apt_lists
  apt $extras install -- "$@" && return 0
  status=$?
  # The lists may be too old for the archive; with fresh ones there is no second try.
  [ ! -e "$run/apt-lists" ] || return "$status"
  apt_lists now
  apt $extras install -- "$@"
}

# rpms VERB LEAN NAME[=VERSION]...: dnf or yum. They know by themselves how old their lists may be.
rpms() {
  verb=$1
  weak=True
  [ "$2" != lean ] || weak=False
  shift 2
  words=
  plugins=
  for word; do
    case $word in
      *=*)
        words="$words ${word%%=*}-${word#*=}"
        # Who names a version means that one, locked as another may be.
        package_lock "${word%%=*}"
        [ -z "$package_held" ] || plugins=--disableplugin=versionlock
        ;;
      *) words="$words $word" ;;
    esac
  done
  LC_ALL=C.UTF-8 "$manager" -q -y --setopt=install_weak_deps="$weak" $plugins "$verb" $words
}

# zypp WORD...: zypper asks nobody, and waits for another one to end.
zypp() {
  LC_ALL=C.UTF-8 ZYPP_LOCK_TIMEOUT=300 zypper -q -n "$@" || {
    status=$?
    # It is done, and the host should reboot, zypper be started anew, or a repository be looked at that did not answer.
    case $status in 102 | 103 | 106) return 0 ;; esac
    return "$status"
  }
}

# zypper_install LEAN NAME[=VERSION]...: who names a version means that one, locked as another may be.
zypper_install() {
  extras=--recommends
  [ "$1" != lean ] || extras=--no-recommends
  shift
  case " $*" in *=*) extras="$extras --oldpackage" ;; esac
  locked=
  for word; do
    case $word in
      *=*)
        package_lock "${word%%=*}"
        [ -z "$package_held" ] || locked="$locked ${word%%=*}"
        ;;
    esac
  done
  [ -z "$locked" ] || {
    cp -p /etc/zypp/locks "$run/locks"
    zypp removelock $locked
  }
  if zypp install --auto-agree-with-licenses $extras -- "$@"; then status=0; else status=$?; fi
  [ -z "$locked" ] || place /etc/zypp/locks '' '' '' <"$run/locks"
  return "$status"
}

# apk_install UPGRADE NAME[=VERSION]...: apk has no patterns, but takes the beginning of a version.
apk_install() {
  upgrade=$1
  shift
  words=
  for word; do
    case $word in
      *=*[.]'*') word="${word%%=*}~${word#*=}" word=${word%.?} ;;
      *=*'*') word="${word%%=*}~${word#*=}" word=${word%?} ;;
    esac
    words="$words $word"
  done
  [ -n "$(find /var/cache/apk -name 'APKINDEX*' -mtime -1 2>/dev/null | head -n 1)" ] || apk update
  apk add $upgrade -- $words
}

pacman_install() {
  [ -n "$(find /var/lib/pacman/sync -name '*.db' 2>/dev/null | head -n 1)" ] || pacman -Sy --noconfirm
  pacman -S --noconfirm --needed -- "$@" && return 0
  # The lists may be too old for the mirror.
  pacman -Sy --noconfirm && pacman -S --noconfirm --needed -- "$@"
}

no_manager() {
  say "no known package manager on this host (looked for apt, apk, dnf, yum, zypper and pacman)"
  return 1
}

# install_packages LEAN NAME[=VERSION]...: all in one transaction; lean leaves out what is only recommended, full does not.
install_packages() {
  case $pm in
    apt) apt_install "$@" ;;
    dnf) rpms install "$@" ;;
    zypper) zypper_install "$@" ;;
    apk | pacman)
      shift
      if [ "$pm" = apk ]; then apk_install '' "$@"; else pacman_install "$@"; fi
      ;;
    *) no_manager ;;
  esac
}

# upgrade_packages LEAN NAME...: the same, and those that are here become what the lists have.
upgrade_packages() {
  case $pm in
    dnf) rpms install "$@" && rpms upgrade "$@" ;;
    apk)
      shift
      apk_install --upgrade "$@"
      ;;
    # The others do that on every install.
    *) install_packages "$@" ;;
  esac
}

# remove_packages NAME...: what needs them goes too, what they needed stays.
remove_packages() {
  case $pm in
    apt)
      apt_mend
      apt remove -- "$@"
      ;;
    dnf) "$manager" -q -y --setopt=clean_requirements_on_remove=False remove -- "$@" ;;
    zypper) zypp remove -- "$@" ;;
    apk) apk del -- "$@" ;;
    pacman) pacman -R --noconfirm -- "$@" ;;
    *) no_manager ;;
  esac
}

# purge_packages NAME...: with the configuration that only dpkg and pacman would keep.
purge_packages() {
  case $pm in
    apt)
      apt_mend
      apt purge -- "$@"
      ;;
    pacman) pacman -Rn --noconfirm -- "$@" ;;
    *) remove_packages "$@" ;;
  esac
}
