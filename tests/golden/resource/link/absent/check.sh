path_state 0 /srv/app/current; [ -z "$path_type" ]
