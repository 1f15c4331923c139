[ "$(postgres_ask 5432 'SELECT count(*) FROM pg_database WHERE datname = '\''a'\'''\''; DROP DATABASE b; -- "x" $(id) é'\'' AND pg_get_userbyid(datdba) = '\''o'\'''\''"$(id)'\''')" = 1 ]
