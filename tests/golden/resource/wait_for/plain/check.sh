reaches_port localhost 5432
