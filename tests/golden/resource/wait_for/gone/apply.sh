await 1 5 reaches_port ::1 80
