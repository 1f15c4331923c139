mysql_do 'CREATE USER IF NOT EXISTS '\''app'\''@'\''localhost'\'' IDENTIFIED WITH mysql_native_password AS '\''*449BE6114A60310A88E490B4CBC134D772F3814E'\'';
ALTER USER '\''app'\''@'\''localhost'\'' IDENTIFIED WITH mysql_native_password AS '\''*449BE6114A60310A88E490B4CBC134D772F3814E'\'';
REVOKE ALL PRIVILEGES, GRANT OPTION FROM '\''app'\''@'\''localhost'\'';
GRANT ALL PRIVILEGES ON `app`.* TO '\''app'\''@'\''localhost'\'';
'
