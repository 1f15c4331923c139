path_state 0 /usr/local/bin/tool; [ "$path_type" = 8 ] && [ "$path_mode" = 9ed ]
