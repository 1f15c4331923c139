[ "$(postgres_ask 5432 'SELECT count(*) FROM pg_extension WHERE extname = '\''uuid-ossp'\''' app)" = 0 ]
