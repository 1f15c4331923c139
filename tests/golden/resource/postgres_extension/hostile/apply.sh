postgres_do 5432 'CREATE EXTENSION IF NOT EXISTS "x""; DROP" WITH SCHEMA "s'\''; --";
ALTER EXTENSION "x""; DROP" SET SCHEMA "s'\''; --";' 'host=evil it'\''s'
