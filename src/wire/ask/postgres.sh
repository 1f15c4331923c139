# PostgreSQL: SQL goes through stdin, so nothing of it is seen in a list of processes.
postgres_ask() { (
  cd / && printf '%s\n' "$2" | runuser -u postgres -- psql -XAtq -v ON_ERROR_STOP=1 -p "$1" -d postgres 2>/dev/null
); }
