# nft_load NAME BEFORE AFTER: all of the table in one transaction, or nothing of it.
nft_load() {
  if ! command -v nft >/dev/null; then
    say "there is no nft on this host; install the package nftables in an earlier step"
    return 1
  fi
  nft_text "$2" "$3" >"$run/nft"
  nft -c -f "$run/nft"
  nft -f "$run/nft"
  mkdir -p "$state/nft"
  nft_live "$1" >"$run/nft.live"
  mv -f "$run/nft.live" "$state/nft/$1"
  [ -d /etc/nftables.d ] || mkdir /etc/nftables.d
  place "/etc/nftables.d/$1.nft" '' '' '' <"$run/nft"
}

# nft_boot: our folder is loaded with the rest at boot.
nft_boot() {
  if ! nft_conf; then
    say "this host has no file that nftables loads at boot; say boot = false, and load /etc/nftables.d some other way"
    return 1
  fi
  nft_included || {
    cat <"$conf"
    [ -z "$(tail -c 1 "$conf")" ] || echo
    echo 'include "/etc/nftables.d/*.nft"'
  } | place "$conf" '' '' ''
  service_do enable nftables
}

nft_unload() {
  if nft_live "$1" >/dev/null; then nft delete table inet "$1"; fi
  rm -f "/etc/nftables.d/$1.nft" "$state/nft/$1"
}
