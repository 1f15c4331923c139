[ "$(mysql_ask 'SELECT count(*) FROM mysql.user WHERE user = '\''app'\'' AND host = '\''localhost'\''')" = 1 ] && [ "$(mysql_grants ''\''app'\''@'\''localhost'\''')" = '' ]
