await 0 60 reaches_port localhost 5432
