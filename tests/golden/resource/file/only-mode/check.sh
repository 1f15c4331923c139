path_state 0 /etc/shadow; [ "$path_type" = 8 ] && [ "$path_mode" = 180 ] && [ "$path_group" = shadow ]
