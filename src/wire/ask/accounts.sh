# Users and groups: their entries with the colons as written, empty when there is none.
ask_users() { exec getent passwd "$@" 2>/dev/null; }
ask_groups() { exec getent group "$@" 2>/dev/null; }

# home_of USER: prints where that is.
home_of() {
  answer=$(ask_users "$1") || return 1
  answer=${answer%:*}
  printf '%s\n' "${answer##*:}"
}

# snapshot_names KIND SLOT NAME...: KIND is user or group; both answer in the order of the questions.
snapshot_names() {
  kind=$1
  slot=$2
  shift 2
  answers=$(ask_"$kind"s "$@")
  IFS=$nl
  for answer in $answers; do
    while [ $# -gt 0 ]; do
      if [ "${answer%%:*}" = "$1" ]; then
        eval "${kind}_$slot=\$answer"
        slot=$((slot + 1))
        shift
        break
      fi
      slot=$((slot + 1))
      shift
    done
  done
  IFS=' 	'$nl
}

# user_state: user_entry user_uid user_gid user_home user_shell
user_state() {
  if [ -n "$fresh" ]; then eval "user_entry=\${user_$1-}"; else user_entry=$(ask_users "$2") || :; fi
  answer=${user_entry#*:}
  answer=${answer#*:}
  user_uid=${answer%%:*}
  answer=${answer#*:}
  user_gid=${answer%%:*}
  user_shell=${answer##*:}
  answer=${answer%:*}
  user_home=${answer##*:}
}

# group_state: group_entry group_gid group_members (with a comma on both ends)
group_state() {
  if [ -n "$fresh" ]; then eval "group_entry=\${group_$1-}"; else group_entry=$(ask_groups "$2") || :; fi
  answer=${group_entry#*:}
  answer=${answer#*:}
  group_gid=${answer%%:*}
  group_members=,${answer#*:},
}
