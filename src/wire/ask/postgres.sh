# PostgreSQL: SQL goes through stdin, so nothing of it is seen in a list of processes.
# postgres_ask PORT SQL [DATABASE]: a database named through the environment is a name, whatever stands in it.
postgres_ask() { (
  cd / && printf '%s\n' "$2" | PGDATABASE=${3-postgres} runuser -u postgres -- psql -XAtq -v ON_ERROR_STOP=1 -p "$1" 2>/dev/null
); }
