path_state 0 '/srv/-rf '\''$(id)'\'' ; rm'; [ "$path_type" = 4 ] && [ "$path_mode" = 1c0 ]
