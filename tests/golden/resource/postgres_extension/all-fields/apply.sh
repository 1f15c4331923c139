postgres_do 5433 'CREATE EXTENSION IF NOT EXISTS "pg_trgm" WITH SCHEMA "extensions";
ALTER EXTENSION "pg_trgm" SET SCHEMA "extensions";' app
