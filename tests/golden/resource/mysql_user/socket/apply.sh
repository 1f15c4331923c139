mysql_do 'CREATE USER IF NOT EXISTS '\''backup'\''@'\''localhost'\'' IDENTIFIED WITH /*M! unix_socket */ /*!80000 auth_socket */;
'
