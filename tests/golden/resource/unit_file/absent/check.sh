path_state 0 /etc/systemd/system/old.timer && [ -z "$path_type" ] && { unit_state 0 old.timer; [ "$unit_stale" != yes ]; }
