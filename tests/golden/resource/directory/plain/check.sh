path_state 0 /srv/app; [ "$path_type" = 4 ]
