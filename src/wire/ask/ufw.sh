# ufw: its own list of rules, one a line as they would be typed; also while it is not active.
ufw_has() { ufw show added 2>/dev/null | grep -qxF "ufw $1"; }

# ufw_has_any RULE: the rule, whatever it does with what it matches.
ufw_has_any() {
  for action in allow deny limit reject; do
    ! ufw_has "$action $1" || return 0
  done
  return 1
}

ufw_is_active() { case $(ufw status 2>/dev/null) in "Status: active"*) ;; *) return 1 ;; esac; }

# ufw_lets_us_in: a rule lets in what comes to the port that our connection came in on.
ufw_lets_us_in() {
  own_port
  for rule in "allow $own_port/tcp" "allow $own_port" "limit $own_port/tcp" "limit $own_port" 'allow OpenSSH' 'limit OpenSSH'; do
    case $own_port:$rule in 22:*OpenSSH | *:*[0-9]*) ! ufw_has "$rule" || return 0 ;; esac
  done
  return 1
}
