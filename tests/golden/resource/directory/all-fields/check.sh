path_state 0 /srv/app; [ "$path_type" = 4 ] && [ "$path_mode" = 5fd ] && [ "$path_owner" = app ] && [ "$path_group" = adm ]
