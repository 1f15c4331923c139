[ "$(postgres_ask 5432 'SELECT count(*) FROM pg_authid WHERE rolname = '\''owners'\'' AND rolcanlogin = false AND rolcreatedb = false')" = 1 ]
