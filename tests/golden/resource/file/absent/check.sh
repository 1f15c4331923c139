path_state 0 /etc/motd; [ -z "$path_type" ]
