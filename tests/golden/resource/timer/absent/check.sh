path_state 0 /etc/systemd/system/old.timer && [ -z "$path_type" ] && path_state 0 /etc/systemd/system/old.service && [ -z "$path_type" ]
