[ "$(mysql_ask 'SELECT count(*) FROM information_schema.schemata WHERE schema_name = '\''app'\''')" = 1 ]
