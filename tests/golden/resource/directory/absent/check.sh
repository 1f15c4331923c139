path_state 0 /srv/app; [ -z "$path_type" ]
