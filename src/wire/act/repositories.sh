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

# armored FILE: an OpenPGP key in the form that can be pasted, with the checksum that rpm wants there (RFC 4880, section
# 6.1: a CRC of 24 bits).
armored() {
  if grep -q '^-----BEGIN' "$1"; then
    cat -- "$1"
    return
  fi
  crc=$((0xB704CE))
  for byte in $(od -An -v -t u1 "$1"); do
    crc=$((crc ^ byte << 16))
    for bit in 7 6 5 4 3 2 1 0; do crc=$((crc << 1 ^ (crc >> 23 & 1) * 0x1864CFB)); done
  done
  printf -- '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n'
  base64 <"$1"
  printf '='
  printf %b "\\0$(printf %03o $((crc >> 16)))\\0$(printf %03o $((crc >> 8 & 255)))\\0$(printf %03o $((crc & 255)))" | base64
  printf -- '-----END PGP PUBLIC KEY BLOCK-----\n'
}

# place_key NAME PATH WHAT: stdin becomes the repository's key, in the form that can be pasted; what was there is kept until
# the repository has shown that it goes with it.
place_key() {
  cat >"$run/given-key"
  armored "$run/given-key" >"$run/new-key"
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
    zypper)
      # What zypper knows of repositories that it does not find, it throws away.
      find /etc/zypp/repos.d -name '*.repo' ! -name "$1.repo" -exec cp -p -- {} "${2%/*}" \;
      zypp --reposd-dir "${2%/*}" refresh -f "$1"
      ;;
  esac
}

# trust_key NAME FILE: has rpm trust the key that the repository's file names, and no other: zypper, let to take keys by
# itself, takes the one that lies beside the lists. `before` is what was trusted.
trust_key() {
  before=$(rpm -qa gpg-pubkey)
  key=$(sed -n 's|^gpgkey=file://||p' "$2")
  [ -n "$key" ] || return 0
  armored "$key" >"$run/armored"
  rpm --import "$run/armored" || return 1
  key_fingerprint "$run/armored"
  # The name that rpm gives it ends in these digits and a date.
  take_note trusted "$1" "${answer#????????????????????????????????}"
}

# distrust_keys: takes back what trust_key has done.
distrust_keys() {
  for key in $(rpm -qa gpg-pubkey); do
    case "$nl$before$nl" in *"$nl$key$nl"*) ;; *) rpm -e --allmatches -- "$key" ;; esac
  done
}

# place_repository NAME PATH KEY: stdin becomes the repository's file, once its lists have come and go with the key.
place_repository() {
  mkdir -p -- "${2%/*}" "$run/repository"
  new=$run/repository/${2##*/}
  cat >"$new"
  status=0
  if [ "$pm" = zypper ]; then trust_key "$1" "$new" >"$run/update" 2>&1 || status=$?; fi
  [ "$status" -ne 0 ] || repository_lists "$1" "$new" >"$run/update" 2>&1 || status=$?
  if [ "$status" -ne 0 ]; then
    cat "$run/update"
    [ "$pm" != zypper ] || distrust_keys >/dev/null 2>&1 || :
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
