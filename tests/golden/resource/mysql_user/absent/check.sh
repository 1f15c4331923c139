! mysql_is_there || [ "$(mysql_ask 'SELECT count(*) FROM mysql.user WHERE user = '\''it'\'''\''s'\'' AND host = '\''%'\''')" = 0 ]
