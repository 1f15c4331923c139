path_state 0 /srv/app; [ "$path_type" = 4 ] && group_state 0 adm && [ "$path_gid" = "$group_gid" ]
