mysql_do 'CREATE USER IF NOT EXISTS '\''report'\''@'\''10.0.0.%'\'' IDENTIFIED WITH mysql_native_password AS '\''*449BE6114A60310A88E490B4CBC134D772F3814E'\'';
ALTER USER '\''report'\''@'\''10.0.0.%'\'' IDENTIFIED WITH mysql_native_password AS '\''*449BE6114A60310A88E490B4CBC134D772F3814E'\'';
REVOKE ALL PRIVILEGES, GRANT OPTION FROM '\''report'\''@'\''10.0.0.%'\'';
GRANT CREATE TEMPORARY TABLES, SELECT ON `my\_app`.* TO '\''report'\''@'\''10.0.0.%'\'';
GRANT INSERT ON `other`.`a_table` TO '\''report'\''@'\''10.0.0.%'\'';
GRANT PROCESS ON *.* TO '\''report'\''@'\''10.0.0.%'\'';
'
