# key_fingerprint FILE: answer, the fingerprint of the OpenPGP key it begins with (RFC 4880, section 12.2: SHA-1 over 0x99,
# two octets of length, and the key's packet).
key_fingerprint() {
  if grep -q '^-----BEGIN PGP' "$1"; then
    sed -n '/^-----BEGIN PGP/,/^-----END PGP/p' "$1" | sed -e '1,/^[[:space:]]*$/d' -e '/^=/d' -e '/^-----END/d' |
      base64 -d >"$run/key" 2>/dev/null || :
  else
    cat -- "$1" >"$run/key"
  fi
  set -- $(od -An -v -t u1 -N 6 "$run/key")
  answer=
  # The first packet is a public key: of the old form, or of the new.
  case ${1-} in
    152) set -- 2 "$2" ;;
    153) set -- 3 "$(($2 * 256 + $3))" ;;
    198)
      if [ "$2" -lt 192 ]; then set -- 2 "$2"; else set -- 3 "$((($2 - 192) * 256 + $3 + 192))"; fi
      ;;
    *) return 0 ;;
  esac
  answer=$({
    printf %b "\\0231\\0$(printf %03o $(($2 / 256)))\\0$(printf %03o $(($2 % 256)))"
    tail -c "+$(($1 + 1))" "$run/key" | head -c "$2"
  } | sha1sum)
  answer=${answer%% *}
}

# refuse_key FILE FINGERPRINT: it is another key than the one meant.
refuse_key() {
  key_fingerprint "$1"
  if [ "$answer" != "$2" ]; then
    say "the key has the fingerprint ${answer:-of no OpenPGP key}, and should have $2; it is not used"
    return 1
  fi
}

# place_key NAME PATH WHAT: stdin becomes the repository's key, in the form that can be pasted; what was there is kept until
# the repository has shown that it goes with it.
place_key() {
  cat >"$run/new-key"
  if ! grep -q '^-----BEGIN' "$run/new-key"; then
    {
      printf -- '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n'
      base64 <"$run/new-key"
      printf -- '-----END PGP PUBLIC KEY BLOCK-----\n'
    } >"$run/armored"
    mv -f "$run/armored" "$run/new-key"
  fi
  mkdir -p -- "${2%/*}"
  rm -f "$run/old-key"
  [ ! -f "$2" ] || cp -p -- "$2" "$run/old-key"
  place "$2" 0644 root root <"$run/new-key"
  digest=$(exec sha256sum <"$2")
  take_note keys "$1" "$3 ${digest%% *}"
}

# repository_lists NAME FILE: fetches the lists of this one repository, by a file that is not in place yet.
repository_lists() {
  case $pm in
    apt)
      # The others' lists are as old as before.
      mkdir -p /var/lib/apt/lists/partial
      if [ -n "$(find /var/lib/apt/lists -name '*_*' -type f 2>/dev/null | head -n 1)" ]; then
        touch -r /var/lib/apt/lists/partial "$run/age"
      else
        touch -d @0 "$run/age"
      fi
      status=0
      apt -o Dir::Etc::sourcelist="$2" -o Dir::Etc::sourceparts=/dev/null -o APT::Get::List-Cleanup=false \
        -o APT::Update::Error-Mode=any update || status=$?
      touch -r "$run/age" /var/lib/apt/lists/partial
      return "$status"
      ;;
    dnf) "$manager" -q -y --setopt=reposdir="${2%/*}" --disablerepo='*' --enablerepo="$1" makecache ;;
    zypper) zypp --reposd-dir "${2%/*}" --gpg-auto-import-keys refresh -f "$1" ;;
  esac
}

# place_repository NAME PATH KEY: stdin becomes the repository's file, once its lists have come and go with the key.
place_repository() {
  mkdir -p -- "${2%/*}" "$run/repository"
  new=$run/repository/${2##*/}
  cat >"$new"
  status=0
  repository_lists "$1" "$new" >"$run/update" 2>&1 || status=$?
  if [ "$status" -ne 0 ]; then
    cat "$run/update"
    if [ -e "$run/old-key" ]; then cp -p -- "$run/old-key" "$3"; elif [ -n "$3" ]; then rm -f -- "$3"; fi
    say "the lists of repository $1 did not come, so it is not put in place"
    return 1
  fi
  place "$2" 0644 root root <"$new"
}

# apk_add_repository URL and apk_drop_repository URL: a line of apk's file.
apk_add_repository() {
  if ! apk_has_repository "$1"; then
    { cat /etc/apk/repositories && printf '%s\n' "$1"; } | place /etc/apk/repositories '' '' ''
  fi
  apk update || {
    status=$?
    apk_drop_repository "$1"
    return "$status"
  }
}
apk_drop_repository() {
  { grep -v -x -F -- "$1" /etc/apk/repositories || :; } | place /etc/apk/repositories '' '' ''
}
