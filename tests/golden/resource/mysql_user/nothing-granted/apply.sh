mysql_do 'CREATE USER IF NOT EXISTS '\''app'\''@'\''localhost'\'' IDENTIFIED WITH /*M! unix_socket */ /*!80000 auth_socket */;
REVOKE ALL PRIVILEGES, GRANT OPTION FROM '\''app'\''@'\''localhost'\'';
'
