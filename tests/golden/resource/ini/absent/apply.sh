ini_drop /etc/mysql/my.cnf mysqld skip-networking
