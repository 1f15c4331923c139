postgres_do 5432 'SELECT '\''CREATE ROLE "app"'\'' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '\''app'\'')\gexec
ALTER ROLE "app" WITH LOGIN NOCREATEDB;
'
