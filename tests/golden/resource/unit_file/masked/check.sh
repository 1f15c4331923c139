path_state 0 /etc/systemd/system/ctrl-alt-del.target; [ "$path_type$path_target" = a/dev/null ] && { unit_state 0 ctrl-alt-del.target; [ "$unit_stale" != yes ]; }
