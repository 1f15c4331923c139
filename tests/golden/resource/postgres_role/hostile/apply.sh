postgres_do 5432 'SELECT '\''CREATE ROLE "a""; DROP ROLE b; --'\'''\''$(id)"'\'' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '\''a"; DROP ROLE b; --'\'''\''$(id)'\'')\gexec
ALTER ROLE "a""; DROP ROLE b; --'\''$(id)" WITH LOGIN NOCREATEDB PASSWORD '\''SCRAM-SHA-256$4096:4dHNN2/i08mC1bi5GZsKcQ==$K3xF1k+7TsNW4sImA2Rcuc8XiKmfdw9zbUFHX3RvoeM=:6myuzPpiD1rQN+YgxtN98BVoHwcp1rHgsRZbHYtuqMg='\'';
'
