postgres_do 5432 'CREATE EXTENSION IF NOT EXISTS "pg_trgm";' app
