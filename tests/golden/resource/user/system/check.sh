user_state 0 app; [ -n "$user_entry" ] && [ "$user_home" = /nonexistent ] && [ "$user_shell" = /usr/sbin/nologin ]
