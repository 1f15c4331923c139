[ "$(postgres_ask 5432 'SELECT count(*) FROM pg_database WHERE datname = '\''app'\''')" = 1 ]
