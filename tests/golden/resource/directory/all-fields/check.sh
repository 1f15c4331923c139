path_state 0 /srv/app; [ "$path_type" = 4 ] && [ "$path_mode" = 5fd ] && user_state 0 app && [ "$path_uid" = "$user_uid" ] && group_state 0 adm && [ "$path_gid" = "$group_gid" ]
