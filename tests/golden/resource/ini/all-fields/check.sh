path_state 0 /etc/mysql/my.cnf; [ "$path_type" = 8 ] && text_state /etc/mysql/my.cnf && ini_find mysqld bind-address 127.0.0.1 && [ "$found" = same ]
