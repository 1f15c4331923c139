# nftables: a table of ours is in the kernel, and in a file that is loaded at boot.

# nft_text BEFORE AFTER: the wanted table's text; the port we came in on stands between the two.
nft_text() {
  own_port
  printf '%s%s%s' "$1" "$own_port" "$2"
}

# nft_live NAME: the digest of the table as the kernel has it now, in numbers and without counters; fails when there is none.
nft_live() {
  live=$(nft -sn list table inet "$1" 2>/dev/null) || return 1
  printf '%s\n' "$live" | sha256sum
}

# nft_conf: the file that is loaded at boot, as distributions have it; fails when there is none.
nft_conf() {
  for conf in /etc/nftables.conf /etc/sysconfig/nftables.conf /etc/nftables.nft; do
    [ ! -f "$conf" ] || return 0
  done
  return 1
}

nft_included() { nft_conf && grep -qxF 'include "/etc/nftables.d/*.nft"' "$conf"; }

# nft_holds NAME BEFORE AFTER: the file has this text, and the kernel has what it had right after it was loaded.
nft_holds() {
  [ -f "/etc/nftables.d/$1.nft" ] &&
    [ "$(nft_text "$2" "$3" | sha256sum)" = "$(sha256sum <"/etc/nftables.d/$1.nft")" ] &&
    live=$(nft_live "$1") && [ -r "$state/nft/$1" ] && [ "$live" = "$(cat "$state/nft/$1")" ]
}

nft_gone() { [ ! -e "/etc/nftables.d/$1.nft" ] && ! nft_live "$1" >/dev/null; }
