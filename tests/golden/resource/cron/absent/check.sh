path_state 0 /etc/cron.d/old && [ -z "$path_type" ]
