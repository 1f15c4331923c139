path_state 0 /var/lib/app/stamp; [ "$path_type" = 8 ]
