path_state 0 /etc/default/cron; [ "$path_type" = 8 ] && text_state /etc/default/cron && ini_find '' EXTRA_OPTS '"-L 5"' && [ "$found" = same ]
