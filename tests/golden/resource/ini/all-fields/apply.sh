ini_set /etc/mysql/my.cnf mysqld bind-address 127.0.0.1 ' = '
