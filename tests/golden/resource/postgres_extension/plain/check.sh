[ "$(postgres_ask 5432 'SELECT count(*) FROM pg_extension WHERE extname = '\''pg_trgm'\''' app)" = 1 ]
