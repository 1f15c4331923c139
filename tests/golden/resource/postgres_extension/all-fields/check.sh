[ "$(postgres_ask 5433 'SELECT count(*) FROM pg_extension WHERE extname = '\''pg_trgm'\'' AND extnamespace::regnamespace::text = quote_ident('\''extensions'\'')' app)" = 1 ]
