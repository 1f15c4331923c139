postgres_do 5432 'SELECT '\''CREATE DATABASE "a'\'''\''; DROP DATABASE b; -- ""x"" $(id) é"'\'' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '\''a'\'''\''; DROP DATABASE b; -- "x" $(id) é'\'')\gexec
ALTER DATABASE "a'\''; DROP DATABASE b; -- ""x"" $(id) é" OWNER TO "o'\''""$(id)";
'
