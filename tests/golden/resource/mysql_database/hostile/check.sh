[ "$(mysql_ask 'SELECT count(*) FROM information_schema.schemata WHERE schema_name = '\''a`; DROP '\'''\''it'\'' AND default_character_set_name = '\''utf8mb4'\''')" = 1 ]
