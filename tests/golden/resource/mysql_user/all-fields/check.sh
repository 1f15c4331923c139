[ "$(mysql_ask 'SELECT count(*) FROM mysql.user WHERE user = '\''report'\'' AND host = '\''10.0.0.%'\'' AND plugin = '\''mysql_native_password'\'' AND authentication_string = '\''*449BE6114A60310A88E490B4CBC134D772F3814E'\''')" = 1 ] && [ "$(mysql_grants ''\''report'\''@'\''10.0.0.%'\''')" = '*.*: PROCESS,
`my\_app`.*: CREATE TEMPORARY TABLES,SELECT,
`other`.`a_table`: INSERT,' ]
