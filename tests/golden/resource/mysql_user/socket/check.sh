[ "$(mysql_ask 'SELECT count(*) FROM mysql.user WHERE user = '\''backup'\'' AND host = '\''localhost'\''')" = 1 ]
