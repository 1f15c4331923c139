# postgres_do PORT SQL [DATABASE]: waits, bounded, for a server that is still starting.
postgres_do() {
  cd /
  tries=0
  until runuser -u postgres -- pg_isready -q -p "$1"; do
    tries=$((tries + 1))
    if [ "$tries" -ge 30 ]; then
      say "no PostgreSQL server answers on port $1"
      return 1
    fi
    sleep 1
  done
  printf '%s\n' "$2" | PGDATABASE=${3-postgres} runuser -u postgres -- psql -XAtq -v ON_ERROR_STOP=1 -v VERBOSITY=terse -p "$1"
}
