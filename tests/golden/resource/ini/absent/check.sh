path_state 0 /etc/mysql/my.cnf; [ -z "$path_type" ] || { [ "$path_type" = 8 ] && text_state /etc/mysql/my.cnf && ini_find mysqld skip-networking '' && [ -z "$found" ]; }
