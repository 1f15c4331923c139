[ "$(postgres_ask 5433 'SELECT count(*) FROM pg_database WHERE datname = '\''app'\'' AND pg_get_userbyid(datdba) = '\''app'\''')" = 1 ]
