! reaches_port ::1 80
