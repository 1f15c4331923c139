[ "$(postgres_ask 5432 'SELECT count(*) FROM pg_extension WHERE extname = '\''x"; DROP'\'' AND extnamespace::regnamespace::text = quote_ident('\''s'\'''\''; --'\'')' 'host=evil it'\''s')" = 1 ]
