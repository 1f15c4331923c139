postgres_do 5432 'SELECT '\''CREATE ROLE "owners"'\'' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '\''owners'\'')\gexec
ALTER ROLE "owners" WITH NOLOGIN NOCREATEDB;
'
