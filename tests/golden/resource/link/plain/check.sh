path_state 0 /srv/app/current; [ "$path_type" = a ] && [ "$path_target" = releases/1.0 ]
