postgres_do 5433 'SELECT '\''CREATE DATABASE "app"'\'' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '\''app'\'')\gexec
ALTER DATABASE "app" OWNER TO "app";
'
