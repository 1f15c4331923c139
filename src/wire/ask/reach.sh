# What can be reached: a port, a path, a page.

# reaches_port HOST PORT
reaches_port() {
  if command -v bash >/dev/null; then
    timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>/dev/null
  else
    timeout 5 nc -z "$1" "$2" >/dev/null 2>&1
  fi
}

# reaches_page URL STATUS
reaches_page() {
  if command -v curl >/dev/null; then
    answered=$(curl -q -s -o /dev/null -m 10 -w '%{http_code}' "$1" 2>/dev/null) || :
  else
    answered=$(wget -S -O /dev/null -T 10 "$1" 2>&1 | sed -n 's/^ *HTTP\/[0-9.]* \([0-9]*\).*/\1/p' | tail -n 1) || :
  fi
  [ "$answered" = "$2" ]
}

reaches_path() { [ -e "$1" ]; }
