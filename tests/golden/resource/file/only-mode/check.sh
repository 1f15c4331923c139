path_state 0 /etc/shadow; [ "$path_type" = 8 ] && [ "$path_mode" = 180 ] && group_state 0 shadow && [ "$path_gid" = "$group_gid" ]
