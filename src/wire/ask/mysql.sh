# MySQL and MariaDB: SQL goes through stdin, so nothing of it is seen in a list of processes.
mysql_client() { if command -v mariadb >/dev/null; then mariadb -NBr; else mysql -NBr; fi; }
mysql_is_there() { command -v mariadb || command -v mysql; } >/dev/null
mysql_ask() { printf '%s\n' "$1" | mysql_client 2>/dev/null; }

# mysql_grants WHO: what was granted, one line for each object, in an order that does not depend on the server's.
mysql_grants() {
  mysql_ask "SHOW GRANTS FOR $1" | while IFS= read -r line; do
    case $line in "GRANT "*" ON "*) ;; *) continue ;; esac
    line=${line#GRANT }
    privileges=${line%% ON *}
    line=${line#* ON }
    option=
    case $line in *" WITH GRANT OPTION") option=' and may grant it' ;; esac
    [ "$privileges$option" = USAGE ] ||
      printf '%s: %s%s\n' "${line%% TO *}" "$(printf '%s\n' "$privileges" | tr , '\n' | sed 's/^ *//' | sort | tr '\n' ,)" "$option"
  done | sort
}
