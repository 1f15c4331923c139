user_state 0 ada; [ -n "$user_entry" ]
