ufw_is_there() {
  command -v ufw >/dev/null || {
    say "there is no ufw on this host; install the package ufw in an earlier step"
    return 1
  }
}

# ufw_open: we get in again, whatever rules come behind.
ufw_open() { ufw_lets_us_in || ufw allow "$own_port/tcp"; }

# ufw_add ACTION PORT RULE: PORT is the port that RULE alone is about, if it is so.
ufw_add() {
  ufw_is_there
  case $1 in
    deny | reject)
      own_port
      case $2 in
        "$own_port" | "$own_port/tcp")
          say "port $own_port is the one that this connection came in on; it is not closed"
          return 1
          ;;
      esac
      ufw_open
      ;;
  esac
  # shellcheck disable=SC2086 # a rule is words
  ufw $1 $3
}

# ufw_drop PORT RULE: the rule goes, whatever it does.
ufw_drop() {
  ufw_is_there
  own_port
  case $1 in
    "$own_port" | "$own_port/tcp")
      if ufw_is_active && { ufw_has "allow $2" || ufw_has "limit $2"; }; then
        say "port $own_port is the one that this connection came in on; it is not closed"
        return 1
      fi
      ;;
  esac
  for action in allow deny limit reject; do
    # shellcheck disable=SC2086 # a rule is words
    if ufw_has "$action $2"; then ufw --force delete $action $2; fi
  done
}

ufw_enable() {
  ufw_is_there
  ufw_open
  ufw --force enable
}
