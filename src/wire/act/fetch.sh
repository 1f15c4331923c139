# fetch FILE URL SECRET HEADER...: what is at the URL becomes the file. curl reads all of it from its stdin, where no list
# of processes shows it; SECRET is not empty when nobody may see it.
fetch() {
  file=$1
  url=$2
  secret=$3
  shift 3
  case $url in
    file://*) cp -- "${url#file://}" "$file" ;;
    *)
      if command -v curl >/dev/null; then
        {
          printf 'url = "%s"\n' "$url"
          for header; do printf 'header = "%s"\n' "$header"; done
        } | curl -q -fsSL --retry 3 --connect-timeout 30 -o "$file" -K -
      elif [ -n "$secret" ]; then
        say "credentials are given to no program but curl, and there is none on this host"
        return 1
      elif command -v wget >/dev/null; then
        wget -q -O "$file" -- "$url"
      else
        say "there is neither curl nor wget on this host; a package step before this one brings it"
        return 1
      fi
      ;;
  esac
}

# refuse_digest FILE SHA256: what was fetched is something else than what was meant.
refuse_digest() {
  digest=$(exec sha256sum <"$1")
  digest=${digest%% *}
  if [ "$digest" != "$2" ]; then
    say "what was fetched has the SHA-256 $digest, and should have $2; it is not used"
    return 1
  fi
}
