[ "$(postgres_ask 5432 'SELECT count(*) FROM pg_authid WHERE rolname = '\''app'\'' AND rolcanlogin = true AND rolcreatedb = false')" = 1 ]
