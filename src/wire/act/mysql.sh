# mysql_do SQL: waits, bounded, for a server that is still starting.
mysql_do() {
  tries=0
  until [ "$(mysql_ask 'SELECT 1')" = 1 ]; do
    tries=$((tries + 1))
    if [ "$tries" -ge 30 ]; then
      say "no MySQL or MariaDB server on this host lets root in: $(echo 'SELECT 1' | mysql_client 2>&1)"
      return 1
    fi
    sleep 1
  done
  printf '%s\n' "$1" | mysql_client
}
