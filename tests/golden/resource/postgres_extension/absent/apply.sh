postgres_do 5432 'DROP EXTENSION IF EXISTS "uuid-ossp";' app
