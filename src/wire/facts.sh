# Looks at the host once, before its plan is made; changes nothing. The shell that reads this is given the plan's program
# next, so all but the functions stays in a shell below it. Each fact is a line: the nonce, its name, its value.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
unset CDPATH ENV BASH_ENV POSIXLY_CORRECT
set -f

# fact NAME VALUE: on a line of its own, whatever was written before.
fact() { printf '\n%s %s %s\n' "$nonce" "$1" "$2"; }

# have PROGRAM
have() { command -v "$1" >/dev/null 2>&1; }

facts() {
  file=/etc/os-release
  [ -r "$file" ] || file=/usr/lib/os-release
  if [ -r "$file" ]; then
    while IFS= read -r line || [ -n "$line" ]; do
      case $line in
        ID=* | ID_LIKE=* | VERSION_ID=* | VERSION_CODENAME=* | PRETTY_NAME=*) fact "release.${line%%=*}" "${line#*=}" ;;
      esac
    done <"$file"
  fi
  fact kernel "$(uname -r)"
  fact architecture "$(uname -m)"
  fact hostname "$(uname -n)"
  fact cpus "$(getconf _NPROCESSORS_ONLN 2>/dev/null || grep -c '^processor' /proc/cpuinfo)"
  while read -r name value _; do
    if [ "$name" = MemTotal: ]; then
      fact memory "$value"
      break
    fi
  done </proc/meminfo
  if have ip; then
    ip -o addr show scope global 2>/dev/null | while read -r _ _ _ address _; do fact address "$address"; done
  else
    for address in $(hostname -I 2>/dev/null || hostname -i 2>/dev/null); do fact address "$address"; done
  fi
  if have systemd-detect-virt; then
    fact virtualisation "$(systemd-detect-virt 2>/dev/null)"
  elif [ -e /.dockerenv ]; then
    fact virtualisation docker
  elif grep -q '^flags.* hypervisor' /proc/cpuinfo 2>/dev/null; then
    fact virtualisation vm
  else
    fact virtualisation none
  fi
  while read -r device path kind _; do
    case $device:$kind in
      /*:* | *:nfs | *:nfs4 | *:cifs | *:zfs | *:btrfs | *:overlay) fact mount "$device $path $kind" ;;
    esac
  done </proc/mounts
  fact end ''
}
(facts) </dev/null 2>/dev/null
