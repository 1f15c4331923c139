# sshd_copy: a copy of the server's settings to try changes on.
sshd_copy() {
  if ! command -v sshd >/dev/null; then
    say "there is no sshd on this host; install openssh-server first"
    return 1
  fi
  mkdir -p "$run/sshd/sshd_config.d"
  set +f
  for file in /etc/ssh/sshd_config.d/*; do
    if [ -f "$file" ]; then cat -- "$file" >"$run/sshd/sshd_config.d/${file##*/}"; fi
  done
  set -f
  # It may name the folder by its whole path or from /etc/ssh.
  sed "s|^\\([[:space:]]*[Ii]nclude[[:space:]].*\\)/etc/ssh/sshd_config\\.d/|\\1$run/sshd/sshd_config.d/|; s|^\\([[:space:]]*[Ii]nclude[[:space:]]*\\)sshd_config\\.d/|\\1$run/sshd/sshd_config.d/|" \
    </etc/ssh/sshd_config >"$run/sshd/sshd_config"
}

# sshd_try: the copy is sound, is read, and lets us in again.
sshd_try() {
  if ! grep -q "^[[:space:]]*[Ii]nclude.*$run/sshd/sshd_config.d/" "$run/sshd/sshd_config"; then
    say "/etc/ssh/sshd_config does not include /etc/ssh/sshd_config.d/*.conf; add that line at its beginning"
    return 1
  fi
  if ! sshd -t -f "$run/sshd/sshd_config" 2>"$run/sshd/said"; then
    sed "s|$run/sshd|/etc/ssh|g" <"$run/sshd/said"
    return 1
  fi
  came_by
  if [ -z "$came_user" ]; then return 0; fi
  sshd -T -f "$run/sshd/sshd_config" -C "user=$came_user,host=$came_from,addr=$came_from,laddr=$came_to,lport=$came_port" \
    >"$run/sshd/settings"
  if ! why=$(sshd_refuses); then
    say "with these settings $came_user could not log in again from $came_from on port $came_port: $why"
    return 1
  fi
}

# came_by: came_user, came_from, came_to and came_port, as sshd told the shell it started for us; empty when this is no
# login by SSH. sudo forgets them, so they are looked for with our ancestors.
came_by() {
  came_user=
  process=$$
  while [ "${process:-1}" -gt 1 ]; do
    environment=$(tr '\000' '\n' <"/proc/$process/environ" 2>/dev/null) || environment=
    case $nl$environment in
      *"$nl"SSH_CONNECTION=*)
        IFS=$nl
        for variable in $environment; do
          case $variable in
            SSH_CONNECTION=*) connection=${variable#*=} ;;
            USER=*) came_user=${variable#*=} ;;
          esac
        done
        IFS=' 	'$nl
        came_from=${connection%% *}
        came_port=${connection##* }
        came_to=${connection% *}
        came_to=${came_to##* }
        # sudo keeps some variables and makes USER another one; go on until it is the login's own.
        case $nl$environment in *"$nl"SUDO_USER=*) ;; *) return 0 ;; esac
        ;;
    esac
    process=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$process/status" 2>/dev/null) || process=
  done
}

# sshd_refuses: fails, and says why, when the settings shut us out.
sshd_refuses() {
  groups=$(id -Gn -- "$came_user")
  listens=
  allow_users=
  allow_groups=
  while read -r key value; do
    case $key in
      listenaddress) case $value in *":$came_port") listens=1 ;; esac ;;
      pubkeyauthentication) [ "$value" = yes ] || { echo "keys are not accepted"; return 1; } ;;
      permitrootlogin)
        case $(id -u -- "$came_user"):$value in
          0:no | 0:forced-commands-only) echo "PermitRootLogin is $value"; return 1 ;;
        esac
        ;;
      authenticationmethods)
        case " $value " in *" any "* | *" publickey "*) ;; *) echo "a key alone is not enough, AuthenticationMethods is $value"; return 1 ;; esac
        ;;
      allowusers) if is_let_in "$value"; then allow_users=yes; else allow_users=${allow_users:-no}; fi ;;
      denyusers) if is_let_in "$value"; then echo "DenyUsers has $value"; return 1; fi ;;
      allowgroups) if is_in_group "$value"; then allow_groups=yes; else allow_groups=${allow_groups:-no}; fi ;;
      denygroups) if is_in_group "$value"; then echo "DenyGroups has $value"; return 1; fi ;;
    esac
  done <"$run/sshd/settings"
  [ -n "$listens" ] || { echo "the server would not listen there"; return 1; }
  [ "$allow_users" != no ] || { echo "AllowUsers leaves $came_user out"; return 1; }
  [ "$allow_groups" != no ] || { echo "AllowGroups leaves out all groups of $came_user"; return 1; }
}

# is_let_in PATTERN, of users, perhaps with `@` and where they come from.
is_let_in() {
  user=${1%%@*}
  from='*'
  case $1 in *@*) from=${1#*@} ;; esac
  # shellcheck disable=SC2254 # both are patterns, with the same signs as sshd's
  case $came_user in $user) case $came_from in $from) return 0 ;; esac ;; esac
  return 1
}

is_in_group() {
  for group in $groups; do
    # shellcheck disable=SC2254 # a pattern
    case $group in $1) return 0 ;; esac
  done
  return 1
}
